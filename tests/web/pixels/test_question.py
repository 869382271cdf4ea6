"""Which of many pixels the page shows, and in which order."""

import re

import pytest
from starlette.datastructures import QueryParams

from reading import words
from showroom import bought, seen_in_browser
from twinbeam.jobs.pixel_weeks import COUNTED_AT_ONCE, read_weeks
from twinbeam.web.pixels.question import PAGE, PixelsAsked, read_question


def code(n):
    return f"C0EXAMPLEPIXELCODE{n:02}"


def a_fleet(room, pixels=4):
    """Give pixels of two workspaces; the first ones lack a token while events wait, two report more."""
    for n in range(pixels):
        workspace = "acme" if n % 2 else "main"
        room.add_pixel(code(n), workspace=workspace, name=f"Shop {n:02}", token=None if n == 3 else "t" * 40)
        room.record(*(bought(f"{n}-{i}", pixel=code(n), workspace=workspace) for i in range(n + 1)))


def shown(answer):
    return re.findall(r'<td role="cell" class="name"><a href="[^"]+"><b>Shop (\d+)</b>', answer.text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["03", "00", "01", "02"]),
        ("?sort=name", ["00", "01", "02", "03"]),
        ("?sort=events", ["03", "02", "01", "00"]),
        ("?q=shop+02", ["02"]),
        ("?q=PIXELCODE01", ["01"]),
        ("?workspace=acme&sort=name", ["01", "03"]),
        ("?status=inactive&sort=name", ["00", "01", "02", "03"]),
        ("?status=active", []),
        ("?issues=1", ["03"]),
    ],
)
def test_pixels_are_sorted_and_filtered(room, query, expected):
    a_fleet(room)
    assert shown(room.get(f"/pixels{query}")) == expected


def test_an_empty_result_leads_back(room):
    a_fleet(room)
    text = room.get("/pixels?q=nothing+like+that").text
    assert "No pixel is like that." in text
    assert '<a href="/pixels">Show all</a>' in text


def test_the_page_says_first_how_many_are_broken(room):
    a_fleet(room)
    assert "4 pixels: 1 delivers nothing , 4 inactive." in words(room.get("/pixels"))


def test_many_pixels_come_a_page_at_a_time_and_keep_what_was_asked_for(room):
    a_fleet(room, PAGE + 2)
    first = room.get("/pixels?sort=name")
    assert shown(first) == [f"{n:02}" for n in range(PAGE)]
    (following,) = re.findall(r'<a href="([^"]+)" rel="next">', first.text)
    assert following == "/pixels?sort=name&amp;page=2"
    assert shown(room.get(following.replace("&amp;", "&"))) == [str(PAGE), str(PAGE + 1)]


def test_many_pixels_are_as_they_were_counted_and_the_page_says_when(room):
    a_fleet(room, COUNTED_AT_ONCE + 1)
    assert "counted just now" in words(room.get("/pixels"))
    room.store.keep_weeks(read_weeks(room.reader, room.clock.now_ms()))
    room.record(seen_in_browser("new", pixel=code(0), workspace="main"))
    room.clock.advance(seconds=42)
    page = words(room.get("/pixels?q=shop+00"))
    assert "counted 42 s ago, over the last 7 UTC days" in page
    assert "1 conversion Purchase 0 browser only 1 server only" in page


def test_what_is_not_understood_is_left_out():
    asked = read_question(QueryParams("sort=x&status=y&page=-1&group=z&q=" + "a" * 500))
    assert asked == PixelsAsked(q="a" * 100)
    assert read_question(QueryParams("page=99999999")).page == 1
    assert PixelsAsked(q="a b", page=3).address(page=1) == "/pixels?q=a+b"
