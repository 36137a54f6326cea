"""Two workers on PostgreSQL and Redis are one service: sessions, limits, answers and counts hold over both."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from tests.target_app_services.conftest import OPERATOR, BrowserAt, Service, running


def counted(browser: httpx.Client, route: str) -> float:
    """Read how often a route was answered."""
    text = browser.get("/metrics", headers=OPERATOR).text
    assert text.endswith("# EOF\n")
    return sum(
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith("http_requests_total{") and f'route="{route}"' in line
    )


def test_there_are_two_workers(service: Service, browser_at: BrowserAt) -> None:
    """Both workers take connections, and both are ready."""
    found = [browser_at(worker).get("/health/ready").status_code for worker in service.workers()]

    assert found == [200, 200]


def test_sign_out_holds_at_once_everywhere(member: httpx.Client, service: Service, browser_at: BrowserAt) -> None:
    """A session of one worker is good at the other, and ends there with the sign-out."""
    here, there = sorted(service.workers())
    before = browser_at(there, member).get("/auth/session")
    left = browser_at(here, member).post("/auth/signout")
    after = browser_at(there, member).get("/auth/session")

    assert (before.status_code, left.status_code, after.status_code) == (200, 204, 401)


def test_the_limit_is_one_for_all_workers(service: Service) -> None:
    """Of 60 attempts at once over both workers exactly the 40 that are allowed pass."""

    def attempt(_number: int) -> tuple[int, int | None]:
        with service.client("127.0.0.9") as browser:
            answer = browser.post("/auth/signin", json={})
            return answer.status_code, service.worker_of(answer)

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(attempt, range(60)))

    assert sorted(status for status, _ in found) == [422] * 40 + [429] * 20
    assert {worker for _, worker in found} == service.workers()


def test_one_answer_at_a_time_and_any_worker_stops_it(
    member: httpx.Client, service: Service, browser_at: BrowserAt
) -> None:
    """While one worker answers, the other refuses a second question there; asked to stop, it reaches the first."""
    here, there = sorted(service.workers())
    conversation = member.post("/conversations", json={"title": "long"}).json()["id"]
    path = f"/conversations/{conversation}/messages"
    with browser_at(here, member).stream("POST", path, json={"content": "Count to 1000"}) as answer:
        pieces = answer.iter_text()
        said = next(pieces)
        second = browser_at(there, member).post(path, json={"content": "And?"})
        stopped = browser_at(there, member).post(f"/conversations/{conversation}/stop")
        said += "".join(pieces)
    third = browser_at(there, member).post(path, json={"content": "Reply with exactly these words: all ready"})
    history = browser_at(there, member).get(path).json()["items"]

    assert (second.status_code, stopped.status_code, stopped.json()) == (409, 202, {"stopping": True})
    assert '"finish_reason":"stopped"' in said
    assert "event: end" in third.text
    assert [one["status"] for one in history] == ["complete", "stopped", "complete", "complete"]


def test_counts_are_one_and_do_not_fall(service: Service, browser_at: BrowserAt) -> None:
    """Both workers tell the same sum of both; a worker that is killed is replaced, and its counts stay."""
    here, there = sorted(service.workers())
    before = counted(browser_at(here), "/billing/plans")
    for worker in (here, there, there):
        browser_at(worker).get("/billing/plans")
    sums = [counted(browser_at(worker), "/billing/plans") for worker in (here, there)]
    killed = psutil.Process(there)
    killed.kill()
    killed.wait(30)
    after = counted(browser_at(here), "/billing/plans")
    replacement = service.next_worker({here, there})
    afterwards = counted(browser_at(replacement), "/billing/plans")

    assert sums == [before + 3, before + 3]
    assert (after, afterwards) == (before + 3, before + 3)


def test_a_term_signal_ends_all_of_it(environment: dict[str, str], tmp_path: Path) -> None:
    """The parent ends with code 0, no worker is left, and neither is the folder of counts."""
    with running(tmp_path, "--workers", "2", **environment, TMPDIR=str(tmp_path)) as service:
        workers = [psutil.Process(pid) for pid in service.workers()]
        folders = list(tmp_path.glob("chat-metrics-*"))
        service.process.terminate()
        code = service.process.wait(60)

    assert (code, len(workers), len(folders)) == (0, 2, 1)
    assert not any(worker.is_running() for worker in workers)
    assert not list(tmp_path.glob("chat-metrics-*"))


def test_faults_apply_in_each_worker(environment: dict[str, str], tmp_path: Path) -> None:
    """A fault that is switched on makes every worker misbehave."""
    asked = ("--workers", "2", "--fault", "limits.one-early")
    with running(tmp_path, *asked, **environment) as service:
        told: dict[int | None, str] = {}
        for _ in range(200):
            with service.client() as browser:
                answer = browser.get("/billing/plans")
                told[service.worker_of(answer)] = answer.headers["ratelimit-policy"]
            if len(told) > 1:
                break

    assert len(told) == 2
    assert all(re.fullmatch('"api";q=999;w=60', policy) for policy in told.values())
