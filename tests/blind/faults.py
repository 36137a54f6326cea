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
    Fault(
        name="one-pod-old-key",
        area="authentication",
        what="One of fifteen pods has the signing key of before: every fifteenth request meets it.",
        told="Now and then a good token is refused: not all pods know the same key.",
    ),
    Fault(
        name="sessions-die-early",
        area="authentication",
        what="Sessions are kept for ten seconds, whatever their tokens say.",
        told="A token that says it is good for 15 minutes is refused after ten seconds.",
    ),
    Fault(
        name="case-makes-two",
        area="authentication",
        what="Addresses are compared to the letter since the accounts moved to another database.",
        told="The same address in capitals makes a second account, and does not sign in to the first.",
    ),
    Fault(
        name="account-comes-back",
        area="authentication",
        what="A deleted account is only marked; signing up with its address again takes the mark away.",
        told="Who signs up with a deleted account's address finds the deleted conversations.",
    ),
    Fault(
        name="split-letters",
        area="chat",
        what="What the model sends is decoded by the piece: a letter that straddles two pieces is lost.",
        told="Letters beyond ASCII come as U+FFFD in the stream, and are right in history.",
    ),
    Fault(
        name="gzip-holds-streams",
        area="chat",
        what="Compression was switched on for everything, and holds a stream back until it is whole.",
        told="To a client that takes gzip the whole answer comes at once, at the end.",
    ),
    Fault(
        name="retry-begins-again",
        area="chat",
        what="The call to the model is tried again after it broke: what was written before stays.",
        told="The answer begins twice: its first words come a second time.",
    ),
    Fault(
        name="usage-in-letters",
        area="chat",
        what="Another tokenizer: the usage counts letters.",
        told="The usage tells many times as many tokens as the answer can have.",
    ),
    Fault(
        name="failure-spends-quota",
        area="chat",
        what="A message counts when it is sent, and is not given back when its answer fails.",
        told="A message whose answer failed was taken off the member's quota.",
    ),
    Fault(
        name="failure-tells-key",
        area="chat",
        what="The provider's own sentence goes to the client, with its address and key.",
        told="The error in the stream tells the provider's internal address and API key.",
    ),
    Fault(
        name="long-streams-cut",
        area="chat",
        what="A proxy ends each answer after a second and a half.",
        told="Long answers stop after 1.5 s, without an end or an error.",
    ),
    Fault(
        name="event-ids-cut",
        area="payments",
        what="The column of processed events holds 16 letters: what begins alike is taken for a repeat.",
        told="The second of two payments with like ids was taken for a repeat, and lost.",
    ),
    Fault(
        name="hook-reads-reencoded",
        area="payments",
        what="The signature is compared with the JSON as the framework writes it again, not with what was sent.",
        told="A rightly signed event is refused when its JSON is spaced otherwise.",
    ),
    Fault(
        name="search-syntax-fails",
        area="features",
        what="What is searched for goes to the full-text engine as it is, which has a syntax of its own.",
        told="A search for a quotation mark or a bracket answers 500.",
    ),
    Fault(
        name="same-second-lost",
        area="features",
        what="The next page begins at the second of the last entry: others of that second are left out.",
        told="Conversations that were made within one second are missing from the pages.",
    ),
    Fault(
        name="foreign-names-lost",
        area="features",
        what="File names are made safe by leaving out all but ASCII.",
        told="A file with a name in another script comes back without its name.",
    ),
    Fault(
        name="export-from-cache",
        area="features",
        what="An export is kept by the conversations' ids, and given again.",
        told="An export made after another message lacks that message.",
    ),
    Fault(
        name="etag-never-changes",
        area="platform",
        what="The ETag is made of the path and the member, and not of what is answered.",
        told="A list that has changed is still answered with 304 to the ETag of before.",
    ),
    Fault(
        name="half-deployed",
        area="platform",
        what="Half of the pods run the build before this one.",
        told="Two builds answer: the deployment is half done.",
    ),
    Fault(
        name="counters-of-two-workers",
        area="platform",
        what="Each of two workers counts for itself, and metrics come from either.",
        told="A counter falls from one scrape to the next, though nothing was started anew.",
    ),
    Fault(
        name="redirect-leads-inside",
        area="platform",
        what="The service does not believe the proxy's headers: redirects name its own address.",
        told="A redirect for a trailing slash leads to an internal address over plain http.",
    ),
    Fault(
        name="error-in-200",
        area="platform",
        what="Invalid requests are answered 200, with the error inside.",
        told="A request that was refused as invalid is answered with 200.",
    ),
    Fault(
        name="context-of-another",
        area="platform",
        what="Whoever asks is kept in one variable of the process while the database is awaited.",
        told="Under requests at once a member was given another member's data.",
    ),
    Fault(
        name="limit-by-forwarded",
        area="rate limits",
        what="The limit by address believes whatever X-Forwarded-For the client sends.",
        told="Another X-Forwarded-For gives a fresh limit: sign-in can be tried without end.",
    ),
    Fault(
        name="local-time",
        area="platform",
        what="The database's clock is two hours east: moments are stored in local time, and told as UTC.",
        told="A conversation made now says that it was made in two hours.",
    ),
)
FAULTS = {one.name: one for one in _ALL}

VARIANTS = {
    "done-after-error": "A stream that failed ends with [DONE] after its error event, as vLLM's does.",
    "hook-takes-it": "The webhook says 202, and nothing else: it works later.",
    "spelt-otherwise": "JSON is indented, its fields come the other way round, and media types are in capitals.",
    "lively-streams": "Streams have comments, a retry, ids, an event of another type, and `usage: null` in each chunk.",
    "crumbs": "Streams have CRLF for line ends, and come in pieces of five bytes, whatever these cut through.",
    "relative-redirects": "A redirect for a trailing slash is a 308, and names a path alone.",
    "balanced": "A load balancer sets a cookie of its own with each answer, and says that it was there.",
    "retry-at": "Retry-After is a date.",
    "squeezed": "JSON is compressed for whoever takes it so, and varies by that.",
}
"""What the service can do otherwise, and not wrong: nobody may complain."""
