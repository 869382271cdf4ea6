"""
Accept to disk: a real ingest process on one core, the load generator on another.

Every measurement alternates with the same load on an app that only answers 204, on the same server settings, so
that the ratio means something where the absolute numbers do not. The recorder is played by a loop that confirms
everything every 50 ms, so that the journal forgets as it goes, as it does behind a writer that keeps up.
"""

from collections.abc import Callable, Generator, Iterator
from itertools import cycle, islice
from statistics import median

from load import Load, Outcome, closed, opened
from msgspec import Struct
from processes import House, Running, cpu_seconds, furnish, ingest, plain
from result import Row
from scale import Bench
from slow_sync import compiled
from workload import posts

from twinbeam.engines.journals.sqlite import SqliteJournalReader, slot_path
from twinbeam.engines.keyring import KeyRing

STAGE = "accept"
CONNECTIONS = 64
BATCH = 50
BATCH_CONNECTIONS = 16
_RENDER = {1: 12_000, BATCH: 700}  #: requests per second rendered before a round; more are rendered in it


class Round(Struct, frozen=True):
    """What came of one round, and what it cost the server."""

    outcome: Outcome
    cpu_us: float  #: processor time per request

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.outcome.per_second


class Sides(Struct, frozen=True):
    """The two servers that are compared, and what plays the recorder meanwhile."""

    gateway: Running
    plain: Running
    key: str
    confirm: Callable[[], None]


def measure(bench: Bench) -> Iterator[Row]:
    """Measure everything about accept."""
    with plain("bare", bench.folder, bench.core) as bare, plain("plain", bench.folder, bench.core) as compared:
        yield _generator_row(bench, bare)
        house = furnish(bench.folder / "accept")
        with ingest(house, bench.core) as running:
            sides = Sides(running, compared, house.key, _recorder(house))
            peak = yield from _peaks(bench, sides, "")
            yield from _open_loop(bench, sides, peak / 2)
        yield from _on_a_slow_disk(bench, compared)


def _generator_row(bench: Bench, bare: Running) -> Row:
    scale = bench.scale
    load = Load(port=bare.port, requests=_again(1), expect=204)
    rates = []
    for _ in range(scale.rounds):
        outcome = closed(load, seconds=scale.seconds / 2, warm_seconds=scale.warm_seconds / 2, expect_rate=50_000)
        rates.append(_checked(outcome).per_second)
    note = "no HTTP server behind it; must be well above every row below"
    return Row.of(STAGE, "the load generator's own limit", rates, "requests/s", note=note, target=30_000)


def _peaks(bench: Bench, sides: Sides, where: str, *, with_targets: bool = True) -> Generator[Row, None, float]:
    """Measure single posts and posts of 50, each beside the plain app; give the peak of single posts."""
    aims = {1: (9_000.0, 0.33), BATCH: (22_000.0, None)} if with_targets else {1: (None, None), BATCH: (None, None)}
    peak = 0.0
    for events, (target, ratio_target) in aims.items():
        ours, theirs = _rounds(bench, sides, events)
        rates = [one.per_second * events for one in ours]
        base = [one.per_second for one in theirs]
        peak = peak or median(rates)
        shape, connections = _shape(events)
        name = f"{shape}, {connections} connections, closed loop{where}"
        note = f"p50 {_ms(ours, 'p50_ms')}, p99 {_ms(ours, 'p99_ms')} at saturation"
        yield Row.of(STAGE, name, rates, "events/s", target=target, target_note=_stretch(target), note=note)
        yield Row.of(STAGE, f"plain 204 app, {shape}{where}", base, "requests/s")
        ratios = [one.per_second / other.per_second for one, other in zip(ours, theirs, strict=True)]
        compared = "requests to requests"
        yield Row.of(STAGE, f"ratio to the plain app, {shape}{where}", ratios, "", target=ratio_target, note=compared)
        burnt, idle = [one.cpu_us / events for one in ours], median(one.cpu_us for one in theirs)
        compared = f"plain app: {idle:.1f} us/request"
        yield Row.of(STAGE, f"processor time, {shape}{where}", burnt, "us/event", note=compared)
    return peak


def _rounds(bench: Bench, sides: Sides, events: int) -> tuple[list[Round], list[Round]]:
    """Load the two sides in turn; give our rounds and the plain app's."""
    connections = _shape(events)[1]
    requests = posts(sides.key, events=events, first=events * 10_000_000)
    ours = Load(port=sides.gateway.port, requests=requests, connections=connections, beside=sides.confirm)
    theirs = Load(port=sides.plain.port, requests=_again(events), connections=connections, expect=204)
    took: tuple[list[Round], list[Round]] = ([], [])
    for _ in range(bench.scale.rounds):
        took[1].append(_round(bench, theirs, sides.plain, events))
        took[0].append(_round(bench, ours, sides.gateway, events))
    return took


def _round(bench: Bench, load: Load, server: Running, events: int) -> Round:
    scale, before = bench.scale, cpu_seconds(server.process.pid)
    outcome = _checked(
        closed(load, seconds=scale.seconds, warm_seconds=scale.warm_seconds, expect_rate=_RENDER[events])
    )
    return Round(outcome, (cpu_seconds(server.process.pid) - before) / outcome.sent * 1e6)


def _open_loop(bench: Bench, sides: Sides, rate: float) -> Iterator[Row]:
    """Measure latencies at a fixed rate, from the moments at which requests were due."""
    count = round(rate * bench.scale.open_seconds)
    requests = posts(sides.key, first=900_000_000)
    ours = Load(port=sides.gateway.port, requests=requests, connections=CONNECTIONS, beside=sides.confirm)
    theirs = Load(port=sides.plain.port, requests=_again(1), connections=CONNECTIONS, expect=204)
    base = _checked(opened(theirs, rate=rate, count=count))
    outcome = _checked(opened(ours, rate=rate, count=count))
    name = "open loop at half the peak"
    note = f"{rate:,.0f} events/s offered; plain app p50 {base.p50_ms:.1f}, p99 {base.p99_ms:.1f} ms"
    yield Row(stage=STAGE, name=f"{name}, p50", value=outcome.p50_ms, unit="ms", note=note)
    yield Row(stage=STAGE, name=f"{name}, p99", value=outcome.p99_ms, unit="ms", target=15, at_most=True)
    worst = f"longest {outcome.most_ms:.1f} ms"
    yield Row(stage=STAGE, name=f"{name}, p99.9", value=outcome.p999_ms, unit="ms", note=worst)


def _on_a_slow_disk(bench: Bench, compared: Running) -> Iterator[Row]:
    """Measure the peaks once more with every sync 2 ms slower."""
    shim = compiled(bench.folder)
    where = ", each sync 2 ms slower"
    if shim is None:
        note = "not measured: needs a C compiler (cc) and LD_PRELOAD"
        yield Row(stage=STAGE, name=f"single posts{where}", value=None, unit="events/s", note=note)
        return
    house = furnish(bench.folder / "accept-slow")
    with ingest(house, bench.core, preload=shim) as running:
        sides = Sides(running, compared, house.key, _recorder(house))
        yield from _peaks(bench, sides, where, with_targets=False)


def _recorder(house: House) -> Callable[[], None]:
    """Play the recorder: confirm whatever is in the journal."""
    reader = SqliteJournalReader(slot_path(house.data, 0), KeyRing.open(house.keyring))

    def confirm() -> None:
        reader.confirm(reader.newest()[0])

    return confirm


def _again(events: int) -> Iterator[bytes]:
    """Repeat a few posts for a server that does not look at them."""
    return cycle(list(islice(posts("tbs_bench", events=events), 100)))


def _shape(events: int) -> tuple[str, int]:
    return ("single posts", CONNECTIONS) if events == 1 else (f"posts of {events}", BATCH_CONNECTIONS)


def _stretch(target: float | None) -> str:
    return "stretch 12,000" if target == 9_000 else ""


def _ms(rounds: list[Round], name: str) -> str:
    return f"{median(getattr(one.outcome, name) for one in rounds):.1f} ms"


def _checked(outcome: Outcome) -> Outcome:
    """Refuse a round in which nothing was answered, or anything otherwise than expected."""
    if outcome.unexpected or not outcome.answered:
        raise AssertionError(f"{outcome.answered} answers; unexpected ones (status: how many): {outcome.unexpected}")
    return outcome
