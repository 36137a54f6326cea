"""
One TCP connection over gevent, with TLS or without, that says when its bytes arrived.

    Cut: the other side ended the connection.    Silent: nothing came for too long.
"""

from __future__ import annotations

import socket as plain_socket
import ssl
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import gevent
from gevent import socket

from load.clock import CLOCK, ask_for_stamps, stamp_in

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_SIZE = 65536
ANCILLARY_SIZE = plain_socket.CMSG_SPACE(64)
CONNECT_S = 10.0
READABLE = 1  # as libev calls it
SECOND_NS = 1_000_000_000


class WireTrouble(Exception):
    """The network did not do what it should; says so in a sentence."""


class Cut(WireTrouble):
    """The connection ended, by its end or by a reset."""

    def __init__(self, sentence: str, *, reset: bool = False) -> None:
        super().__init__(sentence)
        self.reset = reset


class Silent(WireTrouble):
    """Nothing came for too long."""


class Unreachable(WireTrouble):
    """There was no connection to be had."""


class Place(NamedTuple):
    """Where to connect, from which address, and whom to trust; without a context there is no TLS."""

    host: str
    port: int
    name: str
    source: str | None
    trust: ssl.SSLContext | None


class Piece(NamedTuple):
    """Bytes, when they arrived (monotonic nanoseconds), and whether the kernel says so."""

    data: bytes
    at_ns: int
    by_kernel: bool


class Wire:
    """A connection that is open."""

    def __init__(self, place: Place) -> None:
        """Connect. Raises Unreachable."""
        self.stamped = False
        self.used_ns = time.monotonic_ns()
        self.tls: ssl.SSLObject | None = None
        try:
            source = (place.source, 0) if place.source else None
            self.socket: Any = socket.create_connection((place.host, place.port), CONNECT_S, source)
        except (OSError, gevent.Timeout) as error:
            raise Unreachable(f"no connection to {place.host}:{place.port}: {said(error)}") from error
        self.socket.setsockopt(plain_socket.IPPROTO_TCP, plain_socket.TCP_NODELAY, 1)
        self.stamped = ask_for_stamps(self.socket)
        self.raw: Any = self.socket._sock  # noqa: SLF001  gevent's own reads cost twice as much as the system's
        self.hub: Any = gevent.get_hub()
        self.readable: Any = self.hub.loop.io(self.raw.fileno(), READABLE)
        if place.trust:
            with gevent.Timeout(CONNECT_S, Unreachable(f"no TLS with {place.name} within {CONNECT_S:g} s")):
                self._secure(place.trust, place.name)

    def _secure(self, trust: ssl.SSLContext, name: str) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = trust.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                try:
                    self.incoming.write(self._receive().data)
                except WireTrouble as trouble:
                    self.close()
                    raise Unreachable(f"no TLS with {name}: {trouble}") from trouble
            except ssl.SSLError as error:
                self.close()
                raise Unreachable(f"no TLS with {name}: {said(error)}") from error
            else:
                self._flush()
                return

    def send(self, data: bytes) -> int:
        """Send everything; when that began, as the answer may be there before we are told that it went. Raises Cut."""
        now = self.used_ns = time.monotonic_ns()
        try:
            if self.tls is None:
                self._send(data)
            else:
                self.tls.write(data)
                self._flush()
        except (OSError, gevent.Timeout) as error:
            raise Cut(f"the connection broke while the request was sent: {said(error)}", reset=True) from error
        return now

    def _send(self, data: bytes) -> None:
        """Send everything; what the system takes at once need not go through gevent."""
        try:
            sent = self.raw.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self.socket.sendall(data[sent:])

    def pieces(self, idle_s: float) -> Iterator[Piece]:
        """What arrives, as it arrives. Raises Silent when nothing came for so long, and Cut."""
        timer = gevent.Timeout.start_new(idle_s)
        try:
            while True:
                try:
                    piece = self._receive()
                except gevent.Timeout as fired:
                    timer = self._wait_on(timer, fired, idle_s)
                    continue
                if self.tls is not None:
                    self.incoming.write(piece.data)
                    piece = Piece(self._decrypted(), piece.at_ns, piece.by_kernel)
                if piece.data:
                    yield piece
        finally:
            timer.close()

    def _wait_on(self, timer: Any, fired: Any, idle_s: float) -> Any:  # noqa: ANN401  gevent has no types
        """
        A timer for what is left of the patience. Raises Silent when nothing is.

        One timer is set for many reads, because setting one for each costs more than the read.
        """
        if fired is not timer:
            raise fired
        left_s = idle_s - (time.monotonic_ns() - self.used_ns) / SECOND_NS
        if left_s <= 0:
            raise Silent("nothing came any more") from fired
        return gevent.Timeout.start_new(left_s)

    def _receive(self) -> Piece:
        while True:
            self.hub.wait(self.readable)
            try:
                data, ancillary, _, _ = self.raw.recvmsg(READ_SIZE, ANCILLARY_SIZE)
                break
            except BlockingIOError:  # what woke us was no data after all
                continue
            except OSError as error:
                raise Cut(f"the connection broke: {said(error)}", reset=True) from error
        now = time.monotonic_ns()
        if not data:
            raise Cut("the other side ended the connection")
        wall = stamp_in(ancillary) if self.stamped else None
        self.used_ns = now
        return Piece(data, now if wall is None else CLOCK.monotonic(wall, now), wall is not None)

    def _decrypted(self) -> bytes:
        parts = []
        try:
            while part := self.tls.read(READ_SIZE) if self.tls else b"":
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            if not parts:
                raise Cut(f"TLS ended: {said(error)}") from error
        self._flush()
        return b"".join(parts)

    def _flush(self) -> None:
        data = self.outgoing.read()
        if data:
            self._send(data)

    def is_stale(self) -> bool:
        """Whether the other side has closed an idle connection, or says something that nobody asked for."""
        try:
            self.raw.recv(1, plain_socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Close at once."""
        self.readable.close()
        self.socket.close()


def said(error: BaseException) -> str:
    """What the system says went wrong, or else the kind of error."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
