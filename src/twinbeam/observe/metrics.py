"""
Prometheus metrics, summed over all processes.

Each process counts in a memory-mapped file of its own in a folder that the supervisor makes; whoever is asked sums
the files up. Counting happens per request, commit group or batch, never per event, so it costs nothing that shows.
"""

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)

REQUESTS = Counter("twinbeam_requests", "Requests to the intake.", ["path", "status", "code"])
EVENTS = Counter("twinbeam_events", "Events by what the intake answered.", ["source", "answer"])
ACCEPT_SECONDS = Histogram("twinbeam_accept_seconds", "From the request's head to its answer.", buckets=_SECONDS)
GROUP_EVENTS = Histogram("twinbeam_group_events", "Events made durable together.", buckets=_SIZES)
APPEND_SECONDS = Histogram("twinbeam_append_seconds", "One durable append to a journal.", buckets=_SECONDS)
RECORDED = Counter("twinbeam_recorded", "Recorded arrivals by outcome.", ["outcome"])
RECORD_LAG = Gauge(
    "twinbeam_record_lag_seconds", "Age of the oldest event not yet recorded.", multiprocess_mode="livemax"
)
PENDING = Gauge("twinbeam_journal_pending", "Events accepted and not yet recorded.", multiprocess_mode="livemax")
UNSENT = Gauge("twinbeam_unsent", "Conversions that wait for TikTok.", multiprocess_mode="livemax")
HELD = Gauge("twinbeam_held", "Conversions that wait for permission or confirmation.", multiprocess_mode="livemax")
BATCHES = Counter("twinbeam_batches", "Requests to TikTok by what came of them.", ["lane", "result", "code"])
SENT = Counter("twinbeam_sent_events", "Events in requests to TikTok by what came of them.", ["lane", "result"])
HAPPENINGS = Counter("twinbeam_happenings", "What a person may want to look at.", ["event"])


def observe_all(histogram: Histogram, values: Sequence[float]) -> None:
    """
    Let a histogram without labels observe many values.

    The library takes them one by one, at 1.6 us each: too much for every request. Its buckets are added to directly
    instead, each once; a test holds the two side by side.
    """
    ranked = sorted(values)
    below = 0
    for bound, bucket in zip(histogram._upper_bounds, histogram._buckets, strict=True):  # noqa: SLF001 -- see above
        upto = bisect_right(ranked, bound)
        if upto > below:
            bucket.inc(upto - below)
        below = upto
    if ranked:
        histogram._sum.inc(sum(ranked))  # noqa: SLF001 -- likewise


def exposition(folder: Path) -> tuple[bytes, str]:
    """Sum up the processes' files and give the text and its content type."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
