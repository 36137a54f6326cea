"""
From evidence to what is published.

Order of work: judge, render aside, scan every file, mask what must not stand there, judge again; `verdict.json`
is written last, atomically. Whoever finds it finds a whole run.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from gonogo.evidence import Evidence, Fact, JournalRead, RunStarted
from gonogo.journal import mask, read_evidence
from gonogo.published import Verdict
from gonogo.redaction import Vault
from gonogo.run import REDACTION, policy_of
from gonogo.verdict import judge

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.policy import Policy
    from gonogo.run import Run

Formats = Mapping[str, Callable[[Verdict, Evidence], str]]
LAST = "verdict.json"
LEAST = 16  # 64 bits in hexadecimal, the least that a session's id may have (OWASP, Session Management)


def conclude(run: Run, formats: Formats) -> Verdict:
    """Decide, publish, and return the verdict that was published."""
    policy = policy_of(run.profile, strict=run.options.strict)
    moment = time.time()
    aside = run.folder / ".aside"
    clean = Fact(name=REDACTION, state="ok", detail="no secret in any file of the run", at=moment)
    supposed = supposing(read_evidence(run.folder), clean)
    render(judge(supposed, policy, None, moment), supposed, formats, aside)
    vault = vault_of(run)
    leaks = files_with(vault, run.folder)
    found = clean if not leaks else leaked(leaks, moment)
    run.recorder.write(found)
    run.recorder.journal.close()
    if leaks:
        shutil.rmtree(aside)
        mask_all(vault, run.folder, leaks)
        formats = {LAST: without(vault, formats[LAST])}
    verdict = judge_evidence(read_evidence(run.folder), policy)
    render(verdict, read_evidence(run.folder), formats, aside)
    publish(aside, run.folder)
    return verdict


def supposing(evidence: Evidence, fact: Fact) -> Evidence:
    """The evidence as it will be when the parent's journal is closed with this fact."""
    return Evidence(
        journals=tuple(
            replace(journal, records=(*journal.records, fact), trouble=None) if journal.name == "gate" else journal
            for journal in evidence.journals
        )
    )


def leaked(files: list[str], moment: float) -> Fact:
    """The fact that a secret stood in files of the run; their reports are not published."""
    detail = f"a secret stood in {', '.join(files)}; it is masked, and no report but {LAST} is published"
    return Fact(name=REDACTION, state="bad", detail=detail, at=moment)


def vault_of(run: Run) -> Vault:
    """
    The secrets that no file of a run may hold: the planted one, what the profile took, what the suites learnt.

    The target's own address is none, wherever it was taken from: the plan names it. What the target gave counts when
    it is long enough to be one: a cookie may hold a plain word, which our own files hold too.
    """
    vault = Vault()
    vault.add(run.canary, "GONOGO_CANARY")
    vault.add_named(
        {name: value for name, value in run.profile.secrets.items() if value not in run.profile.origins.api}
    )
    for value, name in run.learned.items():
        if len(value) >= LEAST:
            vault.add(value, name)
    return vault


def files_with(vault: Vault, folder: Path) -> list[str]:
    """The files of a run in which a secret stands, plainly or encoded."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [str(path.relative_to(folder)) for path in files if vault.found_in(path.read_bytes())]


def mask_all(vault: Vault, folder: Path, names: list[str]) -> None:
    """Put a secret's name in its place in every file that is left of these; a file that keeps it cannot stay."""
    for path in (folder / name for name in names if (folder / name).exists()):
        if path.suffix == ".jsonl":
            mask(path, vault.redact)
        else:
            path.write_text(vault.redact(path.read_bytes().decode(errors="replace")), encoding="utf-8")
        if vault.found_in(path.read_bytes()):
            path.unlink()


def without(vault: Vault, form: Callable[[Verdict, Evidence], str]) -> Callable[[Verdict, Evidence], str]:
    """A format whose text holds no secret."""
    return lambda verdict, evidence: vault.redact(form(verdict, evidence))


def judge_folder(folder: Path, policy: Policy) -> Verdict:
    """Judge a run that is over: the same bytes whenever it is done."""
    return judge_evidence(as_left(folder), policy)


def judge_evidence(evidence: Evidence, policy: Policy) -> Verdict:
    """Judge as of the last thing written down."""
    return judge(evidence, policy, None, last_moment(evidence))


def as_left(folder: Path) -> Evidence:
    """
    What a run left on disk, and that it published no verdict, if so.

    Whoever is killed between the last record and the verdict leaves whole journals, and yet nobody was told.
    """
    found = read_evidence(folder)
    if (folder / LAST).is_file():
        return found
    fact = Fact(name="published", state="unknown", detail=f"the run ended before its {LAST} was there")
    return Evidence(journals=(*found.journals, JournalRead(name="published", records=(fact,))))


def last_moment(evidence: Evidence) -> float:
    """When the evidence ends, in seconds since the epoch."""
    moments = [fact.at for fact in evidence.of(Fact)] + [run.started_at for run in evidence.of(RunStarted)]
    return max(moments, default=0.0)


def render(verdict: Verdict, evidence: Evidence, formats: Formats, folder: Path) -> None:
    """Write every format into a folder."""
    folder.mkdir(exist_ok=True)
    for name, form in formats.items():
        (folder / name).write_text(form(verdict, evidence), encoding="utf-8")


def publish(aside: Path, folder: Path) -> None:
    """Move what was rendered into the run's folder, the verdict last; each file appears whole."""
    for path in sorted(aside.iterdir(), key=lambda one: one.name == LAST):
        path.replace(folder / path.name)
    aside.rmdir()
