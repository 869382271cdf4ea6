"""Turns what rooms report into log lines and the metrics that belong to them."""

import itertools
import os
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec import Struct

from twinbeam.observe import metrics
from twinbeam.observe.logs import dropped_lines, level_of
from twinbeam.observe.tallies import write_tallies
from twinbeam.pipeline.accept.contract import Served
from twinbeam.pipeline.record.contract import Recorded

#: Requests that went well, or came without a valid key, are logged one in this many.
SAMPLE = 100
#: Lines a second about requests of one kind, and about groups; what is beyond is summed up in one line a second.
MOST_LINES = 10

Kind = tuple[str, int, str, str, str]
"""(path, status, code, source, surprise)"""


class Unlogged(Struct):
    """What requests of one kind come to that got no line of their own, or groups."""

    count: int = 0
    events: int = 0  #: dropped ones, of requests
    rejected: int = 0
    size_bytes: int = 0
    seconds: float = 0.0


class Reports:
    """
    The reporters of one process.

    A metric with labels costs a few microseconds, an intake's whole budget is a hundred: requests are summed up here
    and handed to those metrics by `flush`, which runs once a second. One without labels costs half a microsecond.
    """

    def __init__(self, log: Any, folder: Path | None = None) -> None:
        self._log = log
        self._folder = folder
        self._dropped = 0  #: log lines, as far as they are counted
        self._turn = itertools.count()
        self._requests: Counter[tuple[str, int, str]] = Counter()
        self._events: Counter[tuple[str, str]] = Counter()
        self._groups = 0  #: within this second
        self._lines: Counter[Kind] = Counter()
        self._unlogged: dict[Kind, Unlogged] = {}
        self._unlogged_groups = Unlogged()
        self._failed_sign_ins: Counter[str] = Counter()

    def happening(self, event: str, /, **fields: object) -> None:
        """Log a happening of a room; what is not routine is counted too."""
        level = level_of(event, fields)
        getattr(self._log, level)(event, **fields)
        if level != "info":
            metrics.HAPPENINGS.labels(event).inc()
        if event == "send.attempted":
            _count_attempt(fields)
        if event == "send.throttled":
            metrics.THROTTLED.labels(str(fields["pixel"])).inc(int(str(fields["count"])))

    def request(self, served: Served) -> None:
        """Sum a request up, and log it if it is worth a line."""
        self._requests[served.path, served.status, served.code] += 1
        metrics.ACCEPT_SECONDS.observe(served.seconds)
        if served.accepted:
            self._events[served.source, "accepted"] += served.accepted
        if served.dropped or served.rejected or served.held:
            self._events[served.source, "dropped"] += served.dropped
            self._events[served.source, "rejected"] += served.rejected
            self._events[served.source, "held"] += served.held
        if next(self._turn) % SAMPLE == 0:
            self._line(served)
        elif _worth_a_line(served):
            self._line_of_kind(served)

    def _line(self, served: Served) -> None:
        log = self._log.error if served.surprise else self._log.info
        log("request", **{name: getattr(served, name) for name in served.__struct_fields__})

    def _line_of_kind(self, served: Served) -> None:
        """Log one of the first requests of a kind within a second, and sum up the others: anybody may send them."""
        kind = (served.path, served.status, served.code, served.source, served.surprise)
        self._lines[kind] += 1
        if self._lines[kind] <= MOST_LINES:
            self._line(served)
            return
        unlogged = self._unlogged.setdefault(kind, Unlogged())
        unlogged.count += 1
        unlogged.events += served.dropped
        unlogged.rejected += served.rejected

    def sign_in_failed(self, why: str) -> None:
        """Sum up one try to sign in that failed; nothing of what was typed is told."""
        self._failed_sign_ins[why] += 1

    def flush(self) -> None:
        """Hand what was summed up to the metrics, and write those into the folder, if there is one."""
        for (path, status, code), n in self._requests.items():
            metrics.REQUESTS.labels(path, str(status), code).inc(n)
        for (source, answer), n in self._events.items():
            metrics.EVENTS.labels(source, answer).inc(n)
        for why, n in self._failed_sign_ins.items():
            metrics.FAILED_SIGN_INS.labels(why).inc(n)
            self.happening("sign_in.failed", why=why, count=n)
        self._log_the_rest()
        for summed in (self._requests, self._events, self._lines, self._unlogged, self._failed_sign_ins):
            summed.clear()
        self._groups = 0
        before, self._dropped = self._dropped, dropped_lines()
        metrics.LOG_DROPPED.inc(self._dropped - before)
        if self._folder is not None:
            write_tallies(self._folder, os.getpid())

    def _log_the_rest(self) -> None:
        for (path, status, code, source, surprise), of in self._unlogged.items():
            log = self._log.error if surprise else self._log.info
            log(
                "requests",
                path=path,
                status=status,
                code=code,
                source=source,
                count=of.count,
                dropped=of.events,
                rejected=of.rejected,
                surprise=surprise,
            )
        groups, self._unlogged_groups = self._unlogged_groups, Unlogged()
        if groups.count:
            ms = round(groups.seconds * 1_000, 2)
            self._log.info("groups", count=groups.count, events=groups.events, bytes=groups.size_bytes, ms=ms)

    def group(self, *, count: int, size_bytes: int, seconds: float) -> None:
        """Sum one durable commit group up, and log it if there were few within this second."""
        metrics.GROUP_EVENTS.observe(count)
        metrics.APPEND_SECONDS.observe(seconds)
        self._groups += 1
        if self._groups <= MOST_LINES:
            self._log.info("group", events=count, bytes=size_bytes, ms=round(seconds * 1_000, 2))
            return
        rest = self._unlogged_groups
        rest.count += 1
        rest.events += count
        rest.size_bytes += size_bytes
        rest.seconds += seconds

    def recorded(self, recorded: Recorded) -> None:
        """Count and log one recording transaction."""
        for outcome in ("opened", "merged", "duplicate", "dropped"):
            n = getattr(recorded, outcome)
            if n:
                metrics.RECORDED.labels(outcome).inc(n)
        self._log.info("recorded", **{name: getattr(recorded, name) for name in recorded.__struct_fields__})


def _worth_a_line(served: Served) -> bool:
    """Return whether a request is logged in any case; strangers without a key could otherwise fill the disk."""
    return bool(served.surprise or (served.source and (served.code or served.dropped or served.rejected)))


def _count_attempt(fields: dict[str, Any]) -> None:
    lane, result = str(fields.get("lane", "")), str(fields.get("result", ""))
    metrics.BATCHES.labels(lane, result, str(fields.get("code", ""))).inc()
    metrics.SENT.labels(lane, result).inc(int(fields.get("count", 0)))
