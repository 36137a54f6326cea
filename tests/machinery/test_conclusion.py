"""What is published is judged from disk, was scanned before, and appears whole; a finished run can be found again."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from gonogo.__main__ import main
from gonogo.check import CATALOGUE
from gonogo.conclusion import conclude, files_with, judge_folder, last_moment, vault_of
from gonogo.evidence import Evidence, Fact
from gonogo.journal import Journal, read_evidence
from gonogo.past_run import find_run, policy_for, started
from gonogo.policy import Policy
from gonogo.published import Decision
from gonogo.run import Options, Run, opened, policy_of, write_policy
from gonogo.trouble import UsageError
from reports import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gonogo.published import Verdict
    from tests.machinery.conftest import Describe

    Begin = Callable[..., Run]

SMALL = {
    "verdict.json": lambda verdict, _: verdict.model_dump_json(by_alias=True),
    "report.txt": lambda verdict, evidence: f"{verdict.verdict} {[fact.name for fact in evidence.of(Fact)]}",
}


@pytest.fixture
def begin(describe: Describe, tmp_path: Path, nowhere: str) -> Iterator[Begin]:
    """Open a run that never looks at anything."""
    with ExitStack() as stack:

        def begun(**options: Any) -> Run:  # noqa: ANN401  fields of Options
            profile = describe(nowhere)
            asked = Options(profile=str(profile.path), base_url=nowhere, runs=tmp_path / "runs", **options)
            return stack.enter_context(opened(asked, CATALOGUE))

        yield begun


def test_what_was_not_looked_at_is_inconclusive(begin: Begin) -> None:
    """A run in which nothing happened proves nothing, and every format says so."""
    run = begin()
    verdict = conclude(run, FORMATS)
    assert (verdict.verdict, verdict.exit_code) == (Decision.INCONCLUSIVE, 20)
    assert {path.name for path in run.folder.iterdir()} == {*FORMATS, "evidence", "policy.json"}
    published = json.loads((run.folder / "verdict.json").read_text(encoding="utf-8"))
    assert published["verdict"] == "INCONCLUSIVE"
    assert all(one.trouble is None for one in read_evidence(run.folder).journals)


def test_the_same_run_gives_the_same_bytes(begin: Begin) -> None:
    """Judging what is on disk again gives what was published."""
    run = begin(strict=True)
    verdict = conclude(run, SMALL)
    again = judge_folder(run.folder, policy_for(run.folder, None))
    assert again == verdict
    assert (run.folder / "verdict.json").read_text(encoding="utf-8") == again.model_dump_json(by_alias=True)
    assert (run.folder / "report.txt").read_text(encoding="utf-8") == "INCONCLUSIVE ['redaction']"


def test_reports_are_scanned_before_they_are_published(begin: Begin) -> None:
    """A planted secret in a report keeps that report back, and makes the run inconclusive."""
    run = begin()
    verdict = conclude(run, {**SMALL, "leaky.html": lambda *_: f"<p>{run.canary}</p>"})
    assert sorted(path.name for path in run.folder.glob("*.*")) == ["policy.json", "verdict.json"]
    (fact,) = read_evidence(run.folder).of(Fact)
    assert (fact.name, fact.state) == ("redaction", "bad")
    assert fact.detail == (
        "a secret stood in .aside/leaky.html; it is masked, and no report but verdict.json is published"
    )
    assert verdict.verdict is Decision.INCONCLUSIVE
    assert files_with(vault_of(run), run.folder) == []


def test_evidence_is_scanned_too(begin: Begin) -> None:
    """A planted secret in whatever a suite wrote is found, plain or encoded."""
    run = begin()
    (run.folder / "smoke.log").write_text(f"token={run.canary}", encoding="utf-8")
    conclude(run, SMALL)
    assert "smoke.log" in read_evidence(run.folder).of(Fact)[0].detail


def test_what_a_suite_learnt_is_masked(begin: Begin) -> None:
    """What a suite knew too late to be a secret stays in no file; its journal is whole, and the run inconclusive."""
    run = begin()
    token = "eyJhbGciOiJIUzI1NiJ9.payload.signature"
    journal = Journal(run.folder / "evidence" / "smoke.jsonl")
    journal.write(Fact(name="early", state="ok", detail=f"odd={quote(token)} {b64encode(token.encode()).decode()}"))
    journal.close()
    (run.folder / "smoke.log").write_text(f"E   assert '{token}'", encoding="utf-8")
    run.learn(token, "GONOGO_TOKEN")
    verdict = conclude(run, SMALL)
    assert verdict.verdict is Decision.INCONCLUSIVE
    assert files_with(vault_of(run), run.folder) == []
    assert (run.folder / "smoke.log").read_text(encoding="utf-8") == "E   assert '$GONOGO_TOKEN'"
    assert {one.name: one.trouble for one in read_evidence(run.folder).journals} == {
        "gate": None,
        "plan": None,
        "smoke": None,
    }
    assert not (run.folder / "report.txt").exists()


def test_a_verdict_holds_no_secret_either(begin: Begin) -> None:
    """The one file that is still published is masked when a secret would stand in it."""
    run = begin()
    conclude(run, {"verdict.json": lambda *_: f'{{"x": "{run.canary}"}}'})
    assert (run.folder / "verdict.json").read_text(encoding="utf-8") == '{"x": "$GONOGO_CANARY"}'


def test_a_torn_journal_stays_torn(begin: Begin) -> None:
    """Masking does not make whole what was not."""
    run = begin()
    path = run.folder / "evidence" / "smoke.jsonl"
    path.write_text(f'{{"seq": 0, "kind": "fact", "name": "{run.canary}', encoding="utf-8")
    conclude(run, SMALL)
    assert files_with(vault_of(run), run.folder) == []
    (smoke,) = [one for one in read_evidence(run.folder).journals if one.name == "smoke"]
    assert smoke.trouble == "line 1 is torn or not a record"


def test_a_plain_word_is_no_secret(begin: Begin) -> None:
    """A cookie may hold a word that our own files hold; that is no leak."""
    run = begin()
    run.learn("authentication", "GONOGO_COOKIE_TAB")
    assert conclude(run, SMALL)
    assert [fact.state for fact in read_evidence(run.folder).of(Fact)] == ["ok"]


def test_what_the_profile_took_is_scanned_for(
    describe: Describe, tmp_path: Path, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile's secrets are looked for in every file, also encoded; the target's address is no secret."""
    monkeypatch.setenv("GONOGO_OPERATOR", "operator-abcdef")
    monkeypatch.setenv("GONOGO_TARGET", nowhere)
    access = {"headers": {"X-Access": "${GONOGO_OPERATOR}", "X-Target": "${GONOGO_TARGET}"}}
    profile = describe(nowhere, dict(os.environ), access=access)
    asked = Options(profile=str(profile.path), base_url=nowhere, runs=tmp_path / "runs")
    with opened(asked, CATALOGUE) as run:
        assert files_with(vault_of(run), run.folder) == []
        encoded = b64encode(b"user:operator-abcdef").decode()
        (run.folder / "smoke.log").write_text(f"Basic {encoded}", encoding="utf-8")
        conclude(run, SMALL)
    assert "a secret stood in smoke.log" in read_evidence(run.folder).of(Fact)[0].detail


def test_a_format_that_breaks_publishes_nothing(begin: Begin) -> None:
    """A report that cannot be made is our crash; no verdict stands there as if all were well."""

    def broken(_verdict: Verdict, _evidence: Evidence) -> str:
        raise KeyError("ours")

    run = begin()
    with pytest.raises(KeyError):
        conclude(run, {**SMALL, "z.html": broken})
    assert not (run.folder / "verdict.json").exists()


def test_a_run_that_was_not_published_is_no_go(begin: Begin) -> None:
    """A run whose verdict nobody was told is never a GO when it is judged later, however whole its evidence is."""
    run = begin()
    conclude(run, SMALL)
    published = judge_folder(run.folder, policy_for(run.folder, None))
    (run.folder / "verdict.json").unlink()
    left = judge_folder(run.folder, policy_for(run.folder, None))
    assert "fact published is ok" not in published.would_change_if
    assert "fact published is ok" in left.would_change_if
    assert left.verdict is Decision.INCONCLUSIVE


def test_a_policy_is_there_before_any_evidence(tmp_path: Path) -> None:
    """A run is found only once it has its policy, which appears whole."""
    write_policy(tmp_path, Policy(major_budget=7))
    assert [path.name for path in tmp_path.iterdir()] == ["policy.json"]
    with pytest.raises(UsageError, match="there is no run"):
        find_run(tmp_path, str(tmp_path))
    assert policy_for(tmp_path, None).major_budget == 7


def test_a_run_is_as_old_as_its_last_fact() -> None:
    """Judging looks at no clock."""
    assert last_moment(Evidence()) == 0.0


# -- past runs --------------------------------------------------------------------------------------


def test_a_run_is_found(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is found by its id, as the latest, and by its path."""
    run = begin()
    runs = run.options.runs
    assert find_run(runs, run.id) == find_run(runs, "latest") == find_run(runs, str(run.folder)) == run.folder.resolve()
    monkeypatch.chdir(run.folder.parent)
    assert find_run(Path("elsewhere"), run.id) == run.folder.resolve()
    with pytest.raises(UsageError, match="there is no run nothing in"):
        find_run(runs, "nothing")


def test_how_a_run_was_started(begin: Begin, tmp_path: Path) -> None:
    """A run's plan says which target it was about; a folder without one does not."""
    run = begin()
    assert started(run.folder).run_id == run.id
    (tmp_path / "empty" / "evidence").mkdir(parents=True)
    with pytest.raises(UsageError, match="holds no plan"):
        started(tmp_path / "empty")
    (tmp_path / "empty" / "evidence" / "plan.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="holds no plan"):
        started(tmp_path / "empty")


def test_under_which_policy(begin: Begin, tmp_path: Path) -> None:
    """A run is judged under its own policy, or under another profile's; without either nobody knows."""
    run = begin(strict=True)
    assert policy_for(run.folder, None) == policy_of(run.profile, strict=True)
    assert policy_for(run.folder, str(run.profile.path)) == policy_of(run.profile, strict=False)
    assert isinstance(policy_for(run.folder, None), Policy)
    with pytest.raises(UsageError, match=r"holds no policy\.json; name a profile with --profile"):
        policy_for(tmp_path, None)


def test_the_latest_is_always_there(begin: Begin) -> None:
    """The link moves from one run to the next without a moment in between, and leaves nothing behind."""
    first = begin()
    second = begin()
    assert find_run(first.options.runs, "latest") == second.folder.resolve()
    assert sorted(path.name for path in first.options.runs.iterdir()) == sorted([first.id, second.id, "latest"])


def test_two_runs_side_by_side(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says what changed between two runs, and what became weaker between their policies."""
    first, second = begin(strict=True), begin()
    for run in (first, second):
        conclude(run, SMALL)
    runs = str(first.folder.parent)

    assert main(["diff", first.id, second.id, "--runs", runs]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{first.id}: INCONCLUSIVE, build unknown",
        f"{second.id}: INCONCLUSIVE, build unknown",
        "these runs were judged under two policies",
        "weaker now: a conditional GO ended with exit code 12, and ends with 0",
        f"executed 0 to 0, planned {planned_in(first)} to {planned_in(second)}",
        "0 regressed, 0 new, 0 newly not-run, 0 persistent, 0 fixed",
    ]
    assert main(["diff", first.id, second.id, "--runs", runs, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["regressed"] == 0
    assert main(["diff", "none", "--runs", runs]) == 2


def planned_in(run: Run) -> int:
    """How many checks were planned."""
    return judge_folder(run.folder, policy_for(run.folder, None)).planned
