"""How much is measured: the whole suite, or a quick look."""

from pathlib import Path

from msgspec import Struct


class Scale(Struct, frozen=True, kw_only=True):
    """The sizes of every stage. Rates and targets are the same in both."""

    quick: bool
    rounds: int  #: of each measurement; the median is shown, with the least and the most
    seconds: float  #: of one round under load
    warm_seconds: float  #: of load before each round that do not count
    open_seconds: float  #: of one open-loop round
    room_passes: int
    room_events: int
    record_events: int  #: of one recording round
    stored_conversions: int
    stored_visitors: int
    drain_events: int
    path_seconds: float
    path_rate: int  #: events per second


class Bench(Struct, frozen=True, kw_only=True):
    """What a stage is told: how much to measure, where the files go, which cores are whose."""

    scale: Scale
    folder: Path
    core: int  #: of what is measured
    other_core: int  #: of what produces the load or takes the deliveries


FULL = Scale(
    quick=False,
    rounds=3,
    seconds=4.0,
    warm_seconds=1.0,
    open_seconds=15.0,
    room_passes=5,
    room_events=4_000,
    record_events=60_000,
    stored_conversions=5_000_000,
    stored_visitors=2_500_000,
    drain_events=150_000,
    path_seconds=60.0,
    path_rate=4_000,
)
QUICK = Scale(
    quick=True,
    rounds=2,
    seconds=1.5,
    warm_seconds=0.5,
    open_seconds=5.0,
    room_passes=3,
    room_events=1_500,
    record_events=20_000,
    stored_conversions=200_000,
    stored_visitors=100_000,
    drain_events=40_000,
    path_seconds=10.0,
    path_rate=4_000,
)
