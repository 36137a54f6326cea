"""
Hands every mail and every error report on to several listeners, so that two gates can share one service.

`python tests/gate/relay.py --port MAIL --tracker PORT --mail-to A,B --tracker-to C,D`, all on loopback.
Whoever does not listen is left out.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import smtplib
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP, Envelope

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = "127.0.0.1"


class Mails:
    """Hands mails on."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Hand one mail on."""
        for port in self.ports:
            await asyncio.to_thread(self.deliver, port, envelope)
        return "250 OK"

    @staticmethod
    def deliver(port: int, envelope: Envelope) -> None:
        """Deliver a mail to one listener, if it is there."""
        with suppress(ConnectionRefusedError), smtplib.SMTP(HERE, port) as client:
            client.sendmail(envelope.mail_from or "", envelope.rcpt_tos, envelope.original_content or b"")


def reports(ports: Sequence[int]) -> type[BaseHTTPRequestHandler]:
    """What hands error reports on to these ports."""

    class Reports(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Hand one report on."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fields = {name: self.headers[name] for name in self.headers if name.lower() not in {"host", "connection"}}
            for port in ports:
                with suppress(ConnectionRefusedError):
                    connection = http.client.HTTPConnection(HERE, port)
                    connection.request("POST", self.path, body, fields)
                    connection.getresponse().read()
                    connection.close()
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

    return Reports


async def main() -> None:
    """Listen until the end."""
    parser = argparse.ArgumentParser()
    for name in ("--port", "--tracker"):
        parser.add_argument(name, type=int, required=True)
    for name in ("--mail-to", "--tracker-to"):
        parser.add_argument(name, type=lambda text: [int(port) for port in text.split(",")], required=True)
    arguments = parser.parse_args()
    tracker = ThreadingHTTPServer((HERE, arguments.tracker), reports(arguments.tracker_to))
    threading.Thread(target=tracker.serve_forever, daemon=True).start()
    handler = Mails(arguments.mail_to)
    loop = asyncio.get_running_loop()
    mails = await loop.create_server(lambda: SMTP(handler, hostname="localhost"), HERE, arguments.port)
    await mails.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
