"""What the operator's requests are told to curl as can be pasted: secrets stand there as variables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gonogo.budget import Budget
from gonogo.journal import Journal
from gonogo.member import Member
from gonogo.people import Cast
from gonogo.recorder import Recorder
from gonogo.redaction import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machinery.conftest import Describe, Reply, Serve

TOKEN = "operator-only-for-tests"
SECRETS = {"GONOGO_OPERATOR_TOKEN": TOKEN}
METRICS = {"method": "GET", "path": "/metrics", "expect": [200], "credential": "operator"}


async def test_the_operators_token_is_a_variable(
    serve: Serve, reply: Reply, describe: Describe, tmp_path: Path
) -> None:
    """A shell fills the variable: it stands outside of the single quotes."""
    service = serve(reply(200, b"up 1\n"))
    operator = {"headers": {"Authorization": "Bearer ${GONOGO_OPERATOR_TOKEN}"}}
    profile = describe(service.url, SECRETS, operations={"metrics": METRICS}, operator=operator)
    vault = Vault()
    vault.add(TOKEN, "GONOGO_OPERATOR_TOKEN")
    journal = Journal(tmp_path / "smoke.jsonl", vault.redact)
    cast = Cast(
        profile=profile,
        recorder=Recorder(journal, "smoke", profile),
        vault=vault,
        budget=Budget(()),
        run_id="run-1",
        canary="canary-0123",
        mail_folder=tmp_path,
        tracker_folder=tmp_path,
        keep=lambda _: None,
        say=lambda _: None,
    )
    await Member(cast.person("anybody"), cast, "monitoring").do("metrics")
    await cast.close()
    journal.close()
    lines = [json.loads(line) for line in (tmp_path / "smoke.jsonl").read_text().splitlines()]
    curl = next(line["curl"] for line in lines if "curl" in line)
    assert """-H 'Authorization: Bearer '"$GONOGO_OPERATOR_TOKEN\"""" in curl
    assert service.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
