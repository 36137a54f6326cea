"""The ways in which a streamed answer can be broken, each with its name and a sentence."""

from __future__ import annotations

from enum import StrEnum


class Broken(StrEnum):
    """Why an answer is not whole. The first that is met is the one that counts."""

    CUT = "cut"
    RESET = "reset"
    UNENDED = "unended"
    REPORTED = "reported"
    STALLED = "stalled"
    OUT_OF_ORDER = "out-of-order"
    BAD_JSON = "bad-json"
    BAD_UTF8 = "bad-utf8"
    NO_STREAM = "no-stream"
    EMPTY = "empty"
    AFTER_END = "after-end"
    SERVER_ERROR = "server-error"
    REFUSED = "refused"
    LIMITED = "limited"
    SIGNED_OUT = "signed-out"
    UNREACHABLE = "unreachable"


SENTENCES = {
    Broken.CUT: "the body was cut before its end",
    Broken.RESET: "the connection was reset",
    Broken.UNENDED: "it ended without its terminal event",
    Broken.REPORTED: "it reported a failure within the stream",
    Broken.STALLED: "it stood still for too long",
    Broken.OUT_OF_ORDER: "a token came twice, or one is missing",
    Broken.BAD_JSON: "an event's data was no JSON",
    Broken.BAD_UTF8: "its text was not UTF-8",
    Broken.NO_STREAM: "the status promised an event stream, and it was none",
    Broken.EMPTY: "it ended without a single token",
    Broken.AFTER_END: "data came after its terminal event",
    Broken.SERVER_ERROR: "the server failed (5xx)",
    Broken.REFUSED: "the request was refused",
    Broken.LIMITED: "a rate limit refused it (429)",
    Broken.SIGNED_OUT: "who is signed in was taken for a stranger (401)",
    Broken.UNREACHABLE: "no connection could be made",
}
