"""
What happens around the people of a load, in Locust's own order: prepare, begin, finish.

One process of a load is its head (Locust's local runner or its master): it has the run, the people's sessions and the
evidence. Workers get their share of the sessions by message, and send what they measured with Locust's own reports.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust.runners import WorkerRunner

from gonogo.trouble import HarnessTrouble, UsageError
from load import worker
from load.abort import SHARE, share
from load.accounts import NAMED_BY, read_accounts
from load.head import Head
from load.house import House
from load.profiles import PROFILES, load_profile_named
from load.raw import writable
from load.shape import follow

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from locust.env import Environment

STOP_S = 15.0
USAGE, INCONCLUSIVE = 2, 20
HEADS: dict[int, Head] = {}


def add_arguments(parser: ArgumentParser) -> None:
    """What Locust's command line knows beside its own words."""
    group = parser.add_argument_group("gonogo", "what the load is, and who is put under it")
    named = os.environ.get("GONOGO_LOAD", "gate")
    group.add_argument("--load", default=named, metavar="NAME", help=f"one of {', '.join(PROFILES)} (default: {named})")
    group.add_argument("--target-profile", default="reference", metavar="NAME", help="a name in profiles/, or a file")
    group.add_argument("--target-environment", default="", metavar="NAME", help="one of the profile's environments")
    group.add_argument("--runs", default="", metavar="FOLDER", help="the folder of runs (default: runs/)")
    stop = "stop a load of whose last requests more than this share failed (default: 50%%)"
    group.add_argument("--abort-on", type=share, default=SHARE, metavar="SHARE", help=stop)
    lent = "a CSV of accounts (email,password or api_key) that people are, in place of new ones"
    group.add_argument("--accounts", default=os.environ.get(NAMED_BY, ""), metavar="FILE", help=lent)
    raw = "write each stream as a line of JSON into this folder, on each machine"
    group.add_argument("--raw", default="", metavar="FOLDER", help=raw)
    group.add_argument("--keep-going", action="store_true", help="do not stop a load that hurts the target")


def prepare(environment: Environment, **_: Any) -> None:  # noqa: ANN401  Locust passes more than we need
    """Be a worker, or have a run and people to send. Exits where that cannot be."""
    options: Any = environment.parsed_options
    try:
        if options.raw:
            writable(options.raw)
        if isinstance(environment.runner, WorkerRunner):
            worker.register(environment)
            return
        environment.stop_timeout = STOP_S
        if options.accounts:
            read_accounts(options.accounts)
            os.environ[NAMED_BY] = str(Path(options.accounts).resolve())
        plan = load_profile_named(options.load)
        house = House(words_of(options))
        head = HEADS[id(environment)] = Head(environment, plan, house)
        follow(environment, plan, head.search)
        head.have_people(options.num_users or plan.users)
    except UsageError as error:
        sys.stderr.write(f"gonogo: {error}\n")
        sys.exit(USAGE)
    except HarnessTrouble as trouble:
        sys.stderr.write(f"  {trouble}\n")
        sys.exit(head.close() if "head" in locals() else INCONCLUSIVE)


def words_of(options: Namespace) -> list[str]:
    """What the run's parent is told of Locust's own words."""
    words = ["--load", options.load, "--profile", options.target_profile]
    if options.host:
        words += ["--base-url", options.host]
    if options.runs:
        words += ["--runs", options.runs]
    if options.target_environment:
        words += ["--environment", options.target_environment]
    return words


def begin(environment: Environment, **_: Any) -> None:  # noqa: ANN401  the same
    """Begin to measure; the head hands out the people first."""
    if isinstance(environment.runner, WorkerRunner):
        worker.begin()
    else:
        HEADS[id(environment)].begin()


def finish(environment: Environment, **_: Any) -> None:  # noqa: ANN401  the same
    """Have it decided; the exit code is the verdict's."""
    if isinstance(environment.runner, WorkerRunner):
        environment.process_exit_code = 0
        return
    head = HEADS.get(id(environment))
    environment.process_exit_code = head.close() if head else INCONCLUSIVE
