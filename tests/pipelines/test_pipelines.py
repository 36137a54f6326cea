"""Every pipeline stops unless the gate says GO, and hands on what it published."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "ci" / "gate.sh"
STAND_IN = """\
#!/bin/sh
# Stands in for the gate: says how it was called, publishes what it is told to, and ends as it is told to.
printf '%s\\n' "$@" >called
while [ "$1" != --runs ]; do shift; done
if [ -n "$PUBLISHED" ]; then
  mkdir -p "$2/run" && ln -sfn run "$2/latest"
  printf 'verdict=%s\\nexit_code=%s\\n' "$PUBLISHED" "$CODE" >"$2/run/outputs.env"
  echo "# $PUBLISHED" >"$2/run/report.md"
  echo "::error title=$PUBLISHED::said so" >"$2/run/github-annotations.txt"
fi
exit "$CODE"
"""
ENDS = [("GO", 0), ("NO_GO", 10), ("NO_GO", 11), ("GO", 12), ("INCONCLUSIVE", 20), ("", 2), ("", 1), ("", 130)]


def run(folder: Path, script: str, published: str, code: int, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a runner would, with a gate that publishes this and ends so."""
    gate = folder / "stand-in"
    gate.write_text(STAND_IN)
    gate.chmod(0o755)
    environ = {
        "PATH": os.environ["PATH"],
        "GONOGO": str(gate),
        "GONOGO_HOME": str(ROOT),
        "PUBLISHED": published,
        "CODE": str(code),
        "RUNNER_TEMP": str(folder),
        **more,
    }
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def action() -> dict[str, Any]:
    """The composite action."""
    return dict(yaml.safe_load((ROOT / "action.yml").read_text()))


def scripts() -> dict[str, tuple[str, dict[str, str]]]:
    """What each pipeline runs, and the variables that it sets, as its users would fill them in."""
    step = next(one for one in action()["runs"]["steps"] if one.get("id") == "gate")
    lab = yaml.safe_load((ROOT / "deploy" / "ci" / "gitlab-ci.yml").read_text())[".gonogo"]
    jenkins = re.search(r"sh '''(.*?)'''", (ROOT / "deploy" / "ci" / "Jenkinsfile").read_text(), re.DOTALL)
    assert jenkins
    given = {"BASE_URL": "https://chat.example.com", "GONOGO_BASE_URL": "https://chat.example.com"}
    given |= {"PROFILE": "p.yaml", "GONOGO_PROFILE": "p.yaml", "ENVIRONMENT": "staging", "SUITES": ""}
    given |= {"GONOGO_ENVIRONMENT": "staging", "GIT_COMMIT": "b7", "EXPECT_BUILD": "b7", "GONOGO_EXPECT_BUILD": "b7"}
    given |= {"WAIT_FOR_BUILD": "300s", "GONOGO_WAIT_FOR_BUILD": "300s"}
    return {
        "script": (f'"{SCRIPT}" --base-url "$BASE_URL" --profile p.yaml --environment staging', given),
        "GitHub": (step["run"], given),
        "GitLab": ("\n".join(lab["script"]), given),
        "Jenkins": (jenkins[1], given),
    }


@pytest.mark.parametrize(("published", "code"), ENDS)
@pytest.mark.parametrize("name", ["script", "GitHub", "GitLab", "Jenkins"])
def test_only_go_goes_on(tmp_path: Path, name: str, published: str, code: int) -> None:
    """A pipeline ends as the gate did: with 0 for a GO, and never for anything else."""
    script, given = scripts()[name]

    done = run(tmp_path, script, published, code, **given)

    assert done.returncode == code, done.stderr


@pytest.mark.parametrize("published", ["", "NO_GO", "INCONCLUSIVE", "GOOD", "GO "])
def test_zero_without_a_go_is_inconclusive(tmp_path: Path, published: str) -> None:
    """A gate that ends with 0 and published no GO blocks."""
    done = run(tmp_path, f'"{SCRIPT}"', published, 0)

    assert done.returncode == 20
    assert "published no GO" in done.stderr


def test_an_earlier_go_does_not_count(tmp_path: Path) -> None:
    """What a run before this one published is not taken for this one's."""
    assert run(tmp_path, f'"{SCRIPT}"', "GO", 0).returncode == 0
    output = tmp_path / "output"

    done = run(tmp_path, f'"{SCRIPT}"', "", 0, GITHUB_OUTPUT=str(output))

    assert done.returncode == 20
    assert output.read_text() == "verdict=INCONCLUSIVE\nexit_code=20\n"


@pytest.mark.parametrize(("published", "code"), [("GO", 0), ("NO_GO", 10), ("INCONCLUSIVE", 20)])
def test_hands_on_what_was_published(tmp_path: Path, published: str, code: int) -> None:
    """Outputs, summary and annotations reach the runner, whatever the verdict."""
    output, summary = tmp_path / "output", tmp_path / "summary"
    script, given = scripts()["GitHub"]
    given |= {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true"}

    done = run(tmp_path, script, published, code, **given)

    assert f"verdict={published}\n" in output.read_text()
    assert summary.read_text() == f"# {published}\n"
    assert f"::error title={published}::said so\n" in done.stdout


def test_no_order_outside_of_github(tmp_path: Path) -> None:
    """Elsewhere no annotation is printed."""
    assert "::error" not in run(tmp_path, f'"{SCRIPT}"', "NO_GO", 10).stdout


@pytest.mark.parametrize("name", ["GitHub", "GitLab", "Jenkins"])
def test_passes_every_word_on(tmp_path: Path, name: str) -> None:
    """What was filled in reaches the gate as it is, and nothing of it is run."""
    script, given = scripts()[name]
    odd = "https://x/$(touch gone) `id`; exit 0 #"

    run(tmp_path, script, "GO", 0, **{**given, "BASE_URL": odd, "GONOGO_BASE_URL": odd})
    called = (tmp_path / "called").read_text().splitlines()

    assert called[called.index("--base-url") + 1] == odd
    assert called[called.index("--expect-build") + 1] == "b7"
    assert called[:2] == ["gate", "--runs"]
    assert not (tmp_path / "gone").exists()


def test_the_action_writes_no_input_into_a_script() -> None:
    """Inputs reach scripts as variables; an expression in a script would be run as code."""
    assert all("${{" not in step.get("run", "") for step in action()["runs"]["steps"])


def test_the_run_is_kept_when_the_gate_fails() -> None:
    """Every pipeline keeps the run whatever the gate said."""
    kept = action()["runs"]["steps"][-1]
    lab = yaml.safe_load((ROOT / "deploy" / "ci" / "gitlab-ci.yml").read_text())[".gonogo"]
    jenkins = (ROOT / "deploy" / "ci" / "Jenkinsfile").read_text()

    assert kept["if"] == "always()"
    assert re.fullmatch(r"actions/upload-artifact@[0-9a-f]{40}", kept["uses"])
    assert lab["artifacts"]["when"] == "always"
    assert lab["allow_failure"] is False
    assert re.search(r"post \{\s+always \{\s+junit", jenkins)


LINTERS = [
    ["check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"],
    [
        "check-jsonschema",
        "--builtin-schema",
        "vendor.gitlab-ci",
        "--data-transform",
        "gitlab-ci",
        "deploy/ci/gitlab-ci.yml",
    ],
    ["zizmor", "--offline", "--quiet", "--no-progress", "action.yml"],
]


@pytest.mark.parametrize("command", LINTERS, ids=lambda command: command[0])
def test_linters_find_nothing(command: list[str]) -> None:
    """The files keep their schemas, and the action is safe by the rules of its linter."""
    program = Path(sys.executable).parent / command[0]
    done = subprocess.run([str(program), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
