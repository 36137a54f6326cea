"""
The command line: `python -m gonogo` and one of gate, judge, explain, diff, checks, replay, cleanup, doctor, and more.

Exit codes: 0 GO · 10 NO_GO · 11 NO_GO with a rollback trigger · 12 conditional GO under --strict ·
20 INCONCLUSIVE · 2 usage or profile · 130 interrupted. 1 is left to a crash of ours, so that a broken
harness never reads as a broken target.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console

import checks  # noqa: F401  the catalogue
from contracts.depths import depth_of
from contracts.depths import outline_of as contract_outline
from gonogo import leftovers
from gonogo.arguments import parse
from gonogo.attest import attest
from gonogo.attest import moment as until
from gonogo.baseline import accept
from gonogo.browsed import E2E
from gonogo.check import CATALOGUE
from gonogo.checklist import checklist
from gonogo.conclusion import conclude, judge_folder
from gonogo.contracted import CONTRACTS, ContractPlan
from gonogo.diff import compare, told
from gonogo.doctor import examine
from gonogo.embedded import ROOT, STAND_IN
from gonogo.explain import explain
from gonogo.gate import verify
from gonogo.loaded import LoadPlan
from gonogo.past_run import find_run, policy_for
from gonogo.plan import estimate, outlines, plan
from gonogo.profile import load_profile
from gonogo.replay import replay
from gonogo.rollback import hook_named, roll_back
from gonogo.run import LOAD, Options, opened, suites_of
from gonogo.trouble import HarnessTrouble, UsageError
from gonogo.weaker import weaker
from load.accounts import NAMED_BY, with_accounts
from load.funding import refuse_what_nobody_funds, sentences
from load.profiles import PROFILES, load_profile_named, outline_of
from reports import FORMATS, terminal

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from gonogo.profile import Profile
    from gonogo.published import Verdict

USAGE, INCONCLUSIVE, INTERRUPTED = 2, 20, 130


def main(words: list[str]) -> int:
    """Run one command; its exit code."""
    arguments = parse(words)
    try:
        return COMMANDS[arguments.command](arguments)
    except UsageError as error:
        return say(str(error), USAGE)
    except HarnessTrouble as trouble:
        return say(f"INCONCLUSIVE: {trouble}", INCONCLUSIVE)
    except KeyboardInterrupt:
        return say("interrupted", INTERRUPTED)


def say(sentence: str, code: int) -> int:
    """One sentence on standard error; the exit code."""
    sys.stderr.write(f"gonogo: {sentence}\n")
    return code


def gate(arguments: Namespace) -> int:
    """Verify a target and decide."""
    options = with_load(arguments.options)
    depth_of(options.contracts)
    if arguments.plan:
        return show_plan(options)
    refuse(options)
    hook = hook_named(profile_of(options), options.rollback_hook) if options.rollback_hook else None
    with opened(options, CATALOGUE) as run:
        sys.stderr.write(
            f"gonogo {run.id}: {run.profile.name} at {run.profile.origins.api} ({run.profile.environment})\n"
        )
        verify(run)
        verdict = conclude(run, FORMATS)
    code = show(verdict, f"\nReport: {run.folder / 'report.html'}\n")
    if hook and options.rollback_hook:
        say(roll_back(verdict.action, options.rollback_hook, hook, run.folder, run.profile.origins.api), code)
    return code


def with_load(options: Options) -> Options:
    """The options with what is known of their load profile. Raises UsageError for one that there is not."""
    found = load_profile_named(options.load.name)
    plan = LoadPlan(name=found.name, users=found.users, seconds=found.seconds, judges=found.judges)
    return replace(options, load=plan)


def refuse(options: Options) -> None:
    """Raise UsageError for a load that nobody funds."""
    profile = with_accounts(profile_of(options), os.environ.get(NAMED_BY, ""))
    if LOAD in suites_of(options, profile):
        refuse_what_nobody_funds(profile, load_profile_named(options.load.name))


def show(verdict: Verdict, end: str = "") -> int:
    """Show a verdict; its exit code stands, also when whoever reads has seen enough and closes the pipe."""
    try:
        terminal.show(verdict, Console(highlight=False))
        sys.stdout.write(end)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # rich ends the program for a closed pipe, with 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return verdict.exit_code


def show_plan(options: Options) -> int:
    """Print what a run would do and cost, and send nothing."""
    profile = profile_of(options)
    suites = suites_of(options, profile)
    scenarios = [one for suite in suites for one in outlines(ROOT / suite, suite)]
    if LOAD in suites:
        scenarios.append(outline_of(load_profile_named(options.load.name)))
    if CONTRACTS in suites:
        scenarios.append(contract_outline(options.contracts))
    cost, planned = estimate(profile, scenarios), plan(CATALOGUE, profile, suites)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{profile.name} at {profile.origins.api}, environment {profile.environment}")
    console.print(
        f"{sum(not one.skip for one in planned)} checks, about {cost.requests} requests, {cost.messages} messages "
        f"to the model, {cost.minutes} min; effects: {', '.join(cost.effects)}"
    )
    lent = with_accounts(profile, os.environ.get(NAMED_BY, ""))
    for sentence in sentences(lent, load_profile_named(options.load.name)) if LOAD in suites else ():
        console.print(sentence)
    for scenario in cost.scenarios:
        console.print(f"\n{scenario.id}: {scenario.title}")
        for one in planned:
            if one.scenario == scenario.id:
                console.print(f"  {one.severity:8} {one.check}{f'  (skip: {one.skip})' if one.skip else ''}")
    refuse(options)
    return 0


def profile_of(options: Options) -> Profile:
    """The profile as a run would see it; secrets that only a running service has are stood in for."""
    environ = {**STAND_IN, **os.environ} if options.embedded else os.environ
    return load_profile(options.profile, environ, base_url=options.base_url, environment=options.environment)


def documented() -> Profile:
    """The reference profile, as documentation shows it."""
    return load_profile("reference", STAND_IN, base_url="https://chat.example.com", environment="staging")


def judge(arguments: Namespace) -> int:
    """Judge a run again; the same run and policy give the same bytes."""
    folder = find_run(arguments.runs, arguments.run)
    verdict = judge_folder(folder, policy_for(folder, arguments.profile))
    if arguments.json:
        sys.stdout.write(verdict.model_dump_json(by_alias=True, indent=2) + "\n")
        return verdict.exit_code
    return show(verdict)


def explain_run(arguments: Namespace) -> int:
    """Say in ten lines at most why a run's verdict is what it is."""
    folder = find_run(arguments.runs, arguments.run)
    verdict = judge_folder(folder, policy_for(folder, arguments.profile))
    sys.stdout.write(explain(verdict) + "\n")
    return 0


def diff(arguments: Namespace) -> int:
    """Say what changed between two runs, each judged under its own policy; it decides nothing."""
    folders = [find_run(arguments.runs, name) for name in (arguments.before, arguments.after)]
    policies = [policy_for(folder, None) for folder in folders]
    verdicts = [judge_folder(folder, policy) for folder, policy in zip(folders, policies, strict=True)]
    own = {one.id: one.severity for one in CATALOGUE.values()}
    difference = compare(verdicts[0], verdicts[1], weaker(policies[0], policies[1], own))
    sys.stdout.write((difference.model_dump_json(indent=2) if arguments.json else told(difference)) + "\n")
    return 0


def list_checks(arguments: Namespace) -> int:
    """List the catalogue, or print the checklist that is made of it."""
    if arguments.checklist:
        others = (outline_of(PROFILES["smoke"]), contract_outline(ContractPlan()), *outlines(ROOT / E2E, E2E))
        sys.stdout.write(checklist(CATALOGUE, (*outlines(ROOT / "smoke", "smoke"), *others), documented()))
        return 0
    if arguments.json:
        rows = [
            {"id": one.id, "severity": one.severity, "scenarios": sorted(one.scenarios)} for one in CATALOGUE.values()
        ]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return 0
    console = Console(highlight=False, soft_wrap=True)
    for one in sorted(CATALOGUE.values(), key=lambda check: check.id):
        console.print(f"{one.severity:8} {one.id:32} {', '.join(sorted(one.scenarios)):24} {one.claim}")
    return 0


def replay_finding(arguments: Namespace) -> int:
    """Send a finding's requests again, signed in afresh."""
    folder = find_run(arguments.runs, arguments.run)
    verdict = judge_folder(folder, policy_for(folder, None))
    return replay(folder, verdict, arguments.finding, hold=arguments.hold)


def accept_baseline(arguments: Namespace) -> int:
    """Draft waivers for what a run's contract suite found, and leave out what is fixed."""
    folder = find_run(arguments.runs, arguments.run)
    return accept(judge_folder(folder, policy_for(folder, None)), arguments, CATALOGUE, sys.stdout.write)


def attest_fact(arguments: Namespace) -> int:
    """Attest a fact from outside."""
    one = attest(arguments.runs, arguments.id, arguments.file, arguments.build, arguments.expires)
    sys.stdout.write(f"{one.id} is attested {one.told()}, until {until(one.expires_at)}\n")
    return 0


def cleanup(arguments: Namespace) -> int:
    """Remove what crashed runs left on their targets."""
    return leftovers.clean(arguments.older_than)


def doctor(arguments: Namespace) -> int:
    """Say what is wrong with a profile, a target, or this machine, a sentence each."""
    return examine(arguments.options, sys.stdout.write)


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "gate": gate,
    "judge": judge,
    "explain": explain_run,
    "diff": diff,
    "checks": list_checks,
    "replay": replay_finding,
    "accept-baseline": accept_baseline,
    "attest": attest_fact,
    "cleanup": cleanup,
    "doctor": doctor,
}

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # how CI ends a job: an interrupt, with its verdict
    sys.exit(main(sys.argv[1:]))
