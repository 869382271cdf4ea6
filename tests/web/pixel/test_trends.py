"""The plots of a pixel: each is drawn from numbers that stand beside it as well."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import PIXEL, WORKSPACE
from ledgers import some_orders
from reading import words
from showroom import bought, seen_in_browser
from twinbeam.core.pixel_counts import PixelCount, joined
from twinbeam.core.rates import WEIGHTS
from twinbeam.orders.causes import PAGE_TOLD, SCRIPT_BLOCKED, SCRIPT_MAY_HAVE
from twinbeam.orders.reconciliation import Result
from twinbeam.orders.sums import ONLINE, OrderGroup, OrderPart
from twinbeam.web.pixel.match_keys.matrix import lines_of, total
from twinbeam.web.pixel.trends.days import TrendDay, delays_of, recovered, within
from twinbeam.web.pixel.trends.view import _matches
from twinbeam.web.plots import columns

PAGE = f"/pixels/{WORKSPACE}/{PIXEL}/trends"


def heights(path):
    return [float(height) for height in re.findall(r"v-([\d.]+)h", path)]


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=1, max_size=40))
def test_columns_are_as_high_as_their_numbers(pairs):
    series = [("browser", [a for a, _ in pairs]), ("server", [b for _, b in pairs])]
    plot = columns(series, "")
    assert plot.highest == max(1, *(a + b for a, b in pairs))
    for (_, path), (_, values) in zip(plot.paths, series, strict=True):
        drawn = [max(1.0, value / plot.highest * plot.height) for value in values if value]
        assert all(abs(a - b) <= 0.05 for a, b in zip(heights(path), drawn, strict=True))


def test_the_page_draws_days_hours_and_delays_and_tells_them_as_numbers(room):
    room.add_pixel()
    room.record(*(seen_in_browser(str(n)) for n in range(4)))
    room.clock.advance(seconds=86_400)
    room.record(*(bought(str(n), received_ms=room.clock.now_ms()) for n in range(10, 13)))
    room.clock.advance(seconds=40)
    room.deliver()
    room.look_at_delivered()
    text = words(room.get(PAGE))
    assert "2026-09-22 3 0 0 3 100.0 % none 0.0" in text
    assert "2026-09-21 4 4 0 0" in text
    assert "at most 4" in text
    page = unescape(room.get(PAGE).text)
    assert page.count("<svg") >= 6
    assert 'aria-label="Time until TikTok answers, conversions. under 1 min: 3, 24 h or more: 4"' in page
    assert "<title>2026-09-22: 3 (3 server only)</title>" in page
    assert "the line is at 99 %. 2026-09-21: 100.0 %, 2026-09-22: 100.0 %" in page


def test_money_is_drawn_by_currency_and_day(room):
    """Two of five orders TikTok has by the server's copy alone."""
    room.add_pixel()
    some_orders(room, WORKSPACE, PIXEL)
    page = room.get(PAGE).text
    assert "Money recovered, EUR per UTC day" in page
    assert "<title>2026-09-21: 41.00 EUR</title>" in page
    assert "at most 41.00 EUR" in page


@pytest.mark.parametrize("score", [7.2, 4.96, 4.9, 8.0, 2.0])
def test_a_score_is_good_or_not_as_the_page_of_match_keys_says(score):
    n = 1_000
    line = total(
        lines_of(
            [
                PixelCount(9, "main", PIXEL, "carried", "Purchase", joined("both", key), count)
                for key, count in {"": n, **dict.fromkeys(WEIGHTS, round(score * n / 10))}.items()
            ],
            0,
        )
    )
    plot = _matches([TrendDay(9, match=score)]).plot
    assert line.score == pytest.approx(score)
    assert (bool(plot.reached), bool(plot.below)) == (line.band.is_good, not line.band.is_good)
    assert f"{score:.1f} of 10, {line.band.name}" in plot.says
    assert line.band.is_good == (line.band.name in ("good", "great"))


def test_a_share_of_delays_is_within_a_step():
    counts = [PixelCount(1, "main", PIXEL, "delay", "Lead", step, n) for step, n in (("1", 10), ("60", 9), ("more", 1))]
    delays = delays_of(counts)
    assert (within(delays, 0.5), within(delays, 0.95)) == ("under 1 s", "under 1 min")
    assert delays_of([]) == []


def test_money_is_recovered_where_the_page_says_that_tiktoks_script_is_blocked():
    place = OrderGroup(9, "main", PIXEL, ONLINE, "EUR", "shop")
    marks = PAGE_TOLD | SCRIPT_BLOCKED
    told = [OrderPart(place, Result.ACCEPTED, "", 2, 5_000, 0, 5_000, marks=marks)]
    told.append(OrderPart(place, Result.ACCEPTED, "", 1, 900, 0, 900, marks=PAGE_TOLD | SCRIPT_MAY_HAVE))
    assert recovered(told, lambda _workspace, _pixel: "both") == {"EUR": {9: 5_000}}


def test_without_events_it_teaches_what_will_be_drawn(room):
    room.add_pixel()
    assert "Nothing to draw yet" in words(room.get(PAGE))
