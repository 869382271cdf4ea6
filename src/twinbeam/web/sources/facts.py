"""What the pages of sources show of one: its row, what came from it, what persons asked for through it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, get_args

from msgspec import Struct

from twinbeam.admin import requests
from twinbeam.admin.contract import Admin
from twinbeam.admin.rules import hints, shown
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.deliveries import NOTHING_HEARD, PING, TOO_LARGE, WRONGLY_SIGNED, SourceDeliveries
from twinbeam.core.rules import SourceRules
from twinbeam.core.story import PixelRow, SourceRow
from twinbeam.orders.requests import RequestRow
from twinbeam.web.sources.systems import RULES, SYSTEMS, System

Tone = Literal["ok", "open", "failed"]


class Standing(Struct, frozen=True):
    """In one word whether a source works."""

    word: str
    tone: Tone
    sentence: str


class Choice(Struct, frozen=True):
    """One rule with what it may be."""

    name: str
    title: str
    value: str
    options: Sequence[str]


class SourcePage(Struct, frozen=True):
    """One source."""

    row: SourceRow
    system: System
    heard: SourceDeliveries
    standing: Standing
    pixels: Sequence[PixelRow]  #: that its routes lead to
    requests: Sequence[RequestRow]
    now_ms: int

    @property
    def path(self) -> str:
        """Where its system posts to."""
        return f"/in/{self.row.dialect}/{self.row.name}"

    @property
    def wrongly_signed(self) -> int:
        """How many requests of today and yesterday nobody had signed."""
        return self.heard.unsigned_of(WRONGLY_SIGNED, self.now_ms)

    @property
    def too_large(self) -> int:
        """How many of them were larger than anything that is taken."""
        return self.heard.unsigned_of(TOO_LARGE, self.now_ms)

    @property
    def pings(self) -> int:
        """How many only asked whether somebody is there."""
        return self.heard.unsigned_of(PING, self.now_ms)

    @property
    def lags(self) -> tuple[int, int] | None:
        """Median and 95th percentile of the lags of the last day, in ms."""
        median, high = self.heard.lag_ms(0.5, self.now_ms), self.heard.lag_ms(0.95, self.now_ms)
        return None if median is None or high is None else (median, high)

    @property
    def open_requests(self) -> int:
        """How many persons wait for their owner."""
        return sum(row.done_ms is None for row in self.requests)

    @property
    def mapping(self) -> str:
        """The mapping as it is written down; empty without one."""
        return written(self.row.rules.mapping)


def pages_of(
    admin: Admin, heard: Mapping[str, SourceDeliveries], pixels: Sequence[PixelRow], now_ms: int
) -> list[SourcePage]:
    """Return all sources, by workspace and name; for the store's thread."""
    rows = sorted(admin.store.signed_sources(), key=lambda row: (row.workspace, row.name))
    asked = {it.workspace: requests.listed(admin, it.workspace) for it in rows}
    return [_page(row, heard, pixels, asked[row.workspace], now_ms) for row in rows]


def _page(
    row: SourceRow,
    heard: Mapping[str, SourceDeliveries],
    pixels: Sequence[PixelRow],
    asked: Sequence[RequestRow],
    now_ms: int,
) -> SourcePage:
    known, codes = heard.get(row.name, NOTHING_HEARD), {route.pixel for route in row.routes}
    return SourcePage(
        row=row,
        system=SYSTEMS[row.dialect],
        heard=known,
        standing=standing_of(known, now_ms),
        pixels=[it for it in pixels if it.workspace == row.workspace and it.code in codes],
        requests=[it for it in asked if it.source == row.name],
        now_ms=now_ms,
    )


def standing_of(heard: SourceDeliveries, now_ms: int) -> Standing:
    """Return whether a source works, by what came from it."""
    wrong = heard.unsigned_of(WRONGLY_SIGNED, now_ms)
    if not heard.last and wrong:
        return Standing(
            "wrong secret",
            "failed",
            "Deliveries come, and none is signed with this secret. Compare it with the one in the shop system.",
        )
    if not heard.last:
        return Standing("listening…", "open", "Nothing has come yet.")
    if now_ms - heard.last[0].at_ms > 7 * MS_PER_DAY:
        return Standing("silent", "failed", "Nothing came for 7 days. See whether the shop system still delivers.")
    if heard.last[0].outcome in ("unreadable", "not kept"):
        return Standing("trouble", "failed", "The newest delivery was not taken; its reason stands below.")
    return Standing("receiving", "ok", "Deliveries come and are signed.")


def choices(row: SourceRow) -> Iterator[Choice]:
    """Yield the rules that mean something for a source."""
    found = dict(hints(SourceRules))
    for name in SYSTEMS[row.dialect].rules:
        yield Choice(name, RULES[name], shown(getattr(row.rules, name)), get_args(found[name]))


def written(mapping: Mapping[str, str]) -> str:
    """Write a mapping as its file."""
    if not mapping:
        return ""
    words = {name.removeprefix("status:"): path for name, path in mapping.items() if name.startswith("status:")}
    order = {name: path for name, path in mapping.items() if not name.startswith("status:")}
    lines = ["[order]", *_lines(order), *(["", "[status]", *_lines(words)] if words else [])]
    return "\n".join(lines)


def _lines(pairs: Mapping[str, str]) -> Iterator[str]:
    for name, path in pairs.items():
        key = name if name.isascii() and name.replace("_", "").isalnum() else _quoted(name)
        yield f"{key} = {_quoted(path)}"


def _quoted(text: str) -> str:
    """Write a basic string of TOML."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(it if it.isprintable() else f"\\u{ord(it):04x}" for it in plain) + '"'
