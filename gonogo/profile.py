"""
Reads a profile: one target as one YAML file.

A profile is sound when it exists: whatever is wrong with the file is a UsageError of one sentence.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gonogo.profile_file import nearest, one_line, read_document
from gonogo.profile_mistakes import validated
from gonogo.profile_model import PRODUCTION, Profile
from gonogo.profile_rules import RULES, live_key
from gonogo.section import check_url
from gonogo.trouble import UsageError
from gonogo.waiver_file import read_waivers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.profile_file import Document

__all__ = ["Profile", "load_profile"]

FOLDER = "profiles"
OURS = Path(__file__).parent.parent
TEMPLATES = frozenset({"operations", "policy"})  # the first is filled for each request, the second by the user's shell


def load_profile(
    path_or_name: str | Path,
    environ: Mapping[str, str],
    base_url: str | None = None,
    environment: str | None = None,
    ca_file: Path | None = None,
) -> Profile:
    """
    Read a profile by its path, or by its name in `profiles/`.

    `base_url` and `ca_file` take the place of what the file says. Raises UsageError with one sentence
    that names file, line and key.
    """
    path, shown = find_profile(str(path_or_name))
    document = with_overrides(read_document(path, shown), base_url, ca_file)
    data, secrets = document.resolved(environ, raw=TEMPLATES)
    live = live_key(document, secrets)
    if live is not None:
        raise document.error(live, "this is a live payment key; only test payments are ever made")
    if ("policy", "slos") in document.lines:
        raise document.error(("policy", "slos"), "unknown key 'slos' in policy; bounds are promised in promises.slo")
    if ("policy", "waivers") in document.lines:
        raise document.error(("policy", "waivers"), "unknown key 'waivers' in policy; name their file in waivers_file")
    profile = with_waivers(with_slos(validated(Profile, json.dumps(data), document)), path)
    for rule in RULES:
        for loc, sentence in rule(profile):
            raise document.error(loc, sentence)
    check_ca_file(profile, document)
    return profile.loaded(path.resolve(), environment_of(profile, environment), secrets)


def find_profile(given: str) -> tuple[Path, str]:
    """Return a profile's file, and how messages call it."""
    if "/" in given or "\\" in given or given.endswith((".yaml", ".yml")):
        return Path(given), one_line(given)
    folders = [Path(FOLDER), OURS / FOLDER]
    for folder in folders:
        if (folder / f"{given}.yaml").is_file():
            return folder / f"{given}.yaml", f"{FOLDER}/{given}.yaml"
    known = [file.stem for folder in folders for file in folder.glob("*.yaml")]
    near = nearest(given, known) or f"; there are {', '.join(sorted(set(known)))}"
    raise UsageError(one_line(f"there is no profile '{given}' in {FOLDER}/{near}"))


def with_overrides(document: Document, base_url: str | None, ca_file: Path | None) -> Document:
    """Return the document with what the command line says in place of what the file says."""
    data = dict(document.data)
    if base_url is not None:
        data["origins"] = section_of(data, "origins") | {"api": checked_base_url(base_url)}
    if ca_file is not None:
        data["tls"] = section_of(data, "tls") | {"ca_file": str(ca_file)}
    return replace(document, data=data)


def section_of(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a section that an override goes into; what is no mapping gives way to it."""
    section = data.get(name)
    return section if isinstance(section, dict) else {}


def checked_base_url(url: str) -> str:
    """Return a base URL from the command line. Raises UsageError with one sentence."""
    try:
        return check_url(url)
    except ValueError as error:
        shown = "with a password" if "@" in url else f"'{url}'"
        raise UsageError(one_line(f"the base URL {shown}: {error}")) from error


def with_slos(profile: Profile) -> Profile:
    """Return the profile with its promised bounds in the policy too, which is what a decision is made under."""
    policy = profile.policy.model_copy(update={"slos": profile.promises.slo})
    return profile.model_copy(update={"policy": policy})


def with_waivers(profile: Profile, path: Path) -> Profile:
    """Return the profile with the waivers of its file in the policy. Raises UsageError for a bad file."""
    waivers = read_waivers(path, profile.policy.waivers_file)
    return profile.model_copy(update={"policy": profile.policy.model_copy(update={"waivers": waivers})})


def check_ca_file(profile: Profile, document: Document) -> None:
    """Raise UsageError when the file of authorities is not there."""
    if profile.tls.ca_file and not Path(profile.tls.ca_file).is_file():
        raise document.error(("tls", "ca_file"), f"tls.ca_file: there is no file '{profile.tls.ca_file}'")


def environment_of(profile: Profile, named: str | None) -> str:
    """Return the environment that is named, or that the base URL's host means; else production."""
    if named is not None:
        if named not in profile.environments and named != PRODUCTION:
            near = nearest(named, {*profile.environments, PRODUCTION})
            raise UsageError(one_line(f"the profile {profile.name} has no environment '{named}'{near}"))
        return named
    host = urlsplit(profile.origins.api).hostname or ""
    return next(
        (name for name, one in profile.environments.items() if host in {known.lower() for known in one.hosts}),
        PRODUCTION,
    )
