"""The month as a picture: one bar a set-up, in SVG that is the same for the same result."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from month.tally import Month, SetUp
from month.told import share

_WIDTH, _LEFT, _RIGHT, _ROW, _BAR, _TOP = 760, 236, 24, 52, 20, 62
_SPAN = _WIDTH - _LEFT - _RIGHT
_STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#24292f}.s{font-size:12px;fill:#57606a}.c{fill:#1a7f6e}.d{fill:#b35900}"
    ".w{fill:#cf222e}.l{stroke:#8c959f;stroke-dasharray:3 3}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9aa4af}.c{fill:#3fb8a3}.d{fill:#e0913a}"
    ".w{fill:#ff7b72}.l{stroke:#6e7681}}"
)


def drawn(month: Month) -> str:
    """Return the plot: what is counted once, what is counted again, and what is sent without consent."""
    height = _TOP + len(month.set_ups) * _ROW + 30
    a_purchase = _SPAN / max(_whole(it) for it in month.set_ups)
    all_of_them = _LEFT + month.consented.n * a_purchase
    rows = (_row(month, it, _TOP + place * _ROW, a_purchase) for place, it in enumerate(month.set_ups))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="t">',
            f'<title id="t">{escape(_says(month))}</title>',
            f"<style>{_STYLE}</style>",
            f'<text x="0" y="18">Purchases that TikTok counts, of {month.consented.n:,} consented ones</text>',
            *_legend(),
            *(line for row in rows for line in row),
            f'<line class="l" x1="{all_of_them:.1f}" x2="{all_of_them:.1f}" y1="{_TOP - 10}" y2="{height - 22}"/>',
            f'<text class="s" x="{all_of_them:.1f}" y="{height - 6}" text-anchor="middle">each of them once</text>',
            "</svg>",
            "",
        ]
    )


def _whole(it: SetUp) -> int:
    return it.counted.n + it.doubles.n + it.without_consent.n


def _parts(it: SetUp) -> Iterator[tuple[str, str, int]]:
    """Yield class, name and number of each part of a bar."""
    yield "c", "counted once", it.counted.n
    yield "d", "counted again", it.doubles.n
    yield "w", "without consent", it.without_consent.n


def _legend() -> Iterator[str]:
    x = 0
    for kind, name in (("c", "counted once"), ("d", "counted again"), ("w", "sent without consent")):
        yield f'<rect class="{kind}" x="{x}" y="32" width="12" height="12"/>'
        yield f'<text class="s" x="{x + 18}" y="42">{name}</text>'
        x += 40 + 7 * len(name)


def _row(month: Month, it: SetUp, y: int, a_purchase: float) -> Iterator[str]:
    yield f'<text x="0" y="{y + 15}">{escape(it.name)}</text>'
    yield f'<text class="s" x="0" y="{y + 32}">{share(it.counted.n, month.consented.n)} counted</text>'
    x = float(_LEFT)
    for kind, name, n in _parts(it):
        width = n * a_purchase
        if n:
            yield f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}">'
            yield f"<title>{escape(it.name)}: {name} {n:,}</title></rect>"
        x += width


def _says(month: Month) -> str:
    """Say in words what the bars show."""
    rows = [f"{it.name}: " + ", ".join(f"{name} {n:,}" for _, name, n in _parts(it)) for it in month.set_ups]
    return f"Of {month.consented.n:,} consented conversions. " + "; ".join(rows) + "."
