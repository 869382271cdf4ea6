"""The set-up page: each step by what was reported, each form by the function that a command calls."""

import asyncio
import logging
import re
from contextlib import closing

import pytest

from asgi import ask
from builders import PIXEL, WORKSPACE
from reading import words
from showroom import NO_TOKEN, Showroom, bought, seen_in_browser
from twinbeam.admin.launch.ways import MEANINGS
from twinbeam.admin.token_check import Tried
from twinbeam.admin.token_record import TokenVerdict
from twinbeam.core.rules import PixelRules, WorkspaceRules
from twinbeam.web.setup.install import PATHS

AT = f"/setup/{WORKSPACE}/{PIXEL}"
NEW = "C0FRESHPIXELSCODE001"
GOOD = Tried(TokenVerdict.GOOD, 0, "OK", "r-1")


class Trial:
    """TikTok's word, as a test wants it."""

    def __init__(self):
        self.tried, self.asked = GOOD, []

    async def __call__(self, of, token):
        self.asked.append((of, token))
        return self.tried


@pytest.fixture
def trial():
    return Trial()


@pytest.fixture
def room(tmp_path, trial):
    room = Showroom(tmp_path / "data", trial=trial, tag_path="/t", intake_url="http://127.0.0.1:8700")
    room.store.save_workspace(WORKSPACE, WorkspaceRules())
    yield room
    room.close()


def state(room, step, path=AT):
    """Give where a step stands, as the page shows it."""
    text = room.get(path).text
    return re.search(rf'<li><a href="#{step}">[^<]*</a> <span class="badge[^"]*">([^<]+)</span>', text)[1]


def check(room, title, path=AT):
    text = room.get(path).text
    return re.search(rf'<li class="check"><span class="badge[^"]*">([^<]+)</span><div><b>{title}</b>', text)[1]


def row(room):
    return next(row for row in room.store.pixels() if row.code == PIXEL)


def test_from_an_empty_store_to_a_proven_pair(room, trial):
    assert "Connect TikTok" in words(room.get("/setup"))
    assert room.get("/setup").text.count('href="/connect/tiktok"') == 1
    made = room.post("/setup", code=NEW, name="Fresh")
    assert (made.status, made.headers["location"]) == (303, f"/setup/main/{NEW}")
    path = f"/setup/main/{NEW}"
    assert f'href="{path}"' in room.get("/setup").text
    steps = ("token", "install", "listen", "pair")
    assert [state(room, step, path) for step in ("pixel", *steps)] == ["done", *["to do"] * 4]
    assert state(room, "checks", path) == "failed", "any page may report"

    saved = room.post(path, do="token", token="a-secret", test_code="TEST123")
    assert (saved.status, saved.headers["location"]) == (303, f"{path}#token")
    assert [(of.code, of.test_code, token) for of, token in trial.asked] == [(NEW, "TEST123", "a-secret")]
    assert state(room, "token", path) == "done"

    keys = [room.post(path, do="key", kind=kind) for kind in ("browser", "server")]
    assert re.search(r"tbb_[\w-]{20,}", keys[0].text)
    assert re.search(r"tbs_[\w-]{20,}", keys[1].text)
    assert not re.search(r"tb[bs]_[\w-]{20,}", room.get(path).text), "a key is shown once"
    assert state(room, "install", path) == "done"

    assert "Listening for the first event of the browser" in words(room.get(path))
    room.record(seen_in_browser("1", workspace="main", pixel=NEW, received_ms=room.clock.now_ms()))
    assert "Events come from the browser" in words(room.get(path))
    assert "Listening for the first event of the server" in words(room.get(path))
    room.clock.advance(seconds=2)
    room.record(bought("1", workspace="main", pixel=NEW, received_ms=room.clock.now_ms()))
    assert [state(room, step, path) for step in steps] == ["done"] * 4
    told = words(room.get(path))
    assert "TikTok will count one: both copies have one event id." in told
    assert "The copies came 2.0 s apart." in told
    assert re.search(r'href="/events/\d+">1</a>', room.get(path).text)
    assert room.post(path, do="end_tests").status == 303
    assert room.post(path, do="hosts", hosts="shop.example").status == 303
    assert state(room, "checks", path) in ("done", "to do")
    assert check(room, "Counted once", path) == "ok"
    assert check(room, "Value and currency present", path) == "ok"
    assert check(room, "Test data kept out", path) == "ok"
    assert f'<a href="/conversions?pixel={NEW}&amp;workspace=main">Show them</a>' in room.get(path).text


def test_a_code_that_is_missing_is_asked_for(room):
    answer = room.post("/setup", code=" ")
    assert answer.status == 400
    assert "Type the pixel&#39;s code" in answer.text


def test_a_code_that_is_none_is_told_and_typed_again(room):
    answer = room.post("/setup", code="7412345678901234567")
    assert answer.status == 400
    assert "this is the pixel's numeric id" in words(answer)
    assert 'value="7412345678901234567"' in answer.text


@pytest.mark.parametrize("verdict", TokenVerdict)
def test_the_verdict_on_a_token_is_told_in_words(room, trial, verdict):
    room.add_pixel(token=None)
    trial.tried = Tried(verdict, None if verdict is TokenVerdict.UNREACHABLE else 40105, "Its message.", "r-9")
    assert room.post(AT, do="token", token="a-secret").status == 303
    told = words(room.get(AT))
    assert verdict.sentence in told
    assert verdict.advice in told
    assert "Its message, request r-9" in told
    wanted = "done" if verdict is TokenVerdict.GOOD else "failed" if verdict.refused else "to do"
    assert state(room, "token") == wanted
    assert ("Failing since" in told) is verdict.refused


def test_a_refused_token_does_not_replace_one_that_works_unless_it_is_wanted(room, trial):
    room.add_pixel(token="works")
    trial.tried = Tried(TokenVerdict.WRONG_ACCOUNT, 40001, "No permission", "r-2")
    answer = room.post(AT, do="token", token="another")
    assert answer.status == 400
    assert "The token is not saved." in words(answer)
    assert "TikTok says: code 40001, No permission, request r-2." in words(answer)
    assert room.store.tokens()[WORKSPACE, PIXEL] == "works"
    assert room.post(AT, do="token", token="another", force="yes").status == 303
    assert room.store.tokens()[WORKSPACE, PIXEL] == "another"


@pytest.mark.parametrize("token", ["", "two words", "tökén"])
def test_what_is_no_token_is_refused_and_nobody_is_asked(room, trial, token):
    room.add_pixel(token=None)
    answer = room.post(AT, do="token", token=token)
    assert answer.status == 400
    assert "characters that no token has" in words(answer)
    assert trial.asked == []
    assert not token or token not in answer.text


def test_a_token_is_in_no_page_no_address_and_no_log(room, trial, caplog):
    caplog.set_level(logging.DEBUG)
    room.add_pixel(token="works")
    for verdict in TokenVerdict:
        trial.tried = Tried(verdict, 1, "m")
        for fields in ({}, {"force": "yes"}, {"test_code": "no code"}):
            answer = room.post(AT, do="token", token="a-secret-marker", **fields)
            assert "a-secret-marker" not in answer.text + str(answer.headers)
            assert "a-secret-marker" not in room.get(AT).text
    assert "a-secret-marker" not in caplog.text


@pytest.mark.parametrize(
    ("answers", "way"),
    [
        ({"privacy": "yes"}, "Events API only"),
        ({"starting": "yes"}, "Pixel only"),
        ({"ios": "high"}, "Pixel and Events API"),
        ({"valuable": "yes"}, "Pixel and Events API"),
        ({}, "Pixel and Events API"),
    ],
)
def test_a_way_is_recommended_with_its_reason_and_changes_nothing_by_itself(room, answers, way):
    room.add_pixel()
    answer = room.post(AT, do="advise", **answers)
    advice = re.search(r'<div class="made".*?</div>', answer.text, re.DOTALL)[0]
    assert f"By your answers we recommend <b>{way}</b>. " in advice
    assert ("It is in force." in advice) is (way == "Pixel and Events API")
    assert row(room).rules.way == "both"


def test_before_any_answer_the_page_says_what_each_way_does_and_recommends_one(room):
    room.add_pixel()
    text = words(room.get(AT))
    for meaning in MEANINGS.values():
        assert meaning in text
    assert "For most shops we recommend Pixel and Events API . Events that are worth money" in text


def test_answers_stay_in_the_form_beside_their_advice(room):
    room.add_pixel()
    text = room.post(AT, do="advise", ios="high", starting="yes").text
    assert '<option value="high" selected>' in text
    assert 'name="starting" value="yes" checked' in text
    assert 'name="valuable" value="yes" checked' not in text


@pytest.mark.parametrize("way", ["browser", "server", "both"])
def test_a_way_that_is_chosen_is_in_force_and_steps_follow_it(room, way):
    room.add_pixel(token=None)
    assert room.post(AT, do="way", way=way).headers["location"] == f"{AT}#way"
    assert row(room).rules.way == way
    assert state(room, "token") == ("done" if way == "browser" else "to do")
    assert state(room, "pair") == ("to do" if way == "both" else "done")
    assert ('data-mode="gateway"' in room.get(AT).text) is False
    assert ("mode=&#34;gateway" in room.get(AT).text) is (way == "server")


@pytest.mark.parametrize("verdict", [verdict for verdict in TokenVerdict if verdict.refused])
def test_a_token_that_tiktok_refuses_turns_no_test_code_on(room, trial, verdict):
    room.add_pixel(token="works")
    trial.tried = Tried(verdict, 40001, "no")
    assert room.post(AT, do="token", token="another", test_code="TEST123").status == 400
    assert trial.asked[-1][0].test_code == "TEST123"
    room.post(AT, do="token", token="another", test_code="TEST123", force="yes")
    assert row(room).rules.test_code_at(room.clock.now_ms()) == ""


def test_a_code_that_was_on_stays_on_when_another_token_is_refused(room, trial):
    room.add_pixel(token="works")
    room.post(AT, do="token", token="works", test_code="TEST123")
    trial.tried = Tried(TokenVerdict.WRONG_ACCOUNT, 40001, "no")
    room.post(AT, do="token", token="another", test_code="TEST999")
    assert row(room).rules.test_code_at(room.clock.now_ms()) == "TEST123"


def test_what_is_no_test_code_is_said_before_tiktok_is_asked(room, trial):
    room.add_pixel(token=None)
    assert room.post(AT, do="token", token="good", test_code="!").status == 400
    assert trial.asked == []


@pytest.mark.parametrize("path", PATHS)
def test_each_kind_of_shop_has_its_lines(room, path):
    room.add_pixel()
    text = room.get(f"{AT}?path={path}").text
    assert f'path={path}#install" aria-current="true"' in text
    assert ("YOUR-BROWSER-KEY" in text) is (path != "server")
    is_system = path in ("shopify", "woocommerce")
    assert (f'href="/sources?kind={path}' if is_system else "http://127.0.0.1:8700/v1/events") in text


@pytest.mark.parametrize(
    ("path", "line"),
    [("plain", "/t.js?key={key}"), ("shopify", "const KEY = &#34;{key}&#34;;"), ("woocommerce", "/t\n{key}\nC")],
)
def test_a_new_browser_key_stands_in_the_lines_to_copy(room, path, line):
    room.add_pixel()
    answer = room.get(
        f"{AT}?path={path}",
        method="POST",
        body=b"do=key&kind=browser",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    key = re.search(r"<pre><code>(tbb_[\w-]+)</code></pre>", answer.text)[1]
    assert line.format(key=key) in answer.text
    assert "YOUR-BROWSER-KEY" not in answer.text


def test_a_key_is_for_one_of_several_shops(room):
    room.add_pixel()
    room.store.add_shop(WORKSPACE, "shop-fr", now_ms=room.clock.now_ms())
    assert "<option>shop-fr</option>" in room.get(AT).text
    assert room.post(AT, do="key", kind="server").status == 400
    assert room.post(AT, do="key", kind="server", shop="shop-fr").status == 200
    assert [key.shop for key in room.store.access_keys()] == ["shop-fr"]


def test_signs_of_another_sender_are_told_where_it_is_switched_off(room):
    room.add_pixel()
    assert state(room, "senders") == "done"
    told = words(room.get(AT))
    for name in ("TikTok's app for Shopify", "TikTok's plug-in for WooCommerce", "Tag Manager"):
        assert name in told
    room.record(seen_in_browser("1", observed=("base_code_twice",)))
    assert state(room, "senders") == "failed"
    assert "Pages that load the same pixel twice: 1." in words(room.get(AT))


def test_a_token_that_deliveries_show_to_fail_is_told(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=60)
    room.hold_up(NO_TOKEN)
    assert state(room, "token") == "failed"
    assert check(room, "Events API works") == "failed"


@pytest.mark.parametrize(
    "form", [{}, {"do": "everything"}, {"do": "way", "way": "sideways"}, {"do": "hosts", "hosts": "?"}]
)
def test_a_form_that_makes_no_sense_changes_nothing(room, form):
    room.add_pixel()
    before = row(room)
    answer = room.post(AT, **form)
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert row(room) == before


@pytest.mark.parametrize("path", [f"/setup/{WORKSPACE}/C0NOBODYSPIXELCODE01", f"/setup/nowhere/{PIXEL}"])
def test_a_pixel_that_is_not_there_is_a_friendly_404(room, path):
    room.add_pixel()
    for answer in (room.get(path), room.post(path, do="token", token="a"), room.get(f"{path}/live")):
        assert answer.status == 404


@pytest.mark.parametrize("path", ["/setup", AT, f"{AT}/live"])
def test_viewers_and_strangers_are_not_let_in(room, path):
    room.add_pixel()
    assert room.get(path, who="viewer").status == 403
    assert room.get(path, who=None).status in (303, 401)
    if not path.endswith("live"):
        assert room.get(path, who="member").status == 200


def test_a_form_without_its_token_is_refused(room, trial):
    room.add_pixel()
    cookie = {"cookie": room.signed_in()["cookie"], "content-type": "application/x-www-form-urlencoded"}
    answer = room.get(AT, who=None, method="POST", body=b"do=token&token=a-secret", headers=cookie)
    assert answer.status == 403
    assert trial.asked == []


def test_what_changes_is_streamed_once_and_then_only_ticks(room):
    room.add_pixel()
    told = room.listen(f"{AT}/live", enough=lambda text: "event: tick" in text)
    assert told.count("event: snapshot") == 1
    assert "Listening for the first event of the browser" in told
    room.record(seen_in_browser("1"))
    told = room.listen(f"{AT}/live", enough=lambda text: "event: snapshot" in text)
    assert "Events come from the browser" in told


def test_ids_and_names_of_senders_cannot_become_markup(room):
    hostile = '"><script>alert(1)</script>'
    room.add_pixel(name=hostile)
    room.record(seen_in_browser("1", event_id=hostile, source=hostile), bought("1", event_id=hostile, source=hostile))
    assert "<script>alert" not in room.get(AT).text + room.get("/setup").text


async def on_one_thread(call):
    """Read as the writer process does: one after the other."""
    return call()


def test_tokens_saved_at_once_on_the_page_leave_one_with_its_own_verdict(tmp_path):
    async def slow(of, token):
        await asyncio.sleep(0.02)
        return Tried(TokenVerdict.GOOD, 0, token)

    async def both(room):
        head = room.signed_in() | {"content-type": "application/x-www-form-urlencoded"}
        bodies = [f"do=token&token={token}".encode() for token in ("one", "two")]
        return await asyncio.gather(*(ask(room.app, AT, method="POST", body=body, headers=head) for body in bodies))

    with closing(Showroom(tmp_path / "data", trial=slow, on_reader=on_one_thread)) as room:
        room.store.save_workspace(WORKSPACE, WorkspaceRules())
        room.add_pixel(token=None)
        assert [answer.status for answer in asyncio.run(both(room))] == [303, 303]
        assert room.store.token_checks.find(WORKSPACE, PIXEL).message == room.store.tokens()[WORKSPACE, PIXEL]


def test_a_pixel_left_to_the_browser_needs_no_token_and_no_server(room):
    room.add_pixel(token=None, rules=PixelRules(way="browser"))
    told = words(room.get(AT))
    assert "Nothing is awaited from the server." in told
    assert "Not needed: all events are left to TikTok's script." in told
