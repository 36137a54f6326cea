"""
Sends a finding's requests again, as its `curl` line says, with variables filled by a fresh sign-in.

Where the run was about the embedded service, that is started again with the same faults.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gonogo.budget import Budget
from gonogo.evidence import Exchanged
from gonogo.journal import Journal, read_evidence
from gonogo.member import Member
from gonogo.past_run import started
from gonogo.pasted import refuse_foreign
from gonogo.people import Cast
from gonogo.recorder import Recorder
from gonogo.redaction import Vault
from gonogo.run import Options, surroundings
from gonogo.sender import TAMPERED, WRONG_CSRF
from gonogo.tampering import session_field
from gonogo.trouble import UsageError
from gonogo.webhook import SIGNINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.evidence import RunStarted
    from gonogo.profile import Profile
    from gonogo.published import Finding, Verdict

SCENARIO = "replay"
VARIABLE = re.compile(r"\$(GONOGO_[A-Z0-9_]+)")
TO_BE_SIGNED = "to-be-signed"
SHOW_BODY = """
curl() {
  body=; signed=
  while [ $# -gt 0 ]; do
    case "$1" in --data-raw) body=$2;; *to-be-signed*) signed=1;; esac
    shift
  done
  [ -z "$signed" ] || { printf %s "$body"; exit; }
}
"""
DEFAULTS = {"title": "replay", "content": "hello", "project_name": "replay", "name": "Replay", "theme": "dark"}


def replay(folder: Path, verdict: Verdict, finding_id: str, *, hold: bool) -> int:
    """
    Send a finding's requests again and show the answers; `hold` shows the variables too, and waits.

    Raises UsageError for a finding that the run does not have, or that no request shows.
    """
    finding = find(verdict, finding_id)
    if not finding.reproduce:
        raise UsageError(f"finding {finding.id} ({finding.check}) has no request to send again: {finding.message}")
    shown = [one for one in read_evidence(folder).of(Exchanged) if one.id in finding.evidence]
    run = started(folder)
    with ExitStack() as stack:
        private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gonogo-")))
        profile, _, _ = surroundings(stack, options_of(run), private)
        line = finding.reproduce.replace(run.base_url, profile.origins.api)
        refuse_foreign(line, profile)
        filled = asyncio.run(fill_variables(profile, private, line, shown))
        filled |= {"GONOGO_CA_FILE": str(profile.tls.ca_file or "")}
        filled |= {name: value for name, value in profile.secrets.items() if name in line}
        filled |= signatures(profile, line, filled)
        sys.stdout.write(f"{finding.check}: {finding.message}\n\n{line}\n\n")
        if hold:
            sys.stdout.write(exports(filled))
        sys.stdout.flush()
        done = subprocess.run(["bash", "-c", line], env=little(filled), capture_output=True, check=False)  # noqa: S603, S607  of our own form
        sys.stdout.write(f"{harmless(done.stdout)}{harmless(done.stderr)}\n")
        if hold:
            input("the target stays up; press Enter to end ")
    return done.returncode


def harmless(said: bytes) -> str:
    """What the target said, for a terminal: nothing of it can move the cursor, turn text around or hide."""
    text = said.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return "".join(letter if letter.isprintable() or letter in "\n\t" else f"\\u{{{ord(letter):x}}}" for letter in text)


def exports(filled: dict[str, str]) -> str:
    """The shell lines that set the variables, whatever their values hold."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(filled.items()))


def little(filled: dict[str, str]) -> dict[str, str]:
    """The environment of a line: where programs are, and the variables that it needs."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | filled


def find(verdict: Verdict, finding_id: str) -> Finding:
    """A finding by its id or its check. Raises UsageError when there is none."""
    for finding in verdict.findings:
        if finding_id in {finding.id, finding.check}:
            return finding
    known = ", ".join(finding.id for finding in verdict.findings) or "none"
    raise UsageError(f"run {verdict.run_id} has no finding {finding_id}; it has {known}")


def options_of(run: RunStarted) -> Options:
    """The options that lead to the same target again; the embedded service gets its old port if it is free."""
    if run.embedded:
        return Options(profile=run.profile, environment=run.environment, faults=run.faults, port=old_port(run.base_url))
    return Options(profile=run.profile, environment=run.environment, base_url=run.base_url)


def old_port(url: str) -> int:
    """The port of a URL when nobody listens there now, else 0."""
    port = urlsplit(url).port or 0
    with socket.socket() as probe:
        return 0 if probe.connect_ex(("127.0.0.1", port)) == 0 else port


async def fill_variables(profile: Profile, private: Path, line: str, shown: Sequence[Exchanged]) -> dict[str, str]:
    """A value for each variable of a line: sign its people in, and make what was captured afresh."""
    vault = Vault()
    cast = Cast(
        profile=profile,
        recorder=Recorder(Journal(private / "replay.jsonl", vault.redact), SCENARIO, profile),
        vault=vault,
        budget=Budget(profile.promises.limits, unlimited=profile.promises.unlimited, say=lambda _: None),
        run_id=f"replay{int(time.time())}",
        canary="replay",
        mail_folder=private / "mail",
        tracker_folder=private / "tracker",
        keep=lambda _: None,
        say=say,
    )
    wanted = sorted(set(VARIABLE.findall(line)) - {one.variable for one in SIGNINGS})
    people = list(dict.fromkeys(one.person for one in shown)) or ["alice"]
    filled: dict[str, str] = {}
    for name in ("alice", *people):
        person = cast.person(name)
        mine = [variable for variable in wanted if owner_of(variable, people) == name]
        if mine:
            member = await Member(person, cast, SCENARIO).join()
            for variable in mine:
                filled[variable] = await value_of(member, variable.removeprefix(person.prefix), shown)
    await cast.close()
    return filled


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"  {sentence}\n")


def owner_of(variable: str, people: Sequence[str]) -> str:
    """Whose variable it is, by its prefix."""
    named = [name for name in people if variable.startswith(f"GONOGO_{name.upper()}_")]
    return named[0] if named else "alice"


async def value_of(member: Member, name: str, shown: Sequence[Exchanged]) -> str:
    """A value for one variable of a person who is signed in."""
    person = member.person
    url = next((one.url for one in shown if one.person == person.name), member.profile.origins.api)
    ready = {
        "EMAIL": person.account.email,
        "PASSWORD": person.account.password,
        "API_KEY": person.account.api_key or "",
        "COOKIE": person.store.header_for(url),
        "CSRF": person.csrf or "",
        "TOKEN": person.bearer or "",
    }
    if name in ready:
        return ready[name]
    if name == WRONG_CSRF:
        return member.nearly_right_token()
    if name == TAMPERED:
        return session_field(member.tampered(member.request("session")), member.profile.identity)
    for operation, described in member.profile.operations.items():
        for captured in described.capture:
            if captured.upper() == name:
                return (await member.do(operation, **{**defaults(member), **person.variables})).captured[captured]
    return ""


def defaults(member: Member) -> dict[str, str]:
    """Something for every template variable that a fresh object may want."""
    plans = member.profile.promises.plans
    return {**DEFAULTS, "plan": plans.paid if plans else ""}


def signatures(profile: Profile, line: str, filled: dict[str, str]) -> dict[str, str]:
    """For each variable of a signature one made now, of the first body that the line sends with it."""
    secret = profile.payment.secret if profile.payment else None
    return {
        one.variable: one.signature(secret or "", body_signed(line, filled, one.variable), time.time())
        for one in SIGNINGS
        if one.variable in line
    }


def body_signed(line: str, filled: dict[str, str], variable: str) -> bytes:
    """The first body that a line sends beside a signature."""
    command = ["bash", "-c", SHOW_BODY + line]
    environ = little({**filled, variable: TO_BE_SIGNED})
    return subprocess.run(command, env=environ, capture_output=True, check=True).stdout  # noqa: S603  our own line, quoted by us
