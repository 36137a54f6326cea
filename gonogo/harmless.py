"""What operations may be told, so that a request of each of them is a good one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gonogo.operation import SAFE

if TYPE_CHECKING:
    from gonogo.profile import Profile

NOTHING = "gonogo-nothing"
ENDS_IT_ALL = ("end_session", "change_password", "refresh", "signout", "delete_account")
"""What ends the session that asks for it, the worst last."""


def harmless_changes(profile: Profile, title: str) -> dict[str, dict[str, Any]]:
    """Operations that change something and hurt nobody, as far as the target offers them, with what they are told."""
    told: dict[str, dict[str, Any]] = {"create_conversation": {"title": title}}
    if profile.means.themes:
        told["update_settings"] = {"theme": profile.means.themes[-1]}
    told |= {"create_project": {"project_name": title}}
    return {operation: values for operation, values in told.items() if operation in profile.operations}


def changes(profile: Profile) -> list[str]:
    """Every operation by which a member changes something; those that end the session come last."""
    found = [
        name
        for name, one in profile.operations.items()
        if one.credential == "session" and one.method not in SAFE and name not in profile.public
    ]
    return sorted(found, key=lambda name: ENDS_IT_ALL.index(name) if name in ENDS_IT_ALL else -1)


def something_for_all(profile: Profile) -> dict[str, Any]:
    """A value for each variable that operations are known to take, so that no request fails for its form."""
    plans = profile.promises.plans
    return {
        "title": NOTHING,
        "content": NOTHING,
        "project_name": NOTHING,
        "theme": profile.means.themes[-1] if profile.means.themes else NOTHING,
        "language": profile.means.languages[-1] if profile.means.languages else NOTHING,
        "plan": plans.paid if plans else NOTHING,
        "filename": "nothing.txt",
        "media_type": "text/plain",
        "formats": list(profile.promises.formats or ("json",)),
        "conversation_ids": [NOTHING],
        "query": NOTHING,
        "limit": 2,
        "model": profile.promises.models.inside[0] if profile.promises.models else NOTHING,
    }
