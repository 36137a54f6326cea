"""`python -m contracts`: holds the target of the run that started it to its OpenAPI document."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from contracts.depths import depth_of
from contracts.suite import SUITE, Suite, new_seed
from contracts.troupe import Troupe
from gonogo.budget import Budget
from gonogo.contracted import ContractPlan
from gonogo.hearing import TellingVault, teller
from gonogo.joined import joined_profile
from gonogo.journal import Journal
from gonogo.leftovers import remove
from gonogo.people import Cast
from gonogo.private_file import hold, keep
from gonogo.recorder import Recorder

PEOPLE = "contracts-people"


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"  {sentence}\n")
    sys.stderr.flush()


def main() -> None:
    """Join the run that the environment names, and do everything."""
    environ = os.environ
    profile, folder = joined_profile(environ), Path(environ["GONOGO_RUN"])
    plan = ContractPlan.from_text(environ.get("GONOGO_CONTRACTS", ""))
    vault = TellingVault(teller())
    vault.add(environ["GONOGO_CANARY"], "GONOGO_CANARY")
    vault.add_named(profile.secrets)
    journals = [Journal(folder / "evidence" / f"{name}.jsonl", vault.redact) for name in (SUITE, PEOPLE)]
    embedded = bool(environ.get("GONOGO_EMBEDDED"))
    cast = Cast(
        profile=profile,
        recorder=Recorder(journals[1], SUITE, profile),
        vault=vault,
        budget=Budget(profile.promises.limits, say=say, unlimited=profile.promises.unlimited),
        run_id=f"{folder.name}-contracts",  # whose addresses no other suite of this run calls from
        canary=environ["GONOGO_CANARY"],
        mail_folder=Path(environ["GONOGO_PRIVATE"]) / "mail",
        tracker_folder=Path(environ["GONOGO_PRIVATE"]) / "tracker",
        say=say,
        keep=lambda account: None if embedded else keep(folder.name, profile, account),
        hold=lambda one: None if embedded else hold(folder.name, profile, one),
    )
    troupe = Troupe(cast=cast)
    suite = Suite(
        recorder=Recorder(journals[0], SUITE, profile),
        troupe=troupe,
        depth=depth_of(plan),
        seed=new_seed() if plan.seed is None else plan.seed,
        say=say,
        shelf=folder.parent / "kept" / f"contracts-{profile.name}.json",
    )
    try:
        suite.run()
        if not embedded:
            troupe.wait_for(remove(cast))
    finally:
        troupe.close()
        for journal in journals:
            journal.close()


if __name__ == "__main__":
    main()
