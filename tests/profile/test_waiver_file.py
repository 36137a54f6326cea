"""The file of waivers that a policy names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import checks  # noqa: F401  the catalogue
from gonogo.check import CATALOGUE, Severity
from gonogo.profile import load_profile
from gonogo.run import check_policy
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.profile import Profile

POLICY = "policy: {waivers_file: accepted.yaml}"
GOOD = """\
waivers:
  - check: CHECK
    fingerprint: 0f3c9a61d2b84e57
    reason: the gateway is being replaced
    owner: Ann
    approver: Bob
    ticket: OPS-71
    created: 2026-01-02
    expires: 2026-01-09
"""


def named(severity: Severity) -> str:
    """Some check of a severity."""
    return min(one.id for one in CATALOGUE.values() if one.severity is severity)


@pytest.fixture
def described(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch, secrets: dict[str, str]) -> Path:
    """A folder with a small profile whose policy names a file of waivers, and with its secrets."""
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    (folder / "small.yaml").write_text(text.replace("name: small", f"name: small\n{POLICY}", 1))
    return folder


def profile_in(folder: Path) -> Profile:
    """The profile as it is read."""
    return load_profile(folder / "small.yaml", os.environ)


def loaded(folder: Path, text: str) -> Profile:
    """The profile with a file of waivers, sound for the catalogue."""
    (folder / "accepted.yaml").write_text(text.replace("CHECK", named(Severity.CRITICAL)))
    profile = profile_in(folder)
    check_policy(profile, CATALOGUE)
    return profile


def change_policy(folder: Path, policy: str) -> None:
    """Put another policy into the profile."""
    path = folder / "small.yaml"
    path.write_text(path.read_text().replace(POLICY, policy))


def test_a_sound_file(described: Path) -> None:
    """The waivers of the file are in the policy, and in its digest."""
    policy = loaded(described, GOOD).policy

    assert [one.ticket for one in policy.waivers] == ["OPS-71"]
    assert policy.digest() != loaded(described, GOOD.replace("OPS-71", "OPS-72")).policy.digest()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("check: CHECK", "check: no.such-check", 2, "waivers[0].check: no check is called 'no.such-check'"),
        ("approver: Bob", "approver: ' ann '", 6, "waivers[0].approver: 'ann' owns the failure"),
        ("expires: 2026-01-09", "expires: 2026-01-01", 9, "waivers[0].expires: 2026-01-01 is before 2026-01-02"),
        ("expires: 2026-01-09", "expires: 2026-01-17", 9, "is critical, and waived for 15 days; 14 at most"),
        ("expires: 2026-01-09", "expires: never", 9, "waivers[0].expires should be"),
        ("    ticket: OPS-71\n", "", 2, "the key 'ticket' is missing in waivers[0]"),
        ("reason: the gateway is being replaced", "reason: ''", 4, "waivers[0].reason should"),
        ("ticket:", "tikcet:", 7, "unknown key 'tikcet' in waivers[0]; did you mean 'ticket'?"),
        ("fingerprint: 0f3c9a61d2b84e57", "fingerprint: all", 3, "waivers[0].fingerprint"),
        ("waivers:\n", "waivers: {}\nothers:\n", 1, "waivers should be a list, not a mapping"),
    ],
)
def test_a_file_that_is_not_sound(described: Path, old: str, new: str, line: int, said: str) -> None:
    """Whatever is wrong is a usage error that names the file, the line and the key."""
    with pytest.raises(UsageError) as error:
        loaded(described, GOOD.replace(old, new))

    assert str(error.value).startswith(f"accepted.yaml line {line}: ")
    assert said in str(error.value)


def test_blockers(described: Path) -> None:
    """No blocker is waived."""
    with pytest.raises(UsageError, match=r"accepted.yaml line 2: waivers\[0\].check: .* is a blocker"):
        loaded(described, GOOD.replace("CHECK", named(Severity.BLOCKER)))


def test_twice(described: Path) -> None:
    """A failure is waived once."""
    with pytest.raises(UsageError, match=r"line 11: waivers\[1\].fingerprint: .* waived in waivers\[0\] already"):
        loaded(described, GOOD + GOOD.removeprefix("waivers:\n"))


def test_a_file_that_is_not_there(described: Path) -> None:
    """A file that is named must be there."""
    with pytest.raises(UsageError, match=r"accepted\.yaml"):
        profile_in(described)


def test_waivers_in_the_profile(described: Path) -> None:
    """Waivers stand in their own file, never in the profile."""
    change_policy(described, "policy: {waivers: []}")
    with pytest.raises(UsageError, match=r"line 2: unknown key 'waivers' in policy; name their file in waivers_file"):
        profile_in(described)


def test_a_critical_by_the_policy(described: Path) -> None:
    """A check that the policy calls critical is waived for 14 days at most, too."""
    major = named(Severity.MAJOR)
    change_policy(described, POLICY.replace("{waivers", f"{{severity: {{{major}: critical}}, waivers"))
    with pytest.raises(UsageError, match=r"line 9: .* is critical, and waived for 364 days"):
        loaded(described, GOOD.replace("CHECK", major).replace("2026-01-09", "2027-01-01"))
