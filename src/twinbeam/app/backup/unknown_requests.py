"""
Requests that were made between a backup and its restore: the store does not know them, TikTok counted them.

They are noted as the most that the limits allowed in that time. Too many only make events wait, at the latest until
00:00 UTC; too few could exceed a limit, above all one that is set lower because something else sends with the same app.
"""

from collections.abc import Iterator
from typing import Protocol

from twinbeam.app.flows import app_rates
from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND, day_of
from twinbeam.core.story import PixelRow
from twinbeam.pipeline.send.contract import RequestCounts
from twinbeam.pipeline.send.rates import Rates
from twinbeam.pipeline.send.turns import APP
from twinbeam.settings import Settings

OWNER = "restore"


class CountingStore(Protocol):
    """The part of a store that counts requests."""

    @property
    def request_counts(self) -> RequestCounts:
        """How many requests were noted."""
        ...

    def pixels(self) -> list[PixelRow]:
        """List the configured pixels."""
        ...


def note_unknown(store: CountingStore, settings: Settings, taken_ms: int, now_ms: int) -> list[str]:
    """Note what may have been requested since a backup, and return the scopes of which the day's limit is used up."""
    since_ms = max(taken_ms, day_of(now_ms) * MS_PER_DAY)
    seconds, used_up = (now_ms - since_ms) / MS_PER_SECOND, []
    for scope, rates in _limited(store, settings):
        most = rates.most_within(seconds)
        noted = store.request_counts.note(scope, most, most=rates.per_day, owner=OWNER, now_ms=now_ms)
        if rates.per_day and noted.total >= rates.per_day:
            used_up.append(scope)
    return used_up


def _limited(store: CountingStore, settings: Settings) -> Iterator[tuple[str, Rates]]:
    """Yield what is counted for longer than a restart takes, with its limits."""
    yield APP, app_rates(settings)
    for row in store.pixels():
        rules = row.rules
        per_second = rules.requests_per_second or settings.pixel_requests_per_second
        if rules.requests_per_minute or rules.requests_per_day:
            yield (
                f"{row.workspace}/{row.code}",
                Rates(per_second, rules.requests_per_minute, rules.requests_per_day),
            )
