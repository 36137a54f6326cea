"""Metrics: for the operator alone, readable by machines, and true."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict_openmetrics
from prometheus_client.parser import text_string_to_metric_families as strict_prometheus

from checks.refusal import refused_with
from gonogo.check import Effects, Severity, check
from gonogo.exposition import END, counted_as, counters, doubled, selector, series_by_name, started, total
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange, Refusal

MONITORING = {"monitoring"}
GAUGE = "means.stream_gauge"
COUNTED = {"metrics", "means.request_counter", "means.request_counter.status_label"}
FIRST_ERROR, TOO_MANY = 400, 429
FEW = 5
"""So many new series may come of somebody else's requests meanwhile."""
REFUSED = (401, 403, 404)
OPENMETRICS = "application/openmetrics-text"


@check("metrics.protected", Severity.CRITICAL, scenarios=MONITORING, needs={"metrics", "operator"})
def are_for_the_operator(refusals: Sequence[Refusal]) -> Complaints:
    """
    Metrics are refused to strangers and to members (OWASP API5:2023; ASVS 5.0, 13.4.5).

    They tell how much, from whom and through what: more than anybody outside should know.

    Fix: ask for the operator's credential on every endpoint of the operator, or keep them off the public address.
    """
    if not refusals:
        raise NotEvaluable("no endpoint of the operator was asked")
    for refusal in refusals:
        refused = refusal.refused
        yield from refused_with(refusal, REFUSED, f"{refused.request.operation}, asked for by {refused.person},")


@check("metrics.parses", Severity.MAJOR, scenarios=MONITORING, effects=Effects.READ, needs={"metrics"})
def can_be_read(scrape: Exchange) -> Complaints:
    """
    A strict parser can read the exposition, and no series stands twice (OpenMetrics 1.0; Prometheus text 0.0.4).

    A scraper drops the whole scrape for one bad line, and the dashboards go blank.

    Fix: let the client library write the exposition; end OpenMetrics with `# EOF` and every text with a line end.
    """
    openmetrics = scrape.content_type == OPENMETRICS
    try:
        families = list((strict_openmetrics if openmetrics else strict_prometheus)(scrape.text))
    except ValueError as error:
        yield f"{scrape} cannot be parsed: {error}"
        return
    if not families:
        yield f"{scrape} holds no metric"
    if not scrape.text.endswith(f"{END}\n" if openmetrics else "\n"):
        yield f"{scrape} is cut: it ends with {scrape.text[-20:]!r}"
    for name in doubled(scrape.text):
        yield f"a series of {name} stands more than once, once expected"


@check(
    "metrics.no-secrets",
    Severity.CRITICAL,
    scenarios=MONITORING,
    needs={"metrics", "create_conversation", "history"},
)
def name_nobody(exchanges: Sequence[Exchange], secrets: Mapping[str, str]) -> Complaints:
    """
    No label holds an address, a token or the id of somebody's object (OWASP ASVS 5.0, 16.2.5).

    Metrics are kept long and shown to many; and each new value is a series that is kept too.

    Fix: label requests with the route's template, and nothing with who sent them.
    """
    if not secrets:
        raise NotEvaluable("nothing of this run could be in the exposition")
    scrape = exchanges[-1]
    for name in sorted({name for value, name in secrets.items() if value in scrape.text}):
        yield f"the value of {name} stands in the exposition, nothing of anybody's expected"


@check(
    "metrics.counts-requests",
    Severity.MAJOR,
    scenarios=MONITORING,
    effects=Effects.READ,
    needs={"metrics", "means.request_counter"},
)
def count_requests(exchanges: Sequence[Exchange], series: str, sent: int) -> Complaints:
    """
    Every request is counted, exactly once.

    Alerts on error rates and traffic are built on this counter.

    Fix: count in the outermost middleware, once, in a registry that all workers share.
    """
    scrapes = exchanges[::2]
    rises = [total(after.text, series) - total(before.text, series) for before, after in pairwise(scrapes)]
    if not rises:
        raise NotEvaluable(f"{len(scrapes)} scrapes are too few to see a counter rise")
    told_apart(rises, sent)
    if sent not in rises or min(rises) < sent:
        told = " and ".join(f"{rise:g}" for rise in rises)
        yield f"{series} rose by {told} for {sent} requests each time, {sent} expected"


def told_apart(rises: Sequence[float], sent: int) -> None:
    """
    Raise NotEvaluable when somebody else asks for the same: each rise is too high, and each by another amount.

    A counter that counts wrongly counts every time alike.
    """
    if min(rises) > sent and len(set(rises)) > 1:
        told = ", ".join(f"{rise:g}" for rise in rises)
        raise NotEvaluable(f"the counter rose by {told} for {sent} requests each time: somebody else asks for the same")


@check("metrics.counters-hold", Severity.MAJOR, scenarios=MONITORING, effects=Effects.READ, needs={"metrics"})
def counters_never_fall(scrapes: Sequence[Exchange]) -> Complaints:
    """
    Whoever answers the scrape, no counter falls while the process lives (Prometheus, counter).

    Each worker with counts of its own answers with them in turn, and every rate on the dashboard is wrong.

    Fix: let all workers share one registry (prometheus_client: multiprocess mode), or scrape each by itself.
    """
    read = [(counters(scrape.text), started(scrape.text)) for scrape in scrapes]
    if not any(found for found, _ in read):
        raise NotEvaluable(f"none of {len(scrapes)} scrapes holds a counter")
    falls: Counter[str] = Counter()
    for (before, began), (after, again) in pairwise(read):
        if began == again:
            falls.update({series[0] for series, value in before.items() if after.get(series, 0.0) < value})
    for name, times in sorted(falls.items()):
        yield f"{name} fell, or was gone, {times} times in {len(scrapes)} scrapes over connections of their own"


def miscounted(scrapes: Sequence[Exchange], provoked: Sequence[Exchange], series: str, label: str) -> Complaints:
    """Complain of each status that was provoked more often than it was counted between two scrapes."""
    name, (before, after) = selector(series)[0], scrapes
    for status, times in sorted(Counter(exchange.status or 0 for exchange in provoked).items()):
        rise = counted_as(after.text, name, label, status) - counted_as(before.text, name, label, status)
        if rise < times:
            yield f"{name} with {label} {status} rose by {rise:g} for {times} answers of that status, {times} expected"


@check("metrics.counts-errors", Severity.MAJOR, scenarios=MONITORING, effects=Effects.READ, needs=COUNTED)
def count_errors(exchanges: Sequence[Exchange], series: str, label: str) -> Complaints:
    """
    Every error is counted under its own status.

    The alert on the share of errors sees nothing else; one that is counted as good wakes nobody.

    Fix: count in the outermost middleware, where the status of refusals and of crashes is known too.
    """
    first, *provoked, last = exchanges
    errors = [exchange for exchange in provoked if (exchange.status or 0) >= FIRST_ERROR]
    if not errors:
        raise NotEvaluable("no request was answered with an error")
    yield from miscounted([first, last], errors, series, label)


@check(
    "metrics.counts-refusals",
    Severity.MAJOR,
    scenarios=MONITORING,
    effects=Effects.BURST,
    needs={*COUNTED, "promises.limits", "sign-in-limit"},
)
def count_refusals(exchanges: Sequence[Exchange], series: str, label: str) -> Complaints:
    """
    What a limit refuses is counted as 429.

    Otherwise nobody sees that members are turned away, or that somebody guesses passwords.

    Fix: let the limit stand inside of the middleware that counts.
    """
    first, *burst, last = exchanges
    refused = [exchange for exchange in burst if exchange.status == TOO_MANY]
    if not refused:
        raise NotEvaluable("no request was answered with 429")
    yield from miscounted([first, last], refused, series, label)


@check("metrics.streams-seen", Severity.MAJOR, scenarios=MONITORING, needs={"metrics", "send_message", GAUGE})
def streams_are_seen(exchanges: Sequence[Exchange], series: str, after: int) -> Complaints:
    """
    The gauge of open streams rises with a stream and falls with its end.

    One that never falls fills up until a limit of it refuses everybody; one that never rises hides a leak.

    Fix: count up when the stream opens and down in the block that closes it, however it ends.
    """
    values = [total(exchange.text, series) for exchange in exchanges]
    during, later = values[: len(values) - after], values[len(values) - after :]
    if not during or not later:
        raise NotEvaluable(f"{len(during)} scrapes during a stream and {len(later)} after it are too few to compare")
    if max(during) < 1:
        yield f"{series} was {max(during):g} at most while an answer was streamed, 1 at least expected"
    elif min(later) >= max(during):
        yield f"{series} was {max(during):g} while an answer was streamed and {min(later):g} after it, less expected"


@check("metrics.bounded", Severity.MAJOR, scenarios=MONITORING, effects=Effects.READ, needs={"metrics"})
def series_are_bounded(exchanges: Sequence[Exchange]) -> Complaints:
    """
    Paths that do not exist make no new series (Prometheus, naming: cardinality).

    Whoever scans for holes would fill the memory of the service, and then that of the monitoring.

    Fix: label requests with the route's template, and all that no route takes with one word.
    """
    first, *asked, last = exchanges
    most = max(FEW, len(asked) * 3 // 4)  # what others do meanwhile makes a few series, each path of its own as many
    before, after = series_by_name(first.text), series_by_name(last.text)
    grown = {name: len(after[name] - before.get(name, set())) for name in after}
    for name, count in sorted(grown.items()):
        if count > most:
            yield f"{name} has {count} new series after {len(asked)} paths that do not exist, {most} at most expected"
