"""An import under way: what it goes by, and what it brings from one ad account."""

from msgspec import Struct

from twinbeam.core.accounts import AccountTrouble, Advertiser, DeveloperApp, ImportRun, PixelSeen, StatSeen


class Course(Struct, frozen=True):
    """An import that has begun, or goes on where it was: by which token, and which ad accounts are left."""

    run: ImportRun
    app: DeveloperApp
    token: str
    lists_accounts: bool  #: the ad accounts are still to be listed
    left: tuple[Advertiser, ...] = ()

    def __repr__(self) -> str:
        return f"Course({self.run!r}, {len(self.left)} left)"


class CountedDay(Struct, frozen=True):
    """TikTok's counts of some pixels on a UTC day."""

    day: int
    pixel_ids: tuple[str, ...]
    stats: tuple[StatSeen, ...]


class Harvest(Struct, frozen=True):
    """What an import brings from one ad account."""

    advertiser: str
    pixels: tuple[PixelSeen, ...] | None  #: None: they could not be read to the end
    days: tuple[CountedDay, ...] = ()
    stats_day: int | None = None  #: the newest day, where all days were read
    trouble: AccountTrouble | None = None
