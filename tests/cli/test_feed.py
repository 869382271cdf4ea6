"""`twinbeam feed`: a file in, what it knows, what it does not."""

import re
from contextlib import closing

import pytest
from click.testing import CliRunner

from showroom import Showroom, bought
from twinbeam.cli.main import twinbeam
from twinbeam.core.clock import HandClock
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"
FEED = "id,title,price,cost\nshopify_DE_123_456,Hat,10 EUR,4\nA,Cap,5 EUR,\n,Coat,,\n"


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    clock = HandClock()
    monkeypatch.setattr("twinbeam.cli.setup.SystemClock", lambda: clock)
    with closing(Showroom(tmp_path / "data", clock=clock)) as room:
        room.add_pixel(CODE, workspace=MAIN)
    (tmp_path / "feed.csv").write_text(FEED)
    return tmp_path


def said(*words):
    done = CliRunner().invoke(twinbeam, words)
    return done.output or str(done.exception)


def deliver(folder, *ids):
    """Let TikTok accept an event that names some ids, and compare it with the feed."""
    with closing(Showroom(folder / "data", clock=HandClock())) as room:
        contents = [{"content_id": id_} for id_ in ids]
        event = bought("1", workspace=MAIN, pixel=CODE, event="ViewContent", properties={"contents": contents})
        room.record(event)
        room.clock.advance(seconds=300)
        room.deliver()
        room.compare_contents()


def test_a_file_is_taken_in_and_its_rows_to_mend_are_told(data):
    told = said("feed", "import", str(data / "feed.csv"))
    assert "2 products are in force, 1 of them with a cost." in told
    assert "row 4, id: Left out: it has no id. Give each product an id." in told
    assert said("audit").count("2 from feed.csv") == 1


def test_what_is_no_feed_is_refused_and_the_one_before_stays(data):
    said("feed", "import", str(data / "feed.csv"))
    (data / "bad.csv").write_text("hello\n")
    assert "No head was found" in said("feed", "import", str(data / "bad.csv"))
    assert re.search(r"products +2, 1 of them with a cost", said("feed", "status"))


def test_status_says_what_share_of_ids_is_known_and_unknown_says_what_to_send(data):
    assert "No product feed." in said("feed", "status")
    said("feed", "import", str(data / "feed.csv"))
    assert "No event that TikTok accepted was compared" in said("feed", "status")
    assert "knows all ids" in said("feed", "unknown")
    deliver(data, "456", "A", "nothing\x1b[2J")
    assert "33.3% of content ids known (90 % is the target)" in said("feed", "status")
    lines = said("feed", "unknown", "--pixel", CODE)
    assert "1 456  The feed knows this product as shopify_DE_123_456: send shopify_DE_123_456." in lines
    assert "\x1b" not in lines


def test_an_address_is_scheduled_and_forgotten(data):
    for bad in ("ftp://shop.example/x", "shop.example/feed", "https://", "https://[::1"):
        assert "https://shop.example/feed.xml" in said("feed", "schedule", bad)
    assert "No address is read" in said("feed", "forget")
    assert "shop.example" in said("feed", "schedule", "https://ada:secret@shop.example/feed.xml", "--every", "6")
    told = said("feed", "status")
    assert "on shop.example, read every 6 hours" in told
    assert "secret" not in told + said("audit")
    assert said("feed", "forget") == "No address is read any more.\n"
    said("feed", "import", str(data / "feed.csv"))
    assert "forgotten" in said("feed", "forget", "--products")
    assert "No product feed." in said("feed", "status")


def test_a_workspace_or_pixel_that_is_not_there_is_named(data):
    assert "no workspace hats" in said("feed", "import", str(data / "feed.csv"), "--workspace", "hats")
    assert "There is no pixel NONE" in said("feed", "unknown", "--pixel", "NONE")


def test_margin_is_refused_while_the_script_reports_purchases_too():
    told = said("pixels", "set", CODE, "value=margin")
    assert "set both: value=margin ways.Purchase=server" in told
    said("pixels", "set", CODE, "value=margin", "ways.Purchase=server")
    assert "set both" in said("pixels", "set", CODE, "ways.Purchase=both")
    assert re.search(r"^value +margin", said("pixels", "rules", CODE), re.MULTILINE)
