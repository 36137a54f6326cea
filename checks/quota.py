"""What a plan allows: so many messages, counted once each, and these models and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.chat import strings
from checks.refusal import refused_with
from gonogo.check import Severity, check
from gonogo.source import read_source
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal
    from gonogo.spending import Spent

CHAT = {"chat"}
SMALL = {"send_message", "means.small_quota"}
MODELS = {"create_conversation", "send_to_model", "promises.models"}
NOT_FOR_YOU = (402, 403, 404)
SPENT = (402, 403, 429)


def must_be_whole(spent: Spent) -> None:
    """Raise NotEvaluable where an answer broke off, for nobody can tell from here whether it counts."""
    for one in spent.told:
        if one.broke_off:
            raise NotEvaluable(f"an answer broke off: {one.failure}")


@check("quota.enforced", Severity.CRITICAL, scenarios=CHAT, needs=SMALL)
def quota_is_enforced(spent: Spent) -> Complaints:
    """
    No more messages are answered than the plan allows, also when the last ones come at the same time.

    Every message beyond is paid for by the operator.

    Fix: count and compare in one statement of the database.
    """
    must_be_whole(spent)
    if len(spent.answered) > spent.allowed:
        yield f"{len(spent.answered)} messages were answered, {spent.allowed} allowed"
    for one in spent.others:
        if one.status not in SPENT:
            yield f"a message beyond the quota was answered with {one.status or one.failure}, 402, 403 or 429 expected"


@check("quota.none-lost", Severity.CRITICAL, scenarios=CHAT, needs=SMALL)
def none_is_counted_twice(spent: Spent) -> Complaints:
    """
    As many messages are answered as the plan allows: none is counted twice, and none that was refused or failed.

    Members are cheated of what they pay for, and cannot see it.

    Fix: count a message in the transaction that keeps it, under its key, and give back what failed.
    """
    must_be_whole(spent)
    if len(spent.answered) + len(spent.unsure) < spent.allowed:
        beside = f" beside {len(spent.failed)} that failed" if spent.failed else ""
        yield f"{len(spent.answered)} messages were answered{beside}, {spent.allowed} are allowed"


@check("quota.way-out", Severity.MAJOR, scenarios=CHAT, needs=SMALL)
def refusal_shows_a_way_out(spent: Spent, way_out: str) -> Complaints:
    """
    Who has used up a plan is told how to go on.

    A refusal without a way out loses a member who was about to pay.

    Fix: name in the refusal the plans that allow more, and when the quota starts anew.
    """
    must_be_whole(spent)
    if not spent.others:
        raise NotEvaluable("no message was refused")
    for one in spent.others:
        if not (read_source(way_out, one) or "").strip("[]{} "):
            yield f"the refusal ({one.status}) shows no way out at {way_out}"


@check("quota.model-inside", Severity.MAJOR, scenarios=CHAT, needs=MODELS)
def models_of_the_plan_answer(asked: Sequence[Exchange]) -> Complaints:
    """
    Every model that the plan includes answers.

    A model that is paid for and does not answer is a broken promise.

    Fix: compare the plan's list with what the providers have, when the service starts.
    """
    for one in asked:
        if not one.ok:
            yield f"a model of the plan was answered with {one.failure or one.status}"


@check("quota.model-outside", Severity.CRITICAL, scenarios=CHAT, needs=MODELS)
def other_models_are_refused(refusal: Refusal) -> Complaints:
    """
    A model that the plan does not include is refused.

    The dearest model for the price of the cheapest is a bill that the operator pays.

    Fix: look the model up in the member's plan before the model is asked, wherever it is named.
    """
    yield from refused_with(refusal, NOT_FOR_YOU, "a model outside of the plan")


@check("quota.models-listed", Severity.MAJOR, scenarios=CHAT, needs={"list_models", "promises.models"})
def models_are_listed(listing: Exchange, inside: Sequence[str]) -> Complaints:
    """
    The list of models has every model that the plan includes.

    Nobody chooses what is not shown.

    Fix: make the list of the same catalogue that decides who may ask which model.
    """
    told = set(strings(listing.json()))
    for name in inside:
        if name not in told:
            yield f"the list of models lacks {name}, which the plan includes"


@check("chat.cache-own", Severity.BLOCKER, scenarios=CHAT, needs={"send_message", "promises.own_cache"})
def cache_is_ones_own(reply: Exchange, cached: str) -> Complaints:
    """
    Nobody is answered from what another member was told.

    An answer holds what its member said before, and what was found in that member's files.

    Fix: put the member and the whole conversation into the cache's key, for exact and for similar questions.
    """
    if found := read_source(cached, reply):
        yield f"{reply.person} was answered from a cache ({found}) what another member had asked"


@check(
    "chat.cache-in-context",
    Severity.CRITICAL,
    scenarios=CHAT,
    needs={"create_conversation", "send_message", "messages-in-conversations", "promises.own_cache"},
)
def cache_regards_the_context(reply: Exchange, cached: str) -> Complaints:
    """
    A question that was asked in one conversation is not answered from the cache in another one.

    "And the second?" asks something else each time.

    Fix: put the whole conversation into the cache's key, not the last question alone.
    """
    if found := read_source(cached, reply):
        yield f"the same words after other ones were answered from a cache ({found})"
