"""
Prometheus metrics, summed over all processes.

Each process counts in memory and writes what it counted into a file of its own once a second, where the disk has room
(tallies.py); whoever is asked sums the files up. Counting happens per request, commit group or batch, never per event,
so it costs nothing that shows.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)

#: What this process counts.
COUNTED = CollectorRegistry()

REQUESTS = Counter("twinbeam_requests", "Requests to the intake.", ["path", "status", "code"], registry=COUNTED)
EVENTS = Counter("twinbeam_events", "Events by what the intake answered.", ["source", "answer"], registry=COUNTED)
ACCEPT_SECONDS = Histogram(
    "twinbeam_accept_seconds", "From the request's head to its answer.", buckets=_SECONDS, registry=COUNTED
)
GROUP_EVENTS = Histogram("twinbeam_group_events", "Events made durable together.", buckets=_SIZES, registry=COUNTED)
APPEND_SECONDS = Histogram(
    "twinbeam_append_seconds", "One durable append to a journal.", buckets=_SECONDS, registry=COUNTED
)
RECORDED = Counter("twinbeam_recorded", "Recorded arrivals by outcome.", ["outcome"], registry=COUNTED)
RECORD_LAG = Gauge("twinbeam_record_lag_seconds", "Age of the oldest event not yet recorded.", registry=COUNTED)
PENDING = Gauge("twinbeam_journal_pending", "Events accepted and not yet recorded.", registry=COUNTED)
UNSENT = Gauge("twinbeam_unsent", "Conversions that wait for TikTok.", registry=COUNTED)
HELD = Gauge("twinbeam_held", "Conversions that wait for permission or confirmation.", registry=COUNTED)
BATCHES = Counter(
    "twinbeam_batches", "Requests to TikTok by what came of them.", ["lane", "result", "code"], registry=COUNTED
)
SENT = Counter(
    "twinbeam_sent_events", "Events in requests to TikTok by what came of them.", ["lane", "result"], registry=COUNTED
)
THROTTLED = Counter(
    "twinbeam_throttled_events", "Events that waited for a limit on requests to TikTok.", ["pixel"], registry=COUNTED
)
HAPPENINGS = Counter("twinbeam_happenings", "What a person may want to look at.", ["event"], registry=COUNTED)
FAILED_SIGN_INS = Counter("twinbeam_failed_sign_ins", "Tries to sign in that failed.", ["why"], registry=COUNTED)
LOG_DROPPED = Counter(
    "twinbeam_log_lines_dropped",
    "Log lines that nobody took: the reader stood still, or had no room.",
    registry=COUNTED,
)
