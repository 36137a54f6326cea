"""A service that runs already, verified twice at once: by the gate, and by a bare `pytest smoke --base-url`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gonogo.embedded import certify
from tests.gate.gates import Ran, gate_in
from tests.gate.targets import HERE, SHORT_WINDOW_S, Service, copy_checkout, free_port, service, write_profile

SHARED = {"GONOGO_WEBHOOK_SECRET": "whsec_of_this_service", "GONOGO_OPERATOR_TOKEN": "operator-of-this-service"}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What came of both."""

    gate: Ran
    bare: Ran


@dataclass(frozen=True, kw_only=True)
class Place:
    """A running reference service, and where the two who verify it listen: mail and tracker of each."""

    service: Service
    ca_file: Path
    listen: tuple[tuple[int, int], tuple[int, int]]

    def profile(self, path: Path, number: int) -> Path:
        """The profile of one of the two."""
        mail, tracker = self.listen[number]
        return write_profile(
            path,
            {
                "127.0.0.1:1025": f"127.0.0.1:{mail}",
                "127.0.0.1:1026": f"127.0.0.1:{tracker}",
                "identity:\n": f"tls: {{ca_file: {self.ca_file}}}\n\nidentity:\n",
            },
        )


@contextmanager
def reference_service(folder: Path, *options: str) -> Iterator[Place]:
    """The reference service with TLS, whose mails and reports reach two who verify it."""
    mail, tracker, port = free_port(), free_port(), free_port()
    listen = ((free_port(), free_port()), (free_port(), free_port()))
    tls = certify(folder)
    relay = [str(HERE / "relay.py"), "--tracker", str(tracker)]
    for name, place in (("--mail-to", 0), ("--tracker-to", 1)):
        relay += [name, ",".join(str(ports[place]) for ports in listen)]
    command = ["-m", "target_app", "--tls-cert", str(tls / "cert.pem"), "--tls-key", str(tls / "key.pem"), *options]
    environ = {
        "CHAT_ENVIRONMENT": "test",
        "CHAT_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'chat.db'}",
        "CHAT_BUILD_ID": "together-1",
        "CHAT_WEBHOOK_SECRET": SHARED["GONOGO_WEBHOOK_SECRET"],
        "CHAT_OPERATOR_TOKEN": SHARED["GONOGO_OPERATOR_TOKEN"],
        "CHAT_SMTP_PORT": str(mail),
        "CHAT_SENTRY_DSN": f"http://gonogo@127.0.0.1:{tracker}/1",
        "CHAT_PUBLIC_ORIGIN": f"https://127.0.0.1:{port}",
        "CHAT_LIMIT_WINDOW_S": str(SHORT_WINDOW_S),
    }
    with service(relay, mail, folder / "relay.log", {}), service(command, port, folder / "chat.log", environ) as chat:
        url = chat.url.replace("http:", "https:")
        yield Place(service=Service(url=url, said=chat.said), ca_file=tls / "ca.pem", listen=listen)


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both at once against one service: with accounts and addresses of their own, within the same limits."""
    folder = tmp_path_factory.mktemp("together")
    checkout = copy_checkout(folder / "checkout")
    with (
        reference_service(folder) as place,
        gate_in(folder / "runs", SHARED) as gate,
        gate_in(checkout / "runs", SHARED) as bare,
    ):
        bare.root = checkout
        at = ("--base-url", place.service.url, "--profile")
        first = gate.begin(*at, str(place.profile(folder / "first.yaml", 0)), "--expect-build", "together-1")
        second = bare.start("pytest", "smoke", "-q", *at, str(place.profile(folder / "second.yaml", 1)))
        yield Pair(gate=first.wait(), bare=second.wait())


def test_the_gate_verifies_what_runs_already(together: Pair) -> None:
    """The gate is a GO for a service that it did not start, while somebody else verifies it too."""
    assert together.gate.code == 0, together.gate.summary
    assert together.gate.verdict["embedded"] is False
    assert together.gate.verdict["target"]["build"] == together.gate.verdict["target"]["expected_build"] == "together-1"
    assert together.gate.verdict["findings"] == []


def test_bare_pytest_decides_as_the_gate_does(together: Pair) -> None:
    """A bare `pytest smoke --base-url` is a run too: it decides, publishes, and exits with the verdict's code."""
    assert together.bare.code == 0, together.bare.summary
    assert together.bare.verdict["verdict"] == "GO"
    assert together.bare.verdict["findings"] == []
    assert (together.bare.folder / "report.html").exists()
    assert "GO  The deployment is good." in together.bare.out
    planned = [(one["check"], one["scenario"]) for one in together.gate.verdict["checks"]]
    assert [(one["check"], one["scenario"]) for one in together.bare.verdict["checks"]] == planned


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (("-k", "test_health_is_open"), {20}),
        (("--fault", "chat.foreign-readable", "-k", "test_others_cannot_read"), {11}),
        (("--fault", "no.such"), {2}),
        (("--fault", "stream.no-end", "--base-url", "http://127.0.0.1:1"), {2}),
        (("--base-url", "nonsense"), {2}),
        (("--base-url", ""), {2}),
        (("-k", "and"), {4, 2}),
    ],
    ids=["inconclusive", "no-go", "unknown-fault", "fault-elsewhere", "malformed-url", "empty-url", "bad-expression"],
)
def test_bare_pytest_exits_as_the_gate_does(checkout: Path, options: tuple[str, ...], codes: set[int]) -> None:
    """Without --base-url it starts the service, with the fault that is asked for; its exit codes are the gate's."""
    with gate_in(checkout / "runs") as bare:
        bare.root = checkout
        started = bare.start("pytest", "smoke", "-q", *options)
        ran = started.wait()

        assert ran.code in codes, ran.summary
        assert "Traceback" not in ran.err + ran.out
        assert started.gone(), f"still running: {started.family()}"
