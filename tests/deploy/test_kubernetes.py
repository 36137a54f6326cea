"""What is written for Kubernetes keeps its schema, and fits the programs that it starts."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from gonogo.embedded import ROOT
from load.profiles import PROFILES

MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
VERSIONS = ("1.30", "1.34")


def documents() -> list[dict[str, Any]]:
    """Every object that is written for Kubernetes."""
    return [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def container(kind: str) -> dict[str, Any]:
    """The one container of the one object of a kind."""
    (found,) = (one for one in documents() if one["kind"] == kind)
    (only,) = found["spec"]["template"]["spec"]["containers"]
    return dict(only)


def words_of(kind: str) -> dict[str, str]:
    """The options that a kind's container is started with."""
    return dict(word.removeprefix("--").split("=") for word in container(kind)["args"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("one", documents(), ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_each_object_keeps_the_schema(one: dict[str, Any], version: str) -> None:
    """Kubernetes would take it: no key is unknown, and each value has its type."""
    kubernetes_validate.validate(one, version, strict=True)


def test_a_wrong_object_does_not() -> None:
    """An unknown key is complained of, so that the test above can fail."""
    (job,) = (one for one in documents() if one["kind"] == "Job")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**job, "spec": {**job["spec"], "backOffLimit": 0}}, VERSIONS[0], strict=True)


def test_the_parts_find_each_other() -> None:
    """The workers call the master's service, by its name and port, and are as many as are waited for."""
    (service,) = (one for one in documents() if one["kind"] == "Service")
    (workers,) = (one for one in documents() if one["kind"] == "Deployment")
    (job,) = (one for one in documents() if one["kind"] == "Job")
    assert words_of("Deployment")["master-host"] == service["metadata"]["name"]
    assert int(words_of("Deployment")["master-port"]) == service["spec"]["ports"][0]["port"]
    assert int(words_of("Job")["expect-workers"]) == workers["spec"]["replicas"]
    assert service["spec"]["selector"].items() <= job["spec"]["template"]["metadata"]["labels"].items()
    assert container("Job")["image"] == container("Deployment")["image"]


def test_a_verdict_is_not_tried_again() -> None:
    """The job fails with the verdict, once."""
    (job,) = (one for one in documents() if one["kind"] == "Job")
    assert (job["spec"]["backoffLimit"], job["spec"]["template"]["spec"]["restartPolicy"]) == (0, "Never")


def test_there_is_such_a_load() -> None:
    """The load profile that is named exists, and so does the locustfile."""
    assert words_of("Job")["load"] in PROFILES
    for kind in ("Job", "Deployment"):
        command = container(kind)["command"]
        assert (ROOT / command[command.index("-f") + 1]).is_file()
