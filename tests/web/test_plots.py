"""Every plot of the pages is read without a note: what it counts stands above it, its values in its label."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from builders import PIXEL, WORKSPACE
from ledgers import some_orders
from twinbeam.web import plots

WEB = Path(plots.__file__).parent
DRAWS = re.compile(r'<svg[^>]*role="img"|\{\{ \w*(sparkline|bar|stacked|step|shares|columns)\(')
OWN = f"/pixels/{WORKSPACE}/{PIXEL}"
WITH_PLOTS = [
    "/",
    "/pixels",
    OWN,
    f"{OWN}/trends",
    f"{OWN}/pipeline",
    f"{OWN}/overlap",
    f"{OWN}/consent",
    f"{OWN}/events",
    "/reconciliation",
    "/reconciliation/week/2026-09-21",
]
UNIT = re.compile(
    r"%|\b(conversions?|copies|events?|orders?|leads?|of 10|eur per)\b", re.IGNORECASE
)  #: what a plot can count


class Plots(HTMLParser):
    """Reads each plot in a page's main part, with the title that it stands under."""

    def __init__(self):
        super().__init__()
        self.found = []  #: (title, label, how many titles of its own)
        self._within, self._heading, self._cells, self._columns = False, "", 0, []
        self._writes = None

    def handle_starttag(self, tag, attrs):
        its = dict(attrs)
        self._within |= tag == "main"
        if tag in {"h1", "h2", "h3"}:
            self._heading, self._writes = "", "heading"
        elif tag == "table":
            self._columns = []
        elif tag == "tr":
            self._cells = 0
        elif tag == "th" and its.get("role") == "columnheader":
            self._columns.append("")
            self._writes = "column"
        elif tag == "td":
            self._cells += 1
        elif tag == "title" and self.found:
            title, label, told = self.found[-1]
            self.found[-1] = (title, label, told + 1)
        elif tag == "svg" and its.get("role") == "img" and self._within:
            title = self._columns[self._cells - 1] if self._cells else self._heading
            self.found.append((title, its.get("aria-label", ""), 0))

    def handle_endtag(self, tag):
        if tag in {"h1", "h2", "h3", "th"}:
            self._writes = None
        elif tag == "table":
            self._cells = 0

    def handle_data(self, data):
        if self._writes == "heading":
            self._heading += data
        elif self._writes == "column":
            self._columns[-1] += data


def plots_of(answer):
    reader = Plots()
    reader.feed(answer.text)
    return reader.found


@pytest.fixture
def shop(busy):
    some_orders(busy, WORKSPACE, PIXEL)
    return busy


@pytest.mark.parametrize("path", WITH_PLOTS)
def test_every_plot_names_its_unit_above_it_and_its_values_in_its_label(shop, path):
    found = plots_of(shop.get(path))
    assert found
    for title, label, _ in found:
        assert UNIT.search(title), f"{label!r} stands under {title!r}, which names no unit"
        assert re.search(r"\d", label), f"{label!r} tells no value"


def test_no_page_has_a_plot_that_is_not_tried_here():
    """A page that draws says so by the macros it imports."""
    drawing = {str(page.relative_to(WEB)) for page in WEB.rglob("*.html") if DRAWS.search(page.read_text())}
    assert drawing == {
        "components/plots.html",
        "live/part.html",
        "pixel/consent/page.html",
        "pixel/events/page.html",
        "pixel/overlap/page.html",
        "pixel/pipeline/page.html",
        "pixel/trends/page.html",
        "pixels/one.html",
        "pixels/page.html",
        "products/page.html",
        "reconciliation/page.html",
        "reconciliation/week.html",
    }


def test_a_plot_over_time_has_a_title_for_every_column_and_its_ends_at_the_axis(shop):
    answer = shop.get(f"{OWN}/trends")
    told = {title: (label, titles) for title, label, titles in plots_of(answer)}
    volume, titles = next(it for title, it in told.items() if title.startswith("Conversions per UTC day"))
    assert titles == 28
    assert re.fullmatch(
        r"Conversions per UTC day\. 2026-09-21: \d+ \(\d+ browser only, \d+ both, \d+ server only\)", volume
    )
    axes = re.findall(r'<p class="axis" aria-hidden="true"><span>([^<]+)</span> <span>([^<]+)</span>', answer.text)
    assert axes[0] == ("2026-08-25", "2026-09-21")
    assert axes[1] == ("0:00 UTC", "23:00 UTC")
    tops = re.findall(r'<p class="axis top" aria-hidden="true"><span>([^<]+)</span>', answer.text)
    assert tops[0].startswith("at most ")
    assert "100 %" in tops


def test_a_column_without_a_value_is_told_by_its_name_alone():
    told = [("2026-11-01", ""), ("2026-11-02", "50 %")]
    plot = plots.labelled(plots.shares([None, 0.5], 0.9, "x"), told, "100 %")
    assert [spot.says for spot in plot.spots] == ["2026-11-01", "2026-11-02: 50 %"]
