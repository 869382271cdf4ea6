"""What is reported becomes metrics and log lines."""

from collections.abc import Callable
from typing import Any

import pytest

from twinbeam.app.reports import Reports
from twinbeam.observe import metrics
from twinbeam.pipeline.accept.contract import Served


def told(name: str, **labels: str) -> float:
    """Give a sample of what this process counts."""
    return metrics.COUNTED.get_sample_value(name, labels) or 0.0


def test_how_long_requests_and_groups_take_is_in_the_metrics_at_once() -> None:
    names = ("twinbeam_accept_seconds_sum", "twinbeam_group_events_sum", "twinbeam_append_seconds_sum")
    before = [told(name) for name in names]
    reports = Reports(Lines())
    reports.request(Served("/v1/events", 202, 0.5))
    reports.group(count=7, size_bytes=1, seconds=0.25)
    after = [told(name) for name in names]
    assert [late - early for early, late in zip(before, after, strict=True)] == pytest.approx([0.5, 7, 0.25])
    assert told("twinbeam_accept_seconds_bucket", le="1.0") > told("twinbeam_accept_seconds_bucket", le="0.25")


class Lines(list[tuple[str, str]]):
    """A log that keeps level and event of each line."""

    def __getattr__(self, level: str) -> object:
        return lambda event, **_fields: self.append((level, event))


def attempts_told() -> float:
    return told("twinbeam_happenings_total", event="send.attempted")


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


def test_failed_sign_ins_are_counted_and_told_once_a_second_by_their_kind() -> None:
    log = Told()
    reports = Reports(log)
    before = told("twinbeam_failed_sign_ins_total", why="password")
    for _ in range(1_000):
        reports.sign_in_failed("password")
    reports.sign_in_failed("link")
    reports.flush()
    reports.flush()
    assert told("twinbeam_failed_sign_ins_total", why="password") - before == 1_000
    assert [(line["why"], line["count"]) for line in log.of("sign_in.failed")] == [("password", 1_000), ("link", 1)]
