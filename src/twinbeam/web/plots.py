"""Plots as shapes for SVG, made here: each comes with the words that say the same."""

from collections.abc import Callable, Sequence

from msgspec import Struct

_WIDTH, _HEIGHT = 84, 24  #: of a sparkline, in its own units
_GAP = 2.0
_WHOLE = 1000.0  #: the width of a bar, in its own units
_LEAST = 4.0  #: so that one refused event among thousands can still be seen


class Plot(Struct, frozen=True):
    """A path, the box it is drawn in, and what it says."""

    path: str
    width: int
    height: int
    says: str


class Slice(Struct, frozen=True):
    """A part of a bar; its name gives it its colour."""

    name: str
    n: int
    x: float
    width: float


def sparkline(values: Sequence[int], says: str) -> Plot:
    """Return a column for each value, the highest as high as the box; what is nothing is a line on the ground."""
    highest, width = max([*values, 1]), (_WIDTH + _GAP) / max(len(values), 1)
    columns = []
    for place, value in enumerate(values):
        height = max(1.0, value / highest * _HEIGHT)
        columns.append(f"M{place * width:.1f} {_HEIGHT}v-{height:.1f}h{width - _GAP:.1f}v{height:.1f}z")
    return Plot("".join(columns), _WIDTH, _HEIGHT, says)


def bar(part: float) -> float:
    """Return how wide the filled part of a bar is."""
    return round(min(max(part, 0.0), 1.0) * _WHOLE, 1)


class FallStep(Struct, frozen=True):
    """A step of a fall from a whole: what is left before it ends where its bar ends."""

    name: str
    n: int
    x: float
    width: float


def falling(whole: int, parts: Sequence[tuple[str, int]]) -> list[FallStep]:
    """Let a whole fall by its parts, each of which begins where what is left after it ends."""
    steps, left = [], whole
    for name, n in parts:
        left -= n
        width = max(_LEAST, n / max(1, whole) * _WHOLE) if n else 0.0
        x = min(left / max(1, whole) * _WHOLE, _WHOLE - width)
        steps.append(FallStep(name, n, round(max(0.0, x), 2), round(width, 2)))
    return steps


def stacked(parts: Sequence[tuple[str, int]], whole: int = 0) -> list[Slice]:
    """Divide a bar among its parts, which fill it unless they are of a larger `whole`; nothing has no slice."""
    sum_of_all = sum(n for _, n in parts)
    most = max(1, whole, sum_of_all)
    wanted = [(name, n, max(_LEAST, n / most * _WHOLE)) for name, n in parts if n]
    filled = _WHOLE * min(1.0, sum_of_all / most)
    shrink, x, slices = max(filled, _LEAST) / max(1.0, sum(width for *_, width in wanted)), 0.0, []
    for name, n, width in wanted:
        slices.append(Slice(name, n, round(x, 2), round(width * shrink, 2)))
        x += width * shrink
    return slices


class Shares(Struct, frozen=True):
    """Columns of shares of a whole, those below a target apart, and the target as a line."""

    reached: str
    below: str
    target: str
    width: int
    height: int
    says: str


_SHARES_WIDTH, _SHARES_HEIGHT = 192, 40


def shares(
    values: Sequence[float | None], target: float, says: str, reaches: Callable[[float], bool] | None = None
) -> Shares:
    """
    Return a column for each share from 0 to 1, with a gap where there is none, and the line of the target.

    A share reaches the target where it is not less, unless `reaches` says otherwise.
    """
    step = _SHARES_WIDTH / max(len(values), 1)
    paths: dict[bool, list[str]] = {True: [], False: []}
    for place, value in enumerate(values):
        if value is not None:
            height = max(1.0, min(value, 1.0) * _SHARES_HEIGHT)
            width = max(1.0, min(step * 0.75, step - 1))
            column = f"M{place * step:.1f} {_SHARES_HEIGHT}v-{height:.1f}h{width:.1f}v{height:.1f}z"
            paths[value >= target if reaches is None else reaches(value)].append(column)
    line = f"M0 {(1 - target) * _SHARES_HEIGHT:.1f}H{_SHARES_WIDTH}"
    return Shares("".join(paths[True]), "".join(paths[False]), line, _SHARES_WIDTH, _SHARES_HEIGHT, says)


class Columns(Struct, frozen=True):
    """Columns of stacked parts, a path for each part; the part's name gives it its colour."""

    paths: Sequence[tuple[str, str]]
    width: int
    height: int
    highest: int  #: what the highest column stands for
    says: str


_COLUMNS_WIDTH, _COLUMNS_HEIGHT = 336, 96


def columns(series: Sequence[tuple[str, Sequence[int]]], says: str) -> Columns:
    """Return a column for each place, made of the parts that stand there, the first at the bottom."""
    length = max((len(values) for _, values in series), default=0)
    highest = max([1, *(sum(values[place] for _, values in series) for place in range(length))])
    step = _COLUMNS_WIDTH / max(length, 1)
    width, ground = max(1.0, step - _GAP), [float(_COLUMNS_HEIGHT)] * length
    paths = []
    for name, values in series:
        drawn = []
        for place, value in enumerate(values):
            if value:
                height = max(1.0, value / highest * _COLUMNS_HEIGHT)
                drawn.append(f"M{place * step:.1f} {ground[place]:.1f}v-{height:.1f}h{width:.1f}v{height:.1f}z")
                ground[place] -= height
        paths.append((name, "".join(drawn)))
    return Columns(paths, _COLUMNS_WIDTH, _COLUMNS_HEIGHT, highest, says)


class Spot(Struct, frozen=True):
    """Where the column of one place stands, and what it says."""

    x: float
    width: float
    says: str


class Labelled(Struct, frozen=True):
    """A plot with what stands around it: the first and the last place on the ground, the height of the box in words."""

    plot: Columns | Shares
    spots: Sequence[Spot]
    first: str
    last: str
    top: str


def labelled(plot: Columns | Shares, told: Sequence[tuple[str, str]], top: str) -> Labelled:
    """Put names around a plot, of which every column is told by its name and what it says."""
    step = plot.width / max(len(told), 1)
    spots = [
        Spot(round(place * step, 1), round(step, 1), f"{name}: {says}" if says else name)
        for place, (name, says) in enumerate(told)
    ]
    return Labelled(plot, spots, told[0][0] if told else "", told[-1][0] if told else "", top)


def in_words(what: str, told: Sequence[tuple[str, str]], nothing: str = "0") -> str:
    """Return what a plot shows: each column that is not nothing, with its name."""
    known = ", ".join(f"{name}: {says}" for name, says in told if says not in ("", nothing))
    return f"{what}. {known or nothing}"
