"""The words of the command line, read into options."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import NoReturn

from gonogo import __version__
from gonogo.contracted import ContractPlan
from gonogo.embedded import ROOT
from gonogo.loaded import LoadPlan
from gonogo.plan import SUITES
from gonogo.run import FAULT_ELSEWHERE, Options

ACCEPTS = "draft waivers for what a run's contract suite found"
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence, without the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2."""
        self.exit(2, f"gonogo: {message} (see {self.prog} --help)\n")


def parse(words: list[str]) -> argparse.Namespace:
    """
    Read the command line. What `gate` does not know goes on to pytest.

    Exits with 2 and one sentence when the words make no sense.
    """
    parser = command_line()
    arguments, rest = parser.parse_known_args(words)
    rest = [word for word in rest if word != "--"]
    if rest and arguments.command != "gate":
        parser.error(f"'{arguments.command}' does not take {' '.join(rest)}")
    if arguments.command in {"gate", "doctor"}:
        if arguments.fault and arguments.base_url is not None:
            parser.error(FAULT_ELSEWHERE)
        if arguments.expect_build == "":
            parser.error("the expected build is empty: name one with --expect-build, or unset GONOGO_EXPECT_BUILD")
        if arguments.wait_for_build and arguments.expect_build is None:
            parser.error("--wait-for-build needs --expect-build")
        arguments.options = options_of(arguments, rest)
    return arguments


def options_of(arguments: argparse.Namespace, rest: list[str]) -> Options:
    """The options of a run."""
    return Options(
        profile=arguments.profile,
        base_url=arguments.base_url,
        environment=arguments.environment,
        suites=tuple(dict.fromkeys(arguments.suite)),
        faults=tuple(arguments.fault),
        expect_build=arguments.expect_build,
        wait_for_build_s=arguments.wait_for_build,
        strict=arguments.strict,
        rollback_hook=arguments.execute_rollback,
        runs=arguments.runs,
        suite_args=tuple(rest),
        load=LoadPlan(name=arguments.load),
        contracts=ContractPlan(depth=arguments.depth, seed=arguments.seed, max_examples=arguments.max_examples),
        lend=arguments.lend,
    )


def command_line() -> Parser:
    """Every command and its options."""
    parser = Parser("gonogo", description="Is the deployment good? GO, NO_GO or INCONCLUSIVE.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"gonogo {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, sentence in (("gate", "verify a target and decide"), ("doctor", "say what is wrong, a sentence each")):
        command = commands.add_parser(name, help=sentence, allow_abbrev=False)
        add_run_options(command)
    for name, sentence in (("judge", "judge a run again"), ("explain", "say why, in ten lines at most")):
        command = commands.add_parser(name, help=sentence, allow_abbrev=False)
        command.add_argument("run", nargs="?", default="latest", help="a run's id or folder (default: the latest)")
        command.add_argument("--profile", help="judge under another profile's policy")
        command.add_argument("--json", action="store_true", help="print verdict.json")
        add_runs(command)
    two = commands.add_parser("diff", help="say what changed between two runs", allow_abbrev=False)
    two.add_argument("before", help="a run's id or folder")
    two.add_argument("after", nargs="?", default="latest", help="another's (default: the latest)")
    two.add_argument("--json", action="store_true", help="as JSON")
    add_runs(two)
    listing = commands.add_parser("checks", help="list the catalogue of checks", allow_abbrev=False)
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.add_argument("--checklist", action="store_true", help="as docs/checklist.md")
    again = commands.add_parser("replay", help="send a finding's requests again, signed in afresh", allow_abbrev=False)
    again.add_argument("run", help="a run's id or folder")
    again.add_argument("finding", help="a finding's id, such as F1")
    again.add_argument("--hold", action="store_true", help="print the variables, and keep the target up until Enter")
    add_runs(again)
    add_accepting(commands.add_parser("accept-baseline", help=ACCEPTS, allow_abbrev=False))
    outside = commands.add_parser("attest", help="attest a fact from outside, for a build", allow_abbrev=False)
    outside.add_argument("id", help="what is so, such as build-passed")
    outside.add_argument("--file", type=Path, required=True, help="what shows it; a copy is kept")
    outside.add_argument("--build", required=True, help="of which build")
    outside.add_argument("--expires", type=seconds, default=86400.0, metavar="24h", help="how long it holds (24h)")
    add_runs(outside)
    clean = commands.add_parser("cleanup", help="remove the accounts that crashed runs left", allow_abbrev=False)
    clean.add_argument("--older-than", type=seconds, default=0.0, metavar="1h", help="only of runs older than this")
    return parser


def add_accepting(command: argparse.ArgumentParser) -> None:
    """Who accepts what a run's contract suite found, and where that is written."""
    command.add_argument("run", nargs="?", default="latest", help="a run's id or folder (default: the latest)")
    command.add_argument("--file", type=Path, required=True, help="the file of waivers, which is written anew")
    for name, sentence in (("reason", "why it may stay for now"), ("owner", "who mends it")):
        command.add_argument(f"--{name}", required=True, help=sentence)
    command.add_argument("--approver", required=True, help="who accepted it; another person than the owner")
    command.add_argument("--ticket", required=True, help="where the work is tracked")
    command.add_argument("--days", type=int, default=14, metavar="N", help="for how long it holds (default: 14)")
    add_runs(command)


def add_run_options(command: argparse.ArgumentParser) -> None:
    """The options of a run."""
    command.add_argument("--base-url", help="the target's URL (default: the reference service is started)")
    command.add_argument("--profile", default="reference", help="a name in profiles/, or a file (default: reference)")
    command.add_argument("--environment", help="one of the profile's environments (default: by host, else production)")
    command.add_argument(
        "--suite", action="append", default=[], choices=SUITES, help="only this suite; may be repeated"
    )
    command.add_argument("--lend", action="store_true", help=argparse.SUPPRESS)
    command.add_argument("--load", default="smoke", metavar="NAME", help="the load profile (default: smoke)")
    command.add_argument(
        "--depth", default="gate", metavar="NAME", help="of the contract suite: quick, gate or deep (default: gate)"
    )
    command.add_argument("--seed", type=int, metavar="N", help="of the contract suite (default: another each time)")
    command.add_argument("--max-examples", type=int, metavar="N", help="of the contract suite, for each operation")
    command.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="a fault for the embedded service"
    )
    command.add_argument(
        "--expect-build", metavar="ID", default=os.environ.get("GONOGO_EXPECT_BUILD"), help="the build that must answer"
    )
    command.add_argument("--wait-for-build", type=seconds, default=0.0, metavar="300s", help="how long it may take to")
    command.add_argument("--strict", action="store_true", help="a conditional GO exits with 12")
    command.add_argument(
        "--execute-rollback", metavar="HOOK", help="run this hook of the profile if a rollback trigger fires"
    )
    command.add_argument("--plan", action="store_true", help="print what would be done and what it costs; send nothing")
    add_runs(command)


def add_runs(command: argparse.ArgumentParser) -> None:
    """Where runs are kept."""
    command.add_argument("--runs", type=Path, default=ROOT / "runs", help="the folder of runs (default: runs/)")


def seconds(text: str) -> float:
    """Read a duration such as 300s, 5m or 1h."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write 300s, 5m or 1h")
    return float(found.group(1)) * UNITS[found.group(2) or "s"]
