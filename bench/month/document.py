"""The page docs/concepts/simulated-month.md and its plot: prose by hand, and figures from the recorded result."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from month.assumptions import RANGES
from month.plot import drawn
from month.tally import Month, Sum
from month.told import COLUMNS, cells, last_line, money, share

RECORDED = Path(__file__).with_name("recorded.json")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "concepts" / "simulated-month.md"
PLOT = PAGE.with_suffix(".svg")
_PART = re.compile(r"(<!-- month: (\S+) -->\n).*?(<!-- end of month -->)", re.DOTALL)


def recorded() -> Month:
    """Read the recorded result."""
    return msgspec.json.decode(RECORDED.read_bytes(), type=Month)


def encoded(month: Month) -> bytes:
    """Write a result as it is recorded."""
    return msgspec.json.format(msgspec.json.encode(month)) + b"\n"


def record(month: Month) -> None:
    """Record a result, and bring page and plot up to date."""
    RECORDED.write_bytes(encoded(month))
    for path, text in files(month):
        path.write_text(text, encoding="utf-8")


def files(month: Month) -> Iterator[tuple[Path, str]]:
    """Yield page and plot as they have to be for a result."""
    yield PLOT, drawn(month)
    yield PAGE, _PART.sub(lambda it: f"{it[1]}\n{_BLOCKS[it[2]](month)}\n\n{it[3]}", PAGE.read_text(encoding="utf-8"))


def _set_ups(month: Month) -> str:
    return _table(("set-up", *COLUMNS), [(it.name, *cells(month, it)) for it in month.set_ups])


def _recovered(month: Month) -> str:
    rows = [_summed(month, cause, found) for cause, found in month.recovered.items()]
    whole = Sum(sum(it.n for it in month.recovered.values()), sum(it.cents for it in month.recovered.values()))
    return _table(
        ("what stood in the way", "conversions", "of the consented", "money"),
        [*rows, _summed(month, "together", whole)],
    )


def _lost(month: Month) -> str:
    rows = [
        (it.name, *_summed(month, cause, found))
        for it in month.set_ups
        for cause, found in sorted(it.lost.items(), key=lambda pair: -pair[1].n)
    ]
    return _table(("set-up", "lost by", "conversions", "of the consented", "money"), rows)


def _figures(month: Month) -> str:
    sentence = (
        f"Of {month.conversions:,} conversions {month.consented.n:,} are consented, {money(month.consented)} together. "
        f"TikTok gets {month.keys_recovered.n:,} of them with a key that it may use which the server alone reports "
        f"without one."
    )
    return f"{sentence}\n\n```text\n{last_line(month)}\n```"


def _assumed(month: Month) -> str:
    rows = [
        (it.what, f"{100 * it.low:.0f} to {100 * it.high:.0f} %", f"{100 * drawn_share:.1f} %", it.source)
        for it, drawn_share in zip(RANGES, month.shares.values(), strict=True)
    ]
    return _table(("share", "range", "in this month", "source"), rows)


def _summed(month: Month, name: str, found: Sum) -> tuple[str, ...]:
    return name, f"{found.n:,}", share(found.n, month.consented.n), money(found)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    first, *others = (f"| {' | '.join(cells)} |" for cells in (head, *rows))
    return "\n".join([first, "|---" * len(head) + "|", *others])


_BLOCKS: Mapping[str, Callable[[Month], str]] = {
    "set-ups": _set_ups,
    "figures": _figures,
    "recovered": _recovered,
    "lost": _lost,
    "assumed": _assumed,
}
