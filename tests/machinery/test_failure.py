"""Every failure of the network is told in words, and on whose side it may be."""

from __future__ import annotations

import errno
import socket
import ssl

import httpx
import pytest

from gonogo.failure import Failure, failure_of
from gonogo.trouble import HarnessTrouble


def raised(error: httpx.HTTPError, *causes: BaseException) -> httpx.HTTPError:
    """An error as httpx raises it, for these reasons in turn."""
    inner: BaseException = error
    for cause in causes:
        inner.__cause__ = cause
        inner = cause
    return error


def attempts(*numbers: int) -> OSError:
    """Several addresses were tried, as anyio tells it."""
    failed = OSError("All connection attempts failed")
    failed.__cause__ = ExceptionGroup("several", [OSError(one, "no") for one in numbers])
    return failed


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (raised(httpx.ConnectError("x"), attempts(111, 111)), Failure(says="the connection was refused")),
        (
            raised(httpx.ConnectError("x"), OSError(errno.ECONNREFUSED, "no")),
            Failure(says="the connection was refused"),
        ),
        (
            raised(httpx.ConnectError("x"), attempts(errno.ENETUNREACH, errno.ECONNREFUSED)),
            Failure(says="it cannot be reached: no", doubted=True),
        ),
        (
            raised(httpx.ConnectError("x"), socket.gaierror(-3, "Temporary failure in name resolution")),
            Failure(says="its name could not be resolved", doubted=True),
        ),
        (httpx.ConnectTimeout(""), Failure(says="it did not answer in time (ConnectTimeout)", doubted=True)),
        (httpx.WriteTimeout(""), Failure(says="it did not answer in time (WriteTimeout)", doubted=True)),
        (httpx.ReadError(""), Failure(says="ReadError: the connection broke")),
        (
            raised(httpx.ConnectError("x"), ssl.SSLError(1, "wrong version number")),
            Failure(says="ConnectError: wrong version number"),
        ),
    ],
)
def test_whose(error: httpx.HTTPError, failure: Failure) -> None:
    """What only the target can have done is not doubted; what our network may have done is."""
    assert failure_of(error) == failure


@pytest.mark.parametrize(
    "error",
    [
        raised(httpx.ConnectError("x"), OSError(errno.EMFILE, "Too many open files")),
        raised(httpx.ConnectError("x"), attempts(errno.EADDRNOTAVAIL)),
        httpx.LocalProtocolError("Illegal header value"),
        httpx.PoolTimeout(""),
        httpx.InvalidURL("Invalid port"),
    ],
)
def test_our_own(error: httpx.HTTPError) -> None:
    """What our machine or our request is to blame for is our trouble, never the target's failure."""
    with pytest.raises(HarnessTrouble, match="could not be sent from here"):
        failure_of(error)
