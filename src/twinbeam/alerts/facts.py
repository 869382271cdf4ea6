"""What is known of the installation at one moment, as plain values; what could not be read is None."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from twinbeam.alerts.incidents import Incident
from twinbeam.core.story import Covered, PixelRow, SideSeen

Place = tuple[str, str]
"""(workspace, pixel)"""


class Source(Struct, frozen=True):
    """A source that signs, and when it last sent anything that it signed."""

    workspace: str
    name: str
    heard_ms: int
    heard: int  #: how many deliveries are known
    gap_ms: int  #: between two of them, on average


class AlertFacts(Struct, frozen=True, kw_only=True):
    """One moment."""

    now_ms: int
    pixels: Sequence[PixelRow] = ()
    refused: Sequence[Place] | None = None  #: whose token TikTok refuses
    lag_seconds: float | None = None
    waiting_since: Mapping[Place, int] | None = None  #: of the oldest conversion that waits for TikTok
    answered: Mapping[Place, tuple[int, int]] | None = None  #: accepted and refused ones of the last hour
    volumes: Mapping[Place, tuple[int, int]] | None = None  #: of the last full hour, and of that a week before
    sides: Sequence[SideSeen] | None = None
    covered: Sequence[Covered] = ()  #: of the last 15 UTC days
    sources: Sequence[Source] | None = None
    dead: Mapping[Place, int] | None = None  #: refused conversions of yesterday and today
    free_mib: float | None = None  #: beyond the reserve
    clock_is_wrong: bool | None = None
    key_ring_is_wrong: bool | None = None
    backup_ms: int | None = None  #: of the newest backup
    incidents: Sequence[Incident] | None = None
