"""What accounts tell of a pixel: whose it is, TikTok's own word and counts, and when all of it was and is read."""

import pytest

from account_rooms import AccountRoom
from accounting import Accounts, a_pixel
from reading import words
from showroom import bought, seen_in_browser
from twinbeam.admin import profiles
from twinbeam.admin.beside import read_beside
from twinbeam.core.accounts import StatSeen
from twinbeam.core.clock import day_of
from twinbeam.core.rules import MAIN

DAY_S = 86_400
SHOP = a_pixel(50).code
PAGE = f"/pixels/{MAIN}/{SHOP}"


@pytest.fixture
def room(tmp_path):
    tiktok = Accounts({"1": [a_pixel(n) for n in range(1, 4)], "2": [a_pixel(50, activity="ACTIVE")]})
    room = AccountRoom(tmp_path / "data", tiktok=tiktok)
    room.id = room.connect()
    room.visit(f"/accounts/{room.id}/choose", {"do": "all"})
    room.run_import()
    yield room
    room.close()


def sold(room, count=3, *, counted=0):
    """Let TikTok accept purchases, and an hour later give its statistics."""
    day = day_of(room.clock.now_ms())
    now_ms = room.clock.now_ms()
    copies = [bought(str(n), workspace=MAIN, pixel=SHOP, received_ms=now_ms) for n in range(count)]
    room.record(*copies)
    room.clock.advance(seconds=20)
    room.deliver()
    if counted:
        room.tiktok.stats["7050", day] = [StatSeen("7050", "Purchase", 40, counted, 40 + counted)]


def reimport(room, seconds):
    room.clock.advance(seconds=seconds)
    room.run_import()


def test_an_imported_pixel_tells_tiktoks_word_and_when_it_is_read_again(room):
    room.next_ms = room.clock.now_ms() + 600_000
    text = words(room.get(PAGE))
    assert "Inactive Imported, but no traffic:" in text
    assert "TikTok says: active." in text
    assert "Imported 14:13:20 ; next import in 10 min , at about 14:23:20" in text
    assert "TikTok says: active." in words(room.get("/pixels"))
    assert "next import in 10 min" in words(room.get("/pixels"))
    assert room.get(PAGE).text.count('data-countdown="600"') == 1


def test_members_import_now_and_viewers_do_not(room):
    form = f'action="/accounts/{room.id}/import"'
    assert form in room.get(PAGE, who="member").text
    assert form not in room.get(PAGE, who="viewer", workspace=MAIN).text
    assert room.post(f"/accounts/{room.id}/import", who="member").status == 303
    assert "next import begins within seconds" in words(room.get(PAGE))


def test_pixels_are_filtered_and_grouped_by_the_client_of_their_profile(room):
    said = {"client": "Acme", "brand": "Boots", "domain": "boots.example", "market": "DE", "owner": "ada"}
    profiles.describe(room.admin, MAIN, SHOP, said)
    profiles.describe(room.admin, MAIN, a_pixel(1).code, {"client": "Zeta"})
    assert "Acme · Boots · DE · boots.example · ada" in words(room.get("/pixels"))
    only = words(room.get("/pixels?client=Acme"))
    assert "Pixel 50" in only
    assert "Pixel 1" not in only
    grouped = words(room.get("/pixels?group=client")).partition("Issues")[2]
    assert grouped.index("Acme") < grouped.index("Pixel 50") < grouped.index("Zeta") < grouped.index("Pixel 1 ")
    assert grouped.index("Pixel 1 ") < grouped.index("No client") < grouped.index("Pixel 2")
    assert "Pixel 50" in words(room.get("/pixels?q=boots.example"))
    assert "Client: Acme Brand: Boots Domain: boots.example Market: DE Owner: ada" in words(room.get(PAGE))


def test_a_viewer_of_another_workspace_is_told_nothing(room):
    assert room.get(PAGE, who="viewer", workspace="other").status == 404
    assert SHOP not in room.get("/pixels", who="viewer", workspace="other").text


def test_tiktoks_own_counts_stand_beside_ours(room):
    sold(room, counted=3)
    assert "Counted by TikTok" in words(room.get(PAGE))
    reimport(room, 900)
    text = words(room.get(PAGE))
    assert "3 0 40 + 3" in text
    assert "TikTok's counts were read 14:28:40" in text
    assert "not yet in TikTok's statistics" not in text


def test_what_was_accepted_and_is_not_counted_is_told_and_becomes_an_issue_once_it_is_late(room):
    sold(room, counted=1)
    reimport(room, 900)
    text = words(room.get(PAGE))
    assert "Accepted, not yet in TikTok's statistics: 2." in text
    assert "40 + 1 2 not yet" in text
    assert "still not in its statistics" not in text
    assert "Accepted, not yet in TikTok's statistics: 2." in words(room.get("/pixels"))
    room.clock.advance(seconds=7_200)
    assert "still not in its statistics" not in words(room.get(PAGE)), "nobody has read since"
    room.run_import()
    assert "Accepted by TikTok, and still not in its statistics: 2." in words(room.get("/pixels"))
    assert "2 of them were accepted long before that" in words(room.get(PAGE))


def test_where_events_go_on_only_those_of_days_that_are_long_over_are_late(room):
    sold(room, 3)
    for _ in range(2):
        room.clock.advance(seconds=DAY_S)
        now_ms = room.clock.now_ms()
        order = f"later-{now_ms}"
        room.record(seen_in_browser(order, workspace=MAIN, pixel=SHOP, received_ms=now_ms))
        room.record(bought(order, workspace=MAIN, pixel=SHOP, received_ms=now_ms))
        room.clock.advance(seconds=20)
        room.deliver()
        reimport(room, 60)
    assert "Accepted, not yet in TikTok's statistics: 5." in words(room.get(PAGE))
    assert "still not in its statistics: 3." in words(room.get(PAGE))


def test_five_hundred_pixels_take_as_many_readings_as_four(room):
    def readings():
        asked = []
        reads = room.reader.accounts

        class Counting:
            def __getattr__(self, name):
                return lambda *of, **how: asked.append(name) or getattr(reads, name)(*of, **how)

        found = read_beside(Counting(), room.reader.pixels(), room.clock.now_ms())
        return len(found), asked

    few, before = readings()
    room.tiktok.pixels["1"] = [a_pixel(n) for n in range(100, 600)]
    reimport(room, 900)
    many, after = readings()
    assert (few, many > 500) == (4, True)
    assert before == after
