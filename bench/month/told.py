"""What a month comes to, as text."""

from collections.abc import Iterator

from msgspec.structs import asdict

from month.tally import Month, SetUp, Sum

COLUMNS = ("counted", "with a key", "doubles", "value error", "without consent")


def table(month: Month) -> Iterator[str]:
    """Yield the lines of the table of all set-ups."""
    width = max(len(it.name) for it in month.set_ups) + 2
    yield f"{month.conversions:,} conversions, {month.consented.n:,} of them consented ({money(month.consented)})"
    yield " " * width + "".join(f"{name:>16}" for name in COLUMNS)
    for it in month.set_ups:
        yield f"{it.name:<{width}}" + "".join(f"{cell:>16}" for cell in cells(month, it))


def cells(month: Month, it: SetUp) -> list[str]:
    """Return the figures of a set-up, in the order of the columns."""
    return [
        share(it.counted.n, month.consented.n),
        share(it.with_key.n, month.consented.n),
        f"{it.doubles.n:,}",
        per_cent(it.value_error),
        f"{it.without_consent.n:,}",
    ]


def causes(month: Month) -> Iterator[str]:
    """Yield what was recovered and what stays lost, by cause."""
    yield "counted through Twinbeam and not by the pixel alone:"
    for cause, found in month.recovered.items():
        yield f"  {cause:<24}{found.n:>8,}{share(found.n, month.consented.n):>10}  {money(found)}"
    keys = month.keys_recovered
    yield f"with a key through Twinbeam and without one by the server alone: {keys.n:,} ({money(keys)})"
    for it in month.set_ups:
        if it.name not in month.doors:
            continue
        lost = ", ".join(f"{cause} {found.n:,} ({money(found)})" for cause, found in it.lost.items())
        yield f"still lost, {it.name}: {lost or 'nothing'}"


def last_line(month: Month) -> str:
    """Return what the month has to come to."""
    it = month.set_ups[-1]
    door = month.doors[it.name]
    return (
        f"month: reached a door {door.reached:,}, counted {door.counted:,}, unexplained {door.unexplained}, "
        f"doubled {it.doubles.n}, without consent {it.without_consent.n}, value error {per_cent(door.off)}"
    )


def failures(month: Month) -> list[str]:
    """Name what the gateway failed at."""
    found = []
    for it in month.set_ups:
        if (door := month.doors.get(it.name)) is not None:
            numbers = {"doubled": it.doubles.n, "without consent": it.without_consent.n, **asdict(door)}
            numbers = {what: n for what, n in numbers.items() if what not in ("reached", "counted")}
            found += [f"{it.name}: {what} {n}" for what, n in numbers.items() if n]
    return found


def share(n: int, of: int) -> str:
    """Write a part of a whole in per cent."""
    return f"{100 * n / of:.1f} %" if of else "-"


def per_cent(part: float) -> str:
    """Write a small part of a whole in per cent."""
    return f"{100 * part:.2f} %"


def money(found: Sum) -> str:
    """Write what purchases came to."""
    return f"EUR {found.cents / 100:,.0f}"
