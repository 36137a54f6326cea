"""Pictures beside the report are shown at what they show, and nothing else is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gonogo.evidence import Artifact, Evidence, JournalRead
from reports.html import render

if TYPE_CHECKING:
    from tests.reports.conftest import Sample

AT_THE_END = "artifacts/chat-test.png"
WHEN_FOUND = "artifacts/chat-test-1.png"


def artifact(path: str, **known: Any) -> Artifact:  # noqa: ANN401  whatever the record takes
    """A picture of the scenario that fails."""
    given = {"suite": "smoke", "scenario": "chat", "part": "test_chat", "what": "screenshot", **known}
    return Artifact.model_validate({**given, "path": path, "sha256": "ab" * 32})


def shown(sample: Sample, *artifacts: Artifact) -> str:
    """The report of a sample with files beside it."""
    return render(sample.verdict, Evidence(journals=(JournalRead(name="e2e", records=artifacts),)))


def failing(sample: Sample) -> tuple[str, str, str]:
    """Suite, scenario and check of a sample's first finding."""
    first = sample.verdict.findings[0]
    return first.suite, first.scenario, first.check


def test_a_finding_shows_the_page_at_which_it_was_found(samples: dict[str, Sample]) -> None:
    """The picture taken for the check is shown, and that of the end is linked."""
    suite, scenario, check = failing(samples["rollback"])
    known = {"suite": suite, "scenario": scenario}
    text = shown(
        samples["rollback"],
        artifact(AT_THE_END, **known),
        artifact(WHEN_FOUND, check=check, **known),
        artifact("artifacts/chat-test.trace.zip", what="trace", **known),
    )
    assert f'<img src="{WHEN_FOUND}"' in text
    assert f'<img src="{AT_THE_END}"' not in text.partition(f'<img src="{WHEN_FOUND}"')[0].rpartition("<article")[2]
    assert 'href="artifacts/chat-test.trace.zip"' in text
    assert "img-src data: 'self' file:" in text


def test_a_finding_without_its_own_picture_shows_the_end(samples: dict[str, Sample]) -> None:
    """Where nobody photographed for the check, the end of the scenario is shown."""
    suite, scenario, _ = failing(samples["rollback"])
    assert f'<img src="{AT_THE_END}"' in shown(
        samples["rollback"], artifact(AT_THE_END, suite=suite, scenario=scenario)
    )


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "https://example.com/a.png", "artifacts/../a.png", 'artifacts/"x', "javascript:a"]
)
def test_a_path_that_leaves_the_folder_is_not_shown(samples: dict[str, Sample], path: str) -> None:
    """Whatever a journal names, the report points into its own folder."""
    suite, scenario, _ = failing(samples["rollback"])
    text = shown(samples["rollback"], artifact(path, suite=suite, scenario=scenario))
    assert "<img" not in text
    assert 'img-src data:"' in text
