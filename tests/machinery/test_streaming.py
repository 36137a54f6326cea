"""What the proof of streams through nginx changes in the reference profile is there to be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.embedded import Embedded
from gonogo.profile import load_profile
from tests.streaming.__main__ import profile_for

if TYPE_CHECKING:
    from pathlib import Path


def test_the_profile_has_no_limits_to_wait_for(tmp_path: Path) -> None:
    """Its limits are out of reach, and its mails land where they are wanted."""
    authority = tmp_path / "ca.pem"
    authority.touch()
    service = Embedded(base_url="https://127.0.0.1:1", ca_file=authority, build="1", environ={})
    names = ("GONOGO_WEBHOOK_SECRET", "GONOGO_OPERATOR_TOKEN")
    profile = load_profile(str(profile_for(tmp_path, service, 2525)), dict.fromkeys(names, "x"))
    assert {one.requests for one in profile.promises.limits} == {100_000}
    assert profile.mail
    assert profile.mail.listen == "127.0.0.1:2525"
