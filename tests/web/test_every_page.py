"""What holds for every page."""

import re
from hashlib import sha256
from html import escape

import pytest

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import Showroom, bought
from twinbeam.core.errors import StorageBusy

PAGES = [
    "/",
    "/?days=1",
    "/pixels",
    "/issues",
    "/issues?weight=broken",
    "/setup",
    "/sources",
    "/conversions",
    "/conversions?state=waiting",
    "/reconciliation",
    "/reconciliation?result=missing",
    "/products",
    "/alerts",
    "/restored",
    "/products?days=28",
    "/find",
    "/find?q=12",
    "/find?q=nope",
    "/debugger",
    "/debugger?outcome=delivered",
    "/debugger/12",
    "/debugger/60",
    "/events/12",
    "/events/41",
    "/events/49",
    f"/pixels/{WORKSPACE}/{PIXEL}/pipeline?step=declined",
    f"/pixels/{WORKSPACE}/{PIXEL}/overlap",
    f"/pixels/{WORKSPACE}/{PIXEL}/match-keys",
    f"/pixels/{WORKSPACE}/{PIXEL}/consent",
    f"/pixels/{WORKSPACE}/{PIXEL}/events",
    f"/pixels/{WORKSPACE}/{PIXEL}/trends",
    f"/pixels/{WORKSPACE}/{PIXEL}/changes",
    f"/pixels/{WORKSPACE}/{PIXEL}/settings",
]
EMAIL = "ada@shop.example"


@pytest.mark.parametrize("path", [*PAGES, "/nowhere", "/events/999"])
def test_every_page_allows_nothing_but_our_own_files(busy, path):
    answer = busy.get(path)
    if answer.status == 303:
        answer = busy.get(answer.headers["location"])
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert not re.search(r"<script(?![^>]* src=)|<style|\bstyle=|\bon[a-z]+=", answer.text)
    assert not re.search(r'(?:src|href|action)="(?!/[^/]|#)', answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_every_time_on_a_page_is_written_for_machines_too(busy, path):
    answer = busy.get(path)
    times = re.findall(r"<time([^>]*)>", answer.text)
    assert all(re.search(r'datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"', time) for time in times)
    assert not re.search(r"\d\d:\d\d:\d\d", re.sub(r"<time.*?</time>", "", answer.text))


def test_ids_that_senders_chose_cannot_become_markup(room):
    hostile = '"><script>alert(1)</script>'
    room.add_pixel(name=hostile)
    room.record(bought(hostile, event_id=hostile, source=hostile))
    for path in ("/", "/pixels", "/events/1", "/debugger", "/debugger/1", f"/find?q={hostile}x"):
        answer = room.get(path.replace(" ", "%20"))
        assert "<script>alert" not in answer.text
        assert escape(hostile, quote=False).replace('"', "&#34;") in answer.text


@pytest.mark.parametrize(("workspace", "ending"), [("main", ""), ("acme", " --workspace acme")])
@pytest.mark.parametrize("path", ["/", "/pixels"])
def test_a_command_for_a_pixel_names_its_workspace_where_a_single_shop_need_not(room, path, workspace, ending):
    room.add_pixel(workspace=workspace)
    command = f"twinbeam keys create server --source checkout --pixel {PIXEL}{ending}"
    assert re.search(rf"{re.escape(command)}(?:\n|</code>)", room.get(path).text)


@pytest.mark.parametrize("path", ["/events/2", "/events/0", "/events/99999999999999999999", "/events/x", "/nowhere"])
def test_what_does_not_exist_is_a_friendly_404(room, path):
    room.add_pixel()
    room.record(bought("1"))
    answer = room.get(path)
    assert answer.status == 404
    assert "back to the overview" in words(answer)


@pytest.mark.parametrize("path", ["/", "/conversions", "/find?q=ada%40shop.example"])
def test_a_list_of_conversions_names_pixel_and_workspace_where_there_are_several(room, path):
    room.add_pixel()
    room.record(bought("1"), bought("2"))
    assert "14:13:20 Example shop Purchase order 2" in words(room.get(path))
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace="acme", name="")
    room.record(bought("3", workspace="acme", pixel="C0EXAMPLEPIXELCODE21"))
    room.clock.advance(seconds=2)
    text = words(room.get(path))
    assert f"Example shop {WORKSPACE} Purchase order 2" in text
    assert "C0EXAMPLEPIXELCODE21 acme Purchase order 3" in text


def test_no_page_shows_an_identifier(busy):
    hashed = sha256(EMAIL.encode()).hexdigest()
    for path in (*PAGES, "/find?q=ada%40shop.example"):
        text = busy.get(path).text
        assert EMAIL not in text
        assert hashed not in text


def failing(error):
    def fail(*_args, **_kwargs):
        raise error

    return fail


def test_a_ledger_that_cannot_be_read_is_told_as_a_page(room, monkeypatch):
    monkeypatch.setattr(room.reader, "totals", failing(StorageBusy("locked")))
    answer = room.get("/")
    assert answer.status == 503
    assert "Nothing is lost" in words(answer)


def test_a_surprise_is_told_as_a_page_that_gives_nothing_away(room, monkeypatch):
    monkeypatch.setattr(room.reader, "totals", failing(ZeroDivisionError("secret detail")))
    answer = room.get("/", survive=ZeroDivisionError)
    assert answer.status == 500
    assert "Something unexpected happened" in words(answer)
    assert "secret detail" not in answer.text
    assert answer.headers["content-security-policy"]


def test_the_demo_says_that_events_go_to_an_emulator(tmp_path):
    room = Showroom(tmp_path / "data", emulator_url="http://127.0.0.1:8702")
    assert "not to TikTok" in room.get("/").text
    room.close()


def test_our_files_may_be_kept_for_ever_because_their_address_follows_their_content(room):
    address = re.search(r"/static/frame\.css\?v=[0-9a-f]{8}", room.get("/").text).group()
    answer = room.get(address)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    assert room.get("/static/../app.py").status == 404
    assert room.get("/static/app.py").status == 404


@pytest.mark.parametrize("path", ["/", "/live", "/pixels", "/healthz"])
def test_head_gives_the_headers_alone(room, path):
    answer = room.get(path, method="HEAD")
    assert answer.status == 200
