"""The page is calm, whole and asks nobody for anything."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import reports
from gonogo.check import Severity
from gonogo.evidence import Checked, Evidence, JournalRead
from gonogo.published import Outcome
from reports.html import render
from reports.matrix import matrix
from tests.reports.conftest import exchange, journals

if TYPE_CHECKING:
    from tests.reports.conftest import Sample

STYLE = (Path(reports.__file__).parent / "report.css").read_text()
INKS = ("ink", "muted", "good", "bad", "unsure", "odd", "calm", "link")
PAPERS = ("page", "card", "code")
BANDS = ("band-good", "band-bad", "band-unsure")


def page(sample: Sample) -> str:
    """The page of a sample."""
    return render(sample.verdict, sample.evidence)


def test_fetches_nothing(sample: Sample) -> None:
    """The page has no script and no address to fetch from, and its policy forbids both."""
    text = page(sample)

    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text
    assert not re.search(r"<(script|link|img|iframe|object|form)\b|@import|url\(|\bsrc=", text)


def test_first_screen_comes_first(samples: dict[str, Sample]) -> None:
    """Verdict, rule, target, checks, action, command, what was not assessed, then the findings, in that order."""
    text = page(samples["rollback"])
    wanted = [
        "<h1>NO_GO</h1>",
        "Rule 2: a blocker failed or was flaky",
        "https://127.0.0.1:41873",
        "40 of 40 planned checks executed",
        "<b>ROLLBACK</b>",
        "docker compose",
        "Not assessed",
        "<h2>Decision",
        "<h2>Rollback triggers",
        "<h2>Findings <",
        "<h2>Scenarios",
        "<h2>All planned checks",
        "<h2>Objectives",
    ]

    places = [text.index(part) for part in wanted]
    assert places == sorted(places)


def test_the_worst_finding_is_first(samples: dict[str, Sample]) -> None:
    """A blocker stands before a critical one, whatever their order in the verdict; what is waived stands behind."""
    blocked, waived = page(samples["rollback"]), page(samples["conditional"])

    assert blocked.index('<code>csrf.refuses-missing</code> <span class="muted">in') < blocked.index(
        '<code>stream.first-token</code> <span class="muted">in'
    )
    assert waived.index("headers.referrer</code> <span") < waived.index("metrics.system</code> <span")


def test_shows_the_exchange(samples: dict[str, Sample]) -> None:
    """A finding shows its request and its answer."""
    text = page(samples["rollback"])

    assert "POST https://127.0.0.1:41873/api/conversations\ncontent-type: application/json" in text
    assert "201 after 0.024 s, 32 bytes" in text


def test_shows_when_each_part_came(samples: dict[str, Sample]) -> None:
    """A finding's last exchange is drawn and told: when which part of it came, and how a stream flowed."""
    sample = samples["rollback"]
    timing = {"connected": 0.004, "secured": 0.011, "headers": 0.021, "total": 0.3}
    flowed = exchange(5, timing=timing, arrivals=(0.1, 0.12, 0.3))

    text = render(sample.verdict, journals(flowed))

    told = "connected after 4 ms, then TLS after 11 ms, then first byte after 21 ms, then first event after 100 ms"
    assert f"{told}, then last byte after 300 ms" in text
    assert "The first 3 events: the first after 100 ms, the last after 300 ms, and 180 ms at most between two." in text
    assert text.count("<svg") == 2


def test_shows_every_attempt(samples: dict[str, Sample]) -> None:
    """Where a check looked more than once, each attempt is told."""
    said = {"suite": "smoke", "scenario": "chat", "check": "stream.first-token", "subjects": 1}
    tries = (Checked(**said, attempt=1, complaints=("after 0.62 s",)), Checked(**said, attempt=2))

    text = render(samples["rollback"].verdict, Evidence(journals=(JournalRead(name="smoke", records=tries),)))

    assert "<li>Attempt 1: after 0.62 s</li>" in text
    assert "<li>Attempt 2: passed</li>" in text


def test_the_matrix_names_the_rule_that_decided(sample: Sample) -> None:
    """Exactly one rule decided; those before it did not match, and those behind it were not asked."""
    states = [row.state for row in matrix(sample.verdict) if row.name.startswith("Rule")]
    decided = sample.verdict.decided_by.rule - 2

    assert states == ["did not match"] * decided + ["decided"] + ["not asked"] * (5 - decided)


def test_the_matrix_has_the_margins(samples: dict[str, Sample]) -> None:
    """A rule tells how much is left of what it allows, and an objective how far it is from its limit."""
    rows = {row.name: row for row in matrix(samples["conditional"].verdict)}

    assert (rows["Rule 4"].observed, rows["Rule 4"].threshold) == ("2 failed or flaky", "2 allowed")
    assert rows["Rule 4"].margin == "0 left"
    assert rows["Rule 4"].checks == ("headers.referrer", "headers.permissions")
    assert (rows["ttft_p95_s"].margin, rows["ttft_p95_s"].state) == ("+58 %", "met")
    assert rows["error_rate"].state == "not decided"


def test_drawings_hold_nothing_else(samples: dict[str, Sample]) -> None:
    """A drawing has no script, style, id, comment or date of its own."""
    text = page(samples["many"])

    assert text.count("<svg") == 12
    assert not re.search(r"<script|<!--|pygal\.|\bid=\"(chart|activate)", text)
    assert text.count("<style>") == 1


def test_names_the_evidence_by_its_hash(samples: dict[str, Sample]) -> None:
    """Each whole journal is listed with how much it holds and its SHA-256."""
    kept = Evidence(journals=(JournalRead(name="smoke", records=(), sha256="ab" * 32),))

    assert f"0 records, SHA-256 <code>{'ab' * 32}</code>" in render(samples["go"].verdict, kept)


def test_links_to_what_decided(samples: dict[str, Sample]) -> None:
    """The check that decided links to its finding."""
    assert '<a href="#finding-1"><code>csrf.refuses-missing</code></a>' in page(samples["rollback"])


def test_many_reasons_leave_room_for_the_rest(samples: dict[str, Sample]) -> None:
    """The first screen has three reasons and says how many more there are; all of them are with the decision."""
    text = page(samples["many"])
    first, decision = text.partition("</header>")[0], text.partition('id="decision"')[2].partition("</section>")[0]

    assert first.count("<code>family.check-") == 3
    assert '<a href="#decision">and 47 more reasons</a>' in first
    assert decision.count("<code>family.check-") >= 50


def test_explains_every_word(sample: Sample) -> None:
    """Every outcome and severity is explained at the end."""
    words = page(sample).partition("<h2>Words")[2]

    assert all(f"{word.value}<" in words for word in (*Outcome, *Severity))


def test_every_outcome_has_a_colour_and_a_word() -> None:
    """No outcome is told by its colour alone, and each has one."""
    assert all(f".{outcome.value}" in STYLE for outcome in Outcome)


def palettes() -> list[dict[str, str]]:
    """The colours of the light and the dark page; the dark one changes all of them."""
    found = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    ]
    return found[:2]


def brightness(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it."""
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark"])
def test_has_contrast(palette: dict[str, str]) -> None:
    """Every ink on every paper, and white on every band, has the 4.5 : 1 of WCAG AA."""
    weak = [(ink, paper) for ink, paper in product(INKS, PAPERS) if contrast(palette[ink], palette[paper]) < 4.5]

    assert not weak
    assert min(contrast("#ffffff", palette[band]) for band in BANDS) >= 4.5
