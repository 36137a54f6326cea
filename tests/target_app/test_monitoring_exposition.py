"""The text of a scrape."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.openmetrics.exposition import generate_latest

from target_app.monitoring.exposition import written


def test_writes_what_the_library_writes() -> None:
    """Counters, gauges and histograms, with labels and without, are written to the letter as the library does."""
    registry = CollectorRegistry()
    calls = Counter("calls", 'Calls of "anybody"', ("way", "route"), registry=registry)
    Gauge("open_streams", "Streams\nthat are open", registry=registry).set(-2.5)
    seconds = Histogram("seconds", "Time", ("route",), buckets=(0.1, 1), registry=registry)
    for way, route in (("GET", "/a"), ("POST", 'quo"ted\\\n')):
        calls.labels(way=way, route=route).inc(12_345_678)
        seconds.labels(route=route).observe(0.5)
    assert written(registry) == generate_latest(registry)  # type: ignore[no-untyped-call]  # no types there


def test_an_empty_registry_has_an_end() -> None:
    """Where nothing is counted, the text is its end."""
    assert written(CollectorRegistry()) == b"# EOF\n"
