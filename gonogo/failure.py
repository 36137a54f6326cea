"""
What the network said when no whole answer came: in words, and on whose side it may have happened.

A refused connection, a certificate that is not trusted and a broken connection are the target's. A name
that does not resolve, a way that is not there and a time-out may be ours as well; `gonogo.control` settles
those. What our own machine or our own request is to blame for is raised as HarnessTrouble.
"""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator

OUR_MACHINE = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL, errno.EADDRINUSE, errno.EACCES}
)
NO_WAY_THERE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EPERM})
NUMBERED_APART = (ssl.SSLError, socket.gaierror)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """`says` is a sentence; `doubted` tells that it could as well have happened on our side."""

    says: str
    doubted: bool = False


def failure_of(error: httpx.HTTPError | httpx.InvalidURL) -> Failure:
    """Say what went wrong. Raises HarnessTrouble where that was our own machine or request."""
    roots = list(roots_of(error))
    numbers = {one.errno for one in roots if isinstance(one, OSError) and not isinstance(one, NUMBERED_APART)}
    if isinstance(error, httpx.LocalProtocolError | httpx.InvalidURL | httpx.PoolTimeout) or numbers & OUR_MACHINE:
        raise HarnessTrouble(f"the request could not be sent from here: {said(error, roots)}") from error
    if any(isinstance(one, socket.gaierror) for one in roots):
        return Failure(says="its name could not be resolved", doubted=True)
    if isinstance(error, httpx.TimeoutException):
        return Failure(says=f"it did not answer in time ({type(error).__name__})", doubted=True)
    if numbers & NO_WAY_THERE:
        return Failure(says=f"it cannot be reached: {said(error, roots)}", doubted=True)
    if errno.ECONNREFUSED in numbers:
        return Failure(says="the connection was refused")
    untrusted = next((one for one in roots if isinstance(one, ssl.SSLCertVerificationError)), None)
    if untrusted is not None:
        return Failure(says=f"its certificate is not trusted ({untrusted.verify_message})")
    return Failure(says=f"{type(error).__name__}: {said(error, roots)}")


def roots_of(error: BaseException) -> Iterator[BaseException]:
    """What an exception was raised for, and that in turn, down to the first; of several attempts, all."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else (error.__cause__ or error.__context__,)
    causes = [one for one in inner if one is not None]
    if not causes:
        yield error
    for one in causes:
        yield from roots_of(one)


def said(error: Exception, roots: list[BaseException]) -> str:
    """The words of whoever knows most."""
    texts = [(getattr(one, "strerror", None) or str(one)) for one in (*roots, error)]
    return next((text for text in texts if text), "the connection broke")
