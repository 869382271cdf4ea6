"""
TikTok's own counts of purchases and leads, as its Marketing API told them, to be shown beside the orders.

They lag: TikTok's statistics are by UTC day, are filled in over hours, and are read every 15 minutes. They count before
deduplication, so an order that script and server both reported is two (tiktok.md 12.2).
"""

from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from twinbeam.admin.account_contract import AccountReads
from twinbeam.core.accounts import EventStat
from twinbeam.orders.reconciliation import LEADS, PURCHASE, Days

TiktokPlace = tuple[int, str, str]
"""(UTC day, workspace, pixel)"""


class TiktokCount(Struct, frozen=True):
    """What TikTok says that it received of a pixel."""

    browser: int = 0
    server: int = 0
    read_ms: int = 0  #: when the newest of it was read

    def __add__(self, other: "TiktokCount") -> "TiktokCount":
        read_ms = max(self.read_ms, other.read_ms)
        return TiktokCount(self.browser + other.browser, self.server + other.server, read_ms)

    @property
    def most(self) -> int:
        """The larger side: what TikTok counts at least, whatever of the other side were copies."""
        return max(self.browser, self.server)


def tiktok_counts(accounts: AccountReads, days: Days, told: str = "orders") -> Mapping[TiktokPlace, TiktokCount]:
    """Return TikTok's own counts by day, workspace and pixel; of a pixel in two accounts the newer word."""
    events = (PURCHASE,) if told == "orders" else LEADS
    newest: dict[tuple[TiktokPlace, str], EventStat] = {}
    for account in accounts.connections():
        if days.workspace not in ("", account.workspace):
            continue
        codes = {pixel.seen.pixel_id: pixel.seen.code for pixel in accounts.imported_pixels(account.id)}
        for stat in accounts.stats(account.id, since_day=days.first):
            if stat.event not in events or stat.day > days.last or stat.pixel_id not in codes:
                continue
            key = ((stat.day, account.workspace, codes[stat.pixel_id]), stat.event)
            if key not in newest or newest[key].read_ms < stat.read_ms:
                newest[key] = stat
    found: defaultdict[TiktokPlace, TiktokCount] = defaultdict(TiktokCount)
    for (place, _), stat in newest.items():
        found[place] += TiktokCount(stat.browser, stat.server, stat.read_ms)
    return dict(found)
