"""Runs of the whole gate, which take long: each is a function of the folder that it may use."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gonogo.embedded import certify
from tests.gate.gates import Ran, gate_in
from tests.gate.targets import (
    HERE,
    PASSWORDS,
    SHORT_WINDOW_S,
    Service,
    copy_checkout,
    free_port,
    service,
    write_profile,
)

SHORT = {"CHAT_LIMIT_WINDOW_S": str(SHORT_WINDOW_S)}
LINE = "check(await tried(newcomer), session.session_is_required(profile.identity.reject_statuses))"
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
        "CHAT_MESSAGE_QUOTAS": "@small-quota.example.com=3",
        "CHAT_ACCESS_TOKENS_S": "@short-session.example.com=4",
        "CHAT_LIMIT_WINDOW_S": str(SHORT_WINDOW_S),
    }
    with service(relay, mail, folder / "relay.log", {}), service(command, port, folder / "chat.log", environ) as chat:
        url = chat.url.replace("http:", "https:")
        yield Place(service=Service(url=url, said=chat.said), ca_file=tls / "ca.pem", listen=listen)


def healthy_run(folder: Path) -> Ran:
    """The whole gate as a user runs it."""
    with gate_in(folder / "runs") as gate:
        return gate()


def conditional_run(folder: Path) -> Ran:
    """The whole gate, strict, with a major fault."""
    profile = write_profile(folder / "short.yaml")
    with gate_in(folder / "runs", SHORT) as gate:
        return gate("--profile", str(profile), "--strict", "--fault", "headers.no-nosniff")


def deleted_run(folder: Path) -> Ran:
    """The whole gate without one check(...) of one scenario."""
    return altered_run(folder, "pass")


def broken_run(folder: Path) -> Ran:
    """The whole gate with a scenario that raises."""
    return altered_run(folder, 'raise ZeroDivisionError("our own bug")')


def altered_run(folder: Path, instead: str) -> Ran:
    """The whole gate from a checkout in which something else stands in place of a line."""
    checkout = copy_checkout(folder / "checkout")
    scenario = checkout / "smoke" / "test_authentication.py"
    text = scenario.read_text(encoding="utf-8")
    assert text.count(LINE) == 1
    scenario.write_text(text.replace(LINE, instead), encoding="utf-8")
    with gate_in(folder / "runs", SHORT) as gate:
        gate.root = checkout
        return gate("--profile", str(write_profile(folder / "short.yaml")))


def forms_run(folder: Path) -> tuple[Ran, Service]:
    """The whole gate against the service of forms, and that service, which is over."""
    target = service([str(HERE / "form_service.py")], free_port(), folder / "service.log", PASSWORDS)
    with target as forms, gate_in(folder / "runs", PASSWORDS) as gate:
        return gate("--profile", str(HERE / "form_service.yaml"), "--base-url", forms.url), forms


def two_runs(folder: Path) -> Pair:
    """Two at once against one service: with accounts and addresses of their own, within the same limits."""
    checkout = copy_checkout(folder / "checkout")
    ours, theirs = gate_in(folder / "runs", SHARED), gate_in(checkout / "runs", SHARED)
    with reference_service(folder) as place, ours as gate, theirs as bare:
        bare.root = checkout
        at = ("--base-url", place.service.url, "--profile")
        first = gate.begin(*at, str(place.profile(folder / "first.yaml", 0)), "--expect-build", "together-1")
        second = bare.start("pytest", "smoke", "-q", *at, str(place.profile(folder / "second.yaml", 1)))
        return Pair(gate=first.wait(), bare=second.wait())


def backwards_run(folder: Path) -> Ran:
    """The whole gate with every part in the reverse order."""
    profile = write_profile(folder / "short.yaml")
    with gate_in(folder / "runs", SHORT) as gate:
        return gate("--profile", str(profile), "-p", "tests.gate.backwards")
