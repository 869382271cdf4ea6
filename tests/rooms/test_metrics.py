"""Metrics that are counted many at once mean what the library makes of them one by one."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from twinbeam.app.reports import Reports
from twinbeam.observe import metrics
from twinbeam.observe.metrics import observe_all
from twinbeam.pipeline.accept.contract import Served

BUCKETS = (0.5, 1.0, 2.5)
values = st.lists(st.one_of(st.sampled_from(BUCKETS), st.integers(0, 4), st.floats(0, 5)), max_size=30)


def counted(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    """Give what is exposed, by name and bucket, without when it began."""
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    return {(s.name, s.labels.get("le", "")): round(s.value, 6) for s in samples if not s.name.endswith("_created")}


@given(st.lists(values, max_size=3))
def test_observing_all_at_once_is_observing_each(rounds: list[list[float]]) -> None:
    at_once, each = CollectorRegistry(), CollectorRegistry()
    for registry in (at_once, each):
        histogram = Histogram("seconds", "Seconds.", buckets=BUCKETS, registry=registry)
        for some in rounds:
            if registry is at_once:
                observe_all(histogram, some)
            else:
                for value in some:
                    histogram.observe(value)
    assert counted(at_once) == counted(each)
    assert ("seconds_bucket", "2.5") in counted(each)


class Lines(list[tuple[str, str]]):
    """A log that keeps level and event of each line."""

    def __getattr__(self, level: str) -> object:
        return lambda event, **_fields: self.append((level, event))


def attempts_told() -> float:
    return float(metrics.HAPPENINGS.labels("send.attempted")._value.get())


def test_an_attempt_is_routine_unless_its_token_was_refused() -> None:
    lines, before = Lines(), attempts_told()
    reports = Reports(lines)
    reports.happening("send.attempted", lane="C0", count=1, verdict="TryLater", code=50000, result="waiting")
    reports.happening("send.attempted", lane="C0", count=1, verdict="TokenRejected", code=40105, result="waiting")
    assert lines == [("info", "send.attempted"), ("warning", "send.attempted")]
    assert attempts_told() - before == 1


@pytest.mark.outside("lines")
def test_any_number_of_refused_requests_writes_a_few_lines_a_second_and_their_sum() -> None:
    log = Told()
    reports = Reports(log)
    refused = Served("/v1/events", 429, 0.0, "key_rate_limited", "tag")
    dropped = Served("/v1/events", 202, 0.0, source="tag", accepted=1, dropped=2, rejected=1)
    for _ in range(30_000):
        reports.request(refused)
        reports.request(dropped)
        reports.group(count=1, size_bytes=400, seconds=0.001)
    reports.flush()
    sums = {line["code"]: line for line in log.of("requests")}
    logged = {code: sum(line["code"] == code for line in log.of("request")) for code in ("key_rate_limited", "")}
    assert len(log.lines) < 700  # one in a hundred of all, and a few of each kind
    assert sums["key_rate_limited"]["count"] + logged["key_rate_limited"] == 30_000
    assert sums[""]["count"] + logged[""] == 30_000
    assert (sums[""]["dropped"], sums[""]["rejected"]) == (2 * sums[""]["count"], sums[""]["count"])
    assert len(log.of("group")) == 10
    assert log.of("groups") == [{"count": 29_990, "events": 29_990, "bytes": 29_990 * 400, "ms": 29_990.0}]
    log.lines.clear()
    reports.request(refused)
    reports.flush()
    assert [event for _, event, _ in log.lines] == ["request"]


class Told:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda event, **fields: self.lines.append((level, event, fields))

    def of(self, event: str) -> list[dict[str, Any]]:
        return [fields for _, name, fields in self.lines if name == event]
