"""What an issue says is affected: in a list of just those, by the names that people know, and with what a role may do."""

import re
from html import unescape

import pytest
from msgspec.structs import replace

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import BUSY, OWNER, bought
from twinbeam.app.checking import Checking
from twinbeam.core.order import CANCELLED
from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.core.story import Flow


def looked(room):
    """Run the jobs behind the issues."""
    checking = Checking(room.store, room.reader, room.clock, (40105,), dict, 100)
    checking.keep_evidence(checking.find())


def links_of(room, check, *, who="owner"):
    """Give where the line of a check leads, by what it says there."""
    text = room.get(f"/issues?check={check}", who=who).text
    return {unescape(said): unescape(to) for to, said in re.findall(r'href="([^"]+)">([^<]+)</a>', text)}


@pytest.fixture
def shop(room):
    room.store.save_workspace(WORKSPACE, DEFAULT_WORKSPACE)
    room.add_pixel()
    return room


@pytest.fixture
def expired(shop):
    """One purchase expired unsent, and one of a cancelled order, as it should be."""
    shop.record(bought("1001"), replace(bought("1002"), stage=CANCELLED))
    shop.clock.advance(seconds=20)
    now_ms = shop.clock.now_ms()
    for lease in shop.leases():
        shop.store.settle_waiting(lease.batch, BUSY, owner=OWNER, now_ms=now_ms, due_ms=now_ms + 5_000, arrived=True)
    shop.clock.advance(seconds=48 * 3_600)
    assert shop.leases() == []  # it is too late for any
    looked(shop)
    return shop


def test_what_expired_is_listed_without_cancelled_orders_and_by_order_ids(expired):
    assert {story.reason for story in expired.reader.recent(limit=9)} == {"dedup_window", "order_cancelled"}
    text, links = words(expired.get("/issues?check=expired")), links_of(expired, "expired")
    assert "Expired unsent in the last 14 days: 1." in text
    assert "for example order 1001" in text
    assert "1002" not in text
    listed = words(expired.get(links["Show them"]))
    assert ("order 1001" in listed, "order 1002" in listed) == (True, False)
    assert "order 1001" in words(expired.get(links["order 1001"]))


def test_what_tiktok_rejected_leads_to_dead_letters_of_the_pixel_and_by_code(shop):
    shop.record(bought("1001"))
    shop.clock.advance(seconds=20)
    shop.refuse()
    looked(shop)
    links = links_of(shop, "rejected")
    assert links["Show them"] == f"/dead-letters?workspace={WORKSPACE}&pixel={PIXEL}"
    assert links["40002"] == f"/dead-letters?workspace={WORKSPACE}&pixel={PIXEL}&code=40002"
    assert "order 1001" in words(shop.get(links["40002"]))
    assert "the newest by TikTok's code: 40002 (1)" in words(shop.get("/issues"))
    viewer = links_of(shop, "rejected", who="viewer")
    assert "40002" not in viewer
    assert shop.get(viewer["Show them"], who="viewer").status == 200


def test_a_viewer_is_shown_no_command_and_no_switch(shop):
    shop.store.flows.save(WORKSPACE, PIXEL, Flow("paused", shop.clock.now_ms(), "ada"))
    pages = ("/issues", "/", "/pixels", f"/pixels/{WORKSPACE}/{PIXEL}")
    for page in pages:
        told = words(shop.get(page, who="viewer"))
        assert "twinbeam pixels resume" in words(shop.get(page, who="member"))
        assert "What waits for 7 days expires. A member can mend it." in told
        assert "twinbeam pixels" not in told
        assert "Kill switch" not in told
    assert "Kill switch" in words(shop.get(pages[-1], who="member"))
    shop.store.stop_pixel(workspace=WORKSPACE, code=PIXEL, why="sale", who="ada", now_ms=shop.clock.now_ms())
    stopped = shop.get(pages[-1], who="viewer")
    assert "Kill switch Stopped since" in words(stopped)
    assert "Start this pixel" not in stopped.text
