"""What is known of a pixel beside its own events: whose it is, and what TikTok itself says of it."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.account_contract import AccountReads
from twinbeam.core.accounts import Advertiser, ConnectedAccount, ImportedPixel, PixelProfile, WeekStat, account_name
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.story import PixelRow


class TikTokCount(Struct, frozen=True):
    """How often TikTok says that an event came in over the week, before it deduplicates."""

    browser: int = 0
    server: int = 0


class Beside(Struct, frozen=True):
    """What accounts and their owners tell of one pixel."""

    profile: PixelProfile = PixelProfile()
    account: ConnectedAccount | None = None  #: the one that it was imported from
    account_name: str = ""
    advertiser: str = ""  #: the name of its ad account
    activity: str = ""  #: TikTok's own word on whether it is active
    vanished_since_ms: int | None = None  #: since when TikTok does not list it any more
    counts: Mapping[str, TikTokCount] | None = None  #: by event; None where no account tells
    counted_ms: int | None = None  #: when those were read
    is_whole: bool = True  #: they are of all days of the week
    imported_ms: int | None = None

    @property
    def client(self) -> str:
        """Return whose it is."""
        return self.profile.client

    @property
    def whose(self) -> str:
        """Return client, brand, market, domain and owner as one line."""
        it = self.profile
        return " · ".join(word for word in (it.client, it.brand, it.market, it.domain, it.owner) if word)


NOTHING = Beside()

Places = Mapping[tuple[str, str], Beside]
"""By workspace and pixel."""


def read_beside(reads: AccountReads, rows: Sequence[PixelRow], now_ms: int) -> Places:
    """Read what is known of all pixels: a few readings for each connection and workspace, however many pixels."""
    imported: dict[tuple[str, str], Beside] = {}
    for account in sorted(reads.connections(), key=lambda it: it.state == "connected"):  # the newest usable one counts
        for code, beside in _imported(reads, account, now_ms):
            imported[account.workspace, code] = beside
    profiles, places = reads.all_profiles(), [(row.workspace, row.code) for row in rows]
    return {place: _with_profile(imported.get(place, NOTHING), profiles.get(place)) for place in places}


def _imported(reads: AccountReads, account: ConnectedAccount, now_ms: int) -> Iterator[tuple[str, Beside]]:
    advertisers = {each.id: each for each in reads.advertisers(account.id)}
    named = account_name(account, advertisers.values())
    since_day = day_of(now_ms) - WEEK_DAYS + 1
    stats: dict[str, list[WeekStat]] = {}
    for stat in reads.week_stats(account.id, since_day=since_day):
        stats.setdefault(stat.pixel_id, []).append(stat)
    pixels = reads.imported_pixels(account.id)
    first_ms: dict[str, int] = {}
    for pixel in pixels:
        first_ms[pixel.advertiser] = min(pixel.first_seen_ms, first_ms.get(pixel.advertiser, pixel.first_seen_ms))
    for pixel in sorted(pixels, key=lambda it: it.vanished_since_ms is None):
        # Of a pixel that came later than the others, the days before were not read.
        is_late = pixel.first_seen_ms > max(first_ms[pixel.advertiser], since_day * MS_PER_DAY)
        counted = stats.get(pixel.seen.pixel_id, [])
        beside = _beside(account, advertisers[pixel.advertiser], pixel, counted, is_whole=not is_late)
        yield pixel.seen.code, replace(beside, account_name=named)


def _beside(
    account: ConnectedAccount,
    advertiser: Advertiser,
    pixel: ImportedPixel,
    stats: Sequence[WeekStat],
    *,
    is_whole: bool,
) -> Beside:
    read_ms = max((stat.read_ms for stat in stats), default=None)
    if advertiser.stats_day is not None and not advertiser.problem:
        read_ms = advertiser.imported_ms
    counts = None if read_ms is None else {stat.event: TikTokCount(stat.browser, stat.server) for stat in stats}
    return Beside(
        account=account,
        advertiser=advertiser.name or advertiser.id,
        activity=pixel.seen.activity,
        vanished_since_ms=pixel.vanished_since_ms,
        counts=counts,
        counted_ms=read_ms,
        is_whole=is_whole,
        imported_ms=advertiser.imported_ms,
    )


def _with_profile(beside: Beside, profile: PixelProfile | None) -> Beside:
    return beside if profile is None else replace(beside, profile=profile)
