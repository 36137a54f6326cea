"""What follows from a profile without being a key of it, and which limit counts what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.addresses import loopback_address
from gonogo.budget import Budget
from gonogo.harmless import harmless_changes
from gonogo.operation import variables_of
from gonogo.owned import things
from gonogo.promises import PLAIN
from gonogo.renewing import no_renewing_token
from gonogo.shapes import shapes_of
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.budget import Limit
    from gonogo.profile import Profile


UNAUTHORIZED = 401


def limit_of(profile: Profile, operation: str) -> Limit:
    """The limit that counts an operation. Raises HarnessTrouble when the profile promises none."""
    limit = Budget(profile.promises.limits, unlimited=profile.promises.unlimited).limit_for(operation)
    if limit is None:
        raise HarnessTrouble(f"the profile promises no limit that counts {operation}")
    return limit


def limited_operation(profile: Profile) -> str:
    """The most harmless operation that the API's limit counts. Raises HarnessTrouble when there is none."""
    for operation in ("session", "plan", "list_conversations", "settings"):
        offered = operation in profile.operations and not variables_of(profile, operation)
        if offered and counted(profile, operation):
            return operation
    raise HarnessTrouble("the profile promises no limit that counts a harmless operation")


def counted(profile: Profile, operation: str) -> bool:
    """Whether some limit counts an operation."""
    return Budget(profile.promises.limits, unlimited=profile.promises.unlimited).limit_for(operation) is not None


def no_api_limit(profile: Profile) -> str | None:
    """Why the API's limit cannot be looked at, if so."""
    try:
        limited_operation(profile)
    except HarnessTrouble as trouble:
        return str(trouble)
    return None


def no_sign_in_limit(profile: Profile) -> str | None:
    """Why the limit on sign-in cannot be looked at, if so."""
    offered = "signin" in profile.operations and counted(profile, "signin")
    return None if offered else "the profile promises no limit that counts signin"


def shared_limits(profile: Profile) -> str | None:
    """Why two people's limits cannot be told apart from here, if so."""
    if no_api_limit(profile) is not None:
        return no_api_limit(profile)
    scope = limit_of(profile, limited_operation(profile)).scope
    if scope == "global":
        return "the limit is promised for all together"
    apart = scope == "user" or loopback_address(profile.origins.api, "", 0) is not None
    return None if apart else "everybody here calls from one address, which the limit counts"


def no_harmless_change(profile: Profile) -> str | None:
    """Why nothing can be changed to see who may, if so."""
    offered = harmless_changes(profile, "")
    return None if offered else "it offers neither create_conversation nor update_settings nor create_project"


def no_message_in_a_conversation(profile: Profile) -> str | None:
    """Why nobody can speak in a conversation, if so."""
    if "send_message" in profile.operations and "conversation_id" not in variables_of(profile, "send_message"):
        return "a message goes to the model, and to no conversation"
    return profile.missing("send_message")


def no_own_things(profile: Profile) -> str | None:
    """Why nobody's things can be told from another's, if so."""
    return None if things(profile) else "no operation takes the id of what another one creates"


CIRCUMSTANCES: dict[str, Callable[[Profile], str | None]] = {
    "https": lambda profile: None if profile.origins.api.startswith("https:") else "the target is met over plain http",
    "session-cookie": lambda profile: None if profile.identity.session == "cookie" else "the session is no cookie",
    "api-limit": no_api_limit,
    "sign-in-limit": no_sign_in_limit,
    "own-limits": shared_limits,
    "draft-ratelimit": lambda profile: (
        None if profile.promises.ratelimit_headers in {"draft-11", "both"} else "it promises no RateLimit field"
    ),
    "money-allowed": lambda profile: (
        None if profile.allows("money") else f"environment {profile.environment} does not allow money"
    ),
    "messages-in-conversations": no_message_in_a_conversation,
    "promised-headers": lambda profile: (
        None if any(getattr(profile.promises.headers, name) for name in PLAIN) else "it promises none of these headers"
    ),
    "own-things": no_own_things,
    "renewing-token": no_renewing_token,
    "json-events": lambda profile: (
        None
        if "payment_webhook" in profile.operations and profile.operations["payment_webhook"].json_body is not None
        else "payment events are not sent as JSON"
    ),
    "event-shapes": lambda profile: (
        None if shapes_of(profile) else "nothing tells what its events hold (promises.events, stream.delta.event)"
    ),
    "signed-moment": lambda profile: (
        "an event is signed without its moment and a version (payment.scheme)"
        if profile.payment and profile.payment.scheme == "hmac"
        else None
    ),
    "jwt-session": lambda profile: (
        None if profile.identity.credential == "jwt" else "the session is no JSON Web Token (identity.credential)"
    ),
    "new-accounts": lambda profile: (
        None
        if profile.identity.sign_up == "harness"
        else "what an account that is lent has paid, or opens, is not ours to change: sign_up: harness"
    ),
    "harmless-change": no_harmless_change,
    "challenge": lambda profile: (
        None if UNAUTHORIZED in profile.identity.reject_statuses else "who is not signed in is not answered with 401"
    ),
}
"""What follows from the profile without being a key of it: a name, and why it is not given, None where it is."""
