"""What belongs to one member: another one neither reads nor changes it, whatever the operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.refusal import FORBIDDEN, refused_with
from gonogo.check import Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Refusal
    from gonogo.owned import Kept

AUTHENTICATION = {"authentication"}
NEEDS = {"own-things"}


@check("auth.own-things-only", Severity.BLOCKER, scenarios=AUTHENTICATION, effects=Effects.HOSTILE, needs=NEEDS)
def own_things_only(refusals: Sequence[Refusal]) -> Complaints:
    """
    No operation lets a member at what is another's, in either direction (OWASP API1:2023).

    Ids travel in links, logs and screenshots: knowing one must open nothing. An answer to the letter as of something
    that does not exist, such as an empty list, opens nothing.

    Fix: look the object up by its id and its owner, in the one place that every operation uses.
    """
    unsure = []
    for refusal in refusals:
        who = f"{refusal.refused.person} at what is {refusal.after.person if refusal.after else 'somebody'}'s"
        what = f"{refusal.refused.request.operation} by {who}"
        try:
            if refusal.refused.ok and refusal.as_of_nothing:
                continue
            if refusal.refused.ok:  # done: whether the thing is still there for its owner is no twin any more
                yield f"{what} was answered with {refusal.refused.status}, 403 or 404 expected"
            else:
                yield from refused_with(refusal, (401, *FORBIDDEN), what)
        except NotEvaluable as trouble:
            unsure.append(str(trouble))
    if unsure:
        raise NotEvaluable("; ".join(unsure))


@check("auth.own-things-untouched", Severity.BLOCKER, scenarios=AUTHENTICATION, effects=Effects.HOSTILE, needs=NEEDS)
def own_things_are_untouched(kept: Sequence[Kept]) -> Complaints:
    """
    What another member was refused has not been done either.

    A guard that looks after the work refuses the answer, and leaves the deed.

    Fix: look whose it is before anything is written.
    """
    if not kept:
        raise NotEvaluable("nothing shows what a thing is like before and after")
    for one in kept:
        if not one.before.ok:
            raise NotEvaluable(f"the owner could not read it before: {one.before}")
        if not one.after.ok:
            yield f"after another member's refused requests {one.after} was answered, {one.before.status} before"
        elif one.before.body != one.after.body:
            yield f"{one.after.request.operation} changed by what another member was refused"
