"""
Sends a finding's requests again, as its `curl` line says, with variables filled by a fresh sign-in.

Where the run was about the embedded service, that is started again with the same faults.
"""

from __future__ import annotations

import asyncio
import re
import shlex
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gonogo.budget import Budget
from gonogo.evidence import Exchanged
from gonogo.heard import JWT, exchange_of, harmless, hear, readable
from gonogo.journal import Journal, read_evidence
from gonogo.leftovers import remove
from gonogo.member import Member
from gonogo.past_run import started
from gonogo.pasted import refuse_foreign
from gonogo.people import Cast
from gonogo.recorder import Recorder
from gonogo.redaction import Vault
from gonogo.refill import SCENARIO, fill_variables, signatures
from gonogo.run import Options, surroundings
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.evidence import RunStarted
    from gonogo.heard import Heard
    from gonogo.profile import Profile
    from gonogo.published import Finding, Verdict

OURS = re.compile(r"GONOGO_[A-Z0-9_]+")  # a run from elsewhere may name any variable, PATH too


@dataclass(frozen=True, kw_only=True)
class Resent:
    """The lines that show a finding, in order, the people of the run, and whether a person wants to go on by hand."""

    trail: tuple[Exchanged, ...]
    everyone: frozenset[str]
    hold: bool
    lasting: bool


def replay(folder: Path, verdict: Verdict, finding_id: str, *, hold: bool) -> int:
    """
    Send a finding's requests again and show the answers; `hold` shows the variables too, and waits.

    Raises UsageError for a finding that the run does not have, or that no request shows.
    """
    finding = find(verdict, finding_id)
    if not finding.reproduce:
        raise UsageError(f"finding {finding.id} ({finding.check}) has no request to send again: {finding.message}")
    run = started(folder)
    exchanges = {one.id: one for one in read_evidence(folder).of(Exchanged)}
    with ExitStack() as stack:
        private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gonogo-")))
        profile, _, _ = surroundings(stack, options_of(run), private)
        trail = tuple(moved(exchanges[name], run.base_url, profile) for name in finding.evidence if name in exchanges)
        resent = Resent(
            trail=tuple(one for one in trail if one.curl),
            everyone=frozenset(one.person for one in exchanges.values()),
            hold=hold,
            lasting=not run.embedded,
        )
        for one in resent.trail:
            refuse_foreign(one.curl, profile)
        sys.stdout.write(f"{finding.check}: {finding.message}\n\n")
        return asyncio.run(send_again(profile, private, resent))


def moved(one: Exchanged, old: str, profile: Profile) -> Exchanged:
    """An exchange whose line goes to where the target is now."""
    return one.model_copy(update={"curl": one.curl.replace(old, profile.origins.api)})


async def send_again(profile: Profile, private: Path, resent: Resent) -> int:
    """Fill the variables, send the lines and show the answers; the accounts that this made are removed."""
    cast = company(profile, private)
    try:
        filled = await fill_variables(cast, resent.trail, resent.everyone)
        filled |= {"GONOGO_CA_FILE": str(profile.tls.ca_file or "")}
        lines = "".join(one.curl for one in resent.trail)
        filled |= {name: value for name, value in profile.secrets.items() if name in lines}
        code = send_lines(cast, resent.trail, filled)
        if resent.hold:
            sys.stdout.write(exports(filled))
            sys.stdout.flush()
            input("the target stays up; press Enter to end ")  # noqa: ASYNC250  nothing else goes on
        if resent.lasting:
            await remove(cast)
    finally:
        await cast.close()
    return code


def send_lines(cast: Cast, trail: Sequence[Exchanged], filled: dict[str, str]) -> int:
    """Send each line, show what was heard, and fill what an answer gives; curl's first failure ends it."""
    for one in trail:
        filled |= signatures(cast.profile, one.curl, filled)
        for variable, value in signed(filled):
            cast.vault.add(value, variable)
        sys.stdout.write(f"{one.curl}\n\n")
        sys.stdout.flush()
        heard = hear(one.curl, filled)
        filled |= {name: value for name, value in learned(cast, one, heard).items() if name not in filled}
        text = harmless(cast.vault.redact(readable(heard.said)))
        sys.stdout.write(f"{text.rstrip()}\n\n({heard.pace})\n\n")
        if heard.code:
            return heard.code
    return 0


def signed(filled: dict[str, str]) -> list[tuple[str, str]]:
    """The signatures among the values."""
    return [(name, value) for name, value in filled.items() if name.endswith("_SIGNATURE") and value]


def learned(cast: Cast, sent: Exchanged, heard: Heard) -> dict[str, str]:
    """Keep the secrets that an answer gives, and return the variables that it fills."""
    member = Member(cast.person(sent.person), cast, SCENARIO)
    exchange = member.read(exchange_of(heard, sent))
    member.learn(exchange)
    for token in JWT.findall(exchange.text):
        cast.vault.add(token, "GONOGO_JWT")
    ours = {name: variable for name, variable in sent.gives.items() if OURS.fullmatch(variable)}
    return {variable: exchange.captured.get(name, "") for name, variable in ours.items()}


def company(profile: Profile, private: Path) -> Cast:
    """The people of a replay, and a vault that knows the profile's secrets from the start."""
    vault = Vault()
    vault.add_named({name: value for name, value in profile.secrets.items() if value not in profile.origins.api})
    return Cast(
        profile=profile,
        recorder=Recorder(Journal(private / "replay.jsonl", vault.redact), SCENARIO, profile),
        vault=vault,
        budget=Budget(profile.promises.limits, unlimited=profile.promises.unlimited, say=lambda _: None),
        run_id=f"replay{int(time.time())}",
        canary="replay",
        mail_folder=private / "mail",
        tracker_folder=private / "tracker",
        keep=lambda _: None,
        say=say,
    )


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"  {sentence}\n")


def exports(filled: dict[str, str]) -> str:
    """The shell lines that set the variables, whatever their values hold."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(filled.items()))


def find(verdict: Verdict, finding_id: str) -> Finding:
    """A finding by its id or its check. Raises UsageError when there is none."""
    for finding in verdict.findings:
        if finding_id in {finding.id, finding.check}:
            return finding
    known = ", ".join(finding.id for finding in verdict.findings) or "none"
    raise UsageError(f"run {verdict.run_id} has no finding {finding_id}; it has {known}")


def options_of(run: RunStarted) -> Options:
    """The options that lead to the same target again; the embedded service gets its old port if it is free."""
    if run.embedded:
        return Options(profile=run.profile, environment=run.environment, faults=run.faults, port=old_port(run.base_url))
    return Options(profile=run.profile, environment=run.environment, base_url=run.base_url)


def old_port(url: str) -> int:
    """The port of a URL when nobody listens there now, else 0."""
    port = urlsplit(url).port or 0
    with socket.socket() as probe:
        return 0 if probe.connect_ex(("127.0.0.1", port)) == 0 else port
