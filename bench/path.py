"""
The whole path: `twinbeam serve` with all its processes, the sink and the load generator, together on two cores.

Open loop, single posts. The generator and the sink share the cores with the gateway here; in the world they do not.
"""

import os
import time
from collections.abc import Iterator

from load import Load, Outcome, opened
from result import Row
from scale import Bench
from serving import Gateway, LagWatch, Spent, serving
from sink import Sink, sink
from workload import distinct, posts

STAGE = "path"
CONNECTIONS = 64
SETTLE_SECONDS = 30.0
_ANEW = 800_000_000


def measure(bench: Bench) -> Iterator[Row]:
    """Measure the whole path at a fixed rate."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {bench.core, bench.other_core})
    try:
        with sink(bench.folder / "path-sink") as side, serving(bench.folder / "path", side.port) as gateway:
            yield from _under_load(bench, gateway, side)
    finally:
        os.sched_setaffinity(0, before)


def _under_load(bench: Bench, gateway: Gateway, side: Sink) -> Iterator[Row]:
    rate, count = bench.scale.path_rate, round(bench.scale.path_rate * bench.scale.path_seconds)
    load = Load(port=gateway.intake, requests=posts(gateway.house.key, first=_ANEW), connections=CONNECTIONS)
    spent = Spent(gateway.pids() | {"sink": side.pid, "load generator": os.getpid()})
    watch = LagWatch(gateway)
    watch.start()
    outcome = opened(load, rate=rate, count=count)
    shares, lags = spent.shares(outcome.seconds), watch.stop()
    yield from _accept_rows(outcome, rate)
    yield Row(stage=STAGE, name="record lag, longest seen", value=max(lags), unit="s", target=2, at_most=True)
    yield _delivered(side, count)
    for name, share in shares.items():
        yield Row(stage=STAGE, name=f"processor, {name}", value=share, unit="% of a core")


def _accept_rows(outcome: Outcome, rate: int) -> Iterator[Row]:
    refused = sum(outcome.unexpected.values())
    offered = f"{rate:,} events/s for {outcome.seconds:.0f} s"
    held = outcome.answered / outcome.seconds
    yield Row(stage=STAGE, name="taken", value=held, unit="events/s", target=rate * 0.99, note=f"offered {offered}")
    yield Row(stage=STAGE, name="answers other than 202", value=refused, unit="", target=0, at_most=True)
    yield Row(stage=STAGE, name="accept, p50", value=outcome.p50_ms, unit="ms")
    yield Row(stage=STAGE, name="accept, p99", value=outcome.p99_ms, unit="ms", target=20, at_most=True)
    longest = f"longest {outcome.most_ms:.1f} ms"
    yield Row(stage=STAGE, name="accept, p99.9", value=outcome.p999_ms, unit="ms", note=longest)


def _delivered(side: Sink, count: int) -> Row:
    """Wait until everything has left, and compare what arrived with what was different among what was sent."""
    expected = distinct(_ANEW, count)
    began = time.monotonic()
    while side.events() < expected and time.monotonic() - began < SETTLE_SECONDS:
        time.sleep(0.05)
    after = time.monotonic() - began
    time.sleep(2.0)  # whatever would come twice comes now
    note = f"{count:,} sent, {expected:,} of them different; the last was there {after:.1f} s after the last answer"
    difference = abs(side.events() - expected)
    return Row(
        stage=STAGE, name="events lost or delivered twice", value=difference, unit="", target=0, at_most=True, note=note
    )
