"""Accounts of a running reference service that are lent to whoever verifies it, and what is left in its database."""

import json
import os
import signal
import sqlite3
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.gate.gates import Gate, Ran, gate_in, until
from tests.gate.long_runs import SHARED, Place, reference_service

NAMES = ("ada", "ben")
LENT = {
    **SHARED,
    **{f"GONOGO_EMAIL_{number}": f"{name}@example.com" for number, name in enumerate(NAMES)},
    **{f"GONOGO_PASSWORD_{number}": f"correct-horse-battery-{name}" for number, name in enumerate(NAMES)},
}
NEW_ACCOUNTS = ("signup", "verify_email", "delete_account")
PARTS = "features or payment or counted or no_link"
THINGS = ("users", "conversations", "projects", "uploads")


def lend(place: Place) -> Mapping[str, str]:
    """Make two verified accounts; the environment that names them."""
    trust = ssl.create_default_context(cafile=str(place.ca_file))
    for number in range(len(NAMES)):
        who = {"email": LENT[f"GONOGO_EMAIL_{number}"], "password": LENT[f"GONOGO_PASSWORD_{number}"]}
        httpx.post(f"{place.service.url}/auth/signup", json={**who, "name": ""}, verify=trust).raise_for_status()
        sign_in_proves(place, who["email"])
    return LENT


def sign_in_proves(place: Place, email: str) -> None:
    """Let an address count as proven, as if its mail had been read."""
    with closing(sqlite3.connect(database(place))) as db, db:
        db.execute("UPDATE users SET verified_at = created_at WHERE email = ?", (email,))


def database(place: Place) -> Path:
    """The service's database."""
    return place.ca_file.parent.parent / "chat.db"


def left(place: Place) -> dict[str, int]:
    """How many things of each kind there are."""
    with closing(sqlite3.connect(database(place))) as db:
        return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in THINGS}  # noqa: S608  our own names


def lent_profile(place: Place, path: Path, number: int) -> Path:
    """The profile of one of the two who verify it, with the accounts that are lent."""
    document: dict[str, Any] = yaml.safe_load(place.profile(path, number).read_text(encoding="utf-8"))
    identity = document["identity"]
    del identity["email_domain"], document["mail"]
    identity["sign_up"] = "accounts"
    identity["accounts"] = [
        {"email": f"${{GONOGO_EMAIL_{one}}}", "password": f"${{GONOGO_PASSWORD_{one}}}"} for one in range(len(NAMES))
    ]
    del document["means"]["small_quota"]
    document["absent"] = {"sign_up": "members are made by the administrator"}
    document["operations"] = {name: one for name, one in document["operations"].items() if name not in NEW_ACCOUNTS}
    document["public"] = [name for name in document["public"] if name not in NEW_ACCOUNTS] + [
        "/auth/signup",
        "/auth/verify",
    ]
    for limit in document["promises"]["limits"]:
        if limit["operations"] != "*":
            limit["operations"] = [name for name in limit["operations"] if name not in NEW_ACCOUNTS]
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@dataclass(frozen=True, kw_only=True)
class Lent:
    """
    What came of gates that used the same lent accounts one after another, and what each left in the database.

    Two were at once, one was killed and one came right after it, one was interrupted; at last came the cleanup.
    """

    pair: tuple[Ran, Ran]
    after_pair: dict[str, int]
    killed: dict[str, int]
    again: Ran
    interrupted: Ran
    after_interrupt: dict[str, int]
    cleanup: Ran
    after_cleanup: dict[str, int]


def lent_runs(folder: Path) -> Lent:
    """Let gates use the same accounts at once, after a crash and after an interrupt, at one service."""
    with reference_service(folder) as place:
        environ = lend(place)
        at = ("--base-url", place.service.url, "-k", PARTS, "--profile")
        profiles = [str(lent_profile(place, folder / f"{number}.json", number)) for number in range(2)]
        with gate_in(folder / "runs", environ) as ours, gate_in(folder / "others", environ) as theirs:
            first, second = ours.begin(*at, profiles[0]), theirs.begin(*at, profiles[1])
            pair, after_pair = (first.wait(), second.wait()), left(place)
            killed = kill(ours, place, *at, profiles[0])
            again = ours(*at, profiles[0])
            interrupted = interrupt(ours, place, *at, profiles[0])
            after_interrupt = left(place)
            cleanup = ours.start("gonogo", "cleanup").wait()
            return Lent(
                pair=pair,
                after_pair=after_pair,
                killed=killed,
                again=again,
                interrupted=interrupted,
                after_interrupt=after_interrupt,
                cleanup=cleanup,
                after_cleanup=left(place),
            )


def kill(gate: Gate, place: Place, *options: str) -> dict[str, int]:
    """Kill a gate once it has made something; what it leaves."""
    before = left(place)
    started = gate.begin(*options)
    until(lambda: left(place)["conversations"] > before["conversations"] + 2)
    started.process.kill()
    assert started.gone()
    return left(place)


def interrupt(gate: Gate, place: Place, *options: str) -> Ran:
    """Interrupt a gate once it has made something."""
    before = left(place)
    started = gate.begin(*options)
    until(lambda: left(place)["conversations"] > before["conversations"] + 2)
    os.killpg(started.process.pid, signal.SIGINT)
    return started.wait()
