"""
What the service can do wrong: each a defect that a deployment of such a service could really have.

Written before anybody looked at what gonogo checks. Nothing here names a check.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A defect, its area, what goes wrong, and what a release engineer would expect to be told."""

    name: str
    area: str
    what: str
    told: str


_ALL = (
    Fault(
        name="sign-out-keeps-refresh",
        area="authentication",
        what="Signing out ends the access token; the refresh token of the same session opens it again.",
        told="After sign-out the refresh token still gives new tokens: the session was not ended.",
    ),
    Fault(
        name="refresh-token-as-access",
        area="authentication",
        what="The claim that tells a refresh token from an access token is not looked at.",
        told="A refresh token, good for a day, opens the API like an access token that is good for minutes.",
    ),
    Fault(
        name="password-keeps-sessions",
        area="authentication",
        what="A changed password leaves the other sessions and their refresh tokens alive.",
        told="After a changed password another session goes on: whoever stole it stays in.",
    ),
    Fault(
        name="sixteen-tokens-at-most",
        area="chat",
        what="The legacy default of max_tokens, 16, is in force; each longer answer ends with finish_reason length.",
        told="Answers are cut off after 16 tokens, and say so in finish_reason.",
    ),
    Fault(
        name="failure-looks-whole",
        area="chat",
        what="When the model fails half way, the stream ends with finish_reason stop and [DONE].",
        told="A model's failure is not reported in the stream: half an answer looks whole.",
    ),
    Fault(
        name="four-byte-letters-lost",
        area="chat",
        what="The store's columns hold three bytes a letter: emoji come back as question marks.",
        told="What history keeps differs from what was streamed: emoji become question marks.",
    ),
    Fault(
        name="history-forgotten",
        area="chat",
        what="The model is sent the last message alone, and nothing of the conversation before it.",
        told="The model does not know what was said earlier in the same conversation.",
    ),
    Fault(
        name="usage-is-zero",
        area="chat",
        what="The usage that ends a stream says zero tokens, as when the upstream was not asked for it.",
        told="The stream's usage says 0 tokens for an answer that has many.",
    ),
    Fault(
        name="underpaid-grants-plan",
        area="payments",
        what="A signed event grants the plan whatever amount and currency it says were paid.",
        told="An event that paid less, or in another currency, than the order costs upgraded the plan.",
    ),
    Fault(
        name="refund-keeps-plan",
        area="payments",
        what="A refund marks the order, and leaves the plan that it bought.",
        told="After a signed refund the member still has the paid plan.",
    ),
    Fault(
        name="hook-fails-on-unknown-order",
        area="payments",
        what="A signed event about an order that is not known is answered with 500, and sent again for days.",
        told="The webhook answers 500 to an event of an unknown order.",
    ),
    Fault(
        name="next-page-of-everybody",
        area="features",
        what="The query behind the second page forgot whose conversations are listed.",
        told="The second page of the list shows conversations of other members.",
    ),
    Fault(
        name="settings-of-all",
        area="features",
        what="Settings live in one object of the process: what one member chooses, all have.",
        told="One member's choice of settings shows in another member's settings.",
    ),
    Fault(
        name="same-name-overwrites",
        area="features",
        what="A file is stored under its name: a second upload of that name takes the first one's place.",
        told="A file changed its content when another file with the same name was uploaded.",
    ),
    Fault(
        name="deleted-is-still-found",
        area="features",
        what="The search index is not told of a deletion: a deleted conversation's title is still found.",
        told="A deleted conversation still shows in search.",
    ),
    Fault(
        name="limit-by-token",
        area="rate limits",
        what="The limit counts by token and not by member: a refresh gives a fresh window.",
        told="A member who has spent the limit gets a fresh one by refreshing the token.",
    ),
    Fault(
        name="retry-after-in-milliseconds",
        area="rate limits",
        what="Retry-After tells milliseconds, where seconds are meant.",
        told="Retry-After says thousands of seconds for a window of five.",
    ),
    Fault(
        name="gauge-never-falls",
        area="monitoring",
        what="The gauge of answers being streamed does not fall when a client leaves before the end.",
        told="After a client left, the gauge of streams stays up, and never comes down.",
    ),
    Fault(
        name="bare-errors",
        area="headers",
        what="Refusals and errors are answered past the layer that adds the security headers.",
        told="Errors (401, 404, 422, 429) lack the security headers that good answers have.",
    ),
    Fault(
        name="errors-echo-the-body",
        area="headers",
        what="What is wrong with a request is told together with the whole request, the password in it too.",
        told="A 422 to a sign-up repeats the password.",
    ),
)
FAULTS = {one.name: one for one in _ALL}

VARIANTS = {
    "done-after-error": "A stream that failed ends with [DONE] after its error event, as vLLM's does.",
}
"""What the service can do otherwise, and not wrong: nobody may complain."""
