"""Every rule of a pixel can be read, previewed and changed by members; the log tells who did."""

import re
from pathlib import Path

import pytest

from builders import PIXEL
from reading import words
from showroom import Showroom, bought
from twinbeam.admin.rules import hints
from twinbeam.admin.snippet import KEY_PLACE
from twinbeam.admin.token_check import Tried
from twinbeam.admin.token_record import TokenVerdict
from twinbeam.core.rules import MAIN, PixelRules
from twinbeam.web.help import topics
from twinbeam.web.pixel.settings.sentences import BY_TEST_MODE, SENTENCES

PAGE = f"/pixels/{MAIN}/{PIXEL}/settings"
CHANGES = f"/pixels/{MAIN}/{PIXEL}/changes"


def rules(room):
    return room.reader.pixels()[0].rules


def test_every_rule_has_a_sentence_and_a_place_on_the_page(room):
    room.add_pixel(workspace=MAIN)
    text = words(room.get(PAGE))
    assert {*SENTENCES, *BY_TEST_MODE} == {name for name, _ in hints(PixelRules)}
    assert all(sentence in text for sentence in SENTENCES.values())


def test_a_change_is_previewed_with_what_it_means_and_then_made(room):
    room.add_pixel(workspace=MAIN)
    room.record(*(bought(str(n), workspace=MAIN) for n in range(3)))
    wanted = {"name": "purchase_means", "value": "paid"}
    preview = words(room.post(PAGE, who="member", do="preview", **wanted))
    assert "purchase_means : default becomes paid ." in preview
    assert "Purchases of the last 7 days that it would have been asked about: 3." in preview
    assert rules(room).purchase_means == "placed"
    done = room.post(PAGE, who="member", do="save", **wanted)
    assert (done.status, done.headers["location"]) == (303, f"{PAGE}#purchase_means")
    assert rules(room).purchase_means == "paid"
    assert "member purchase_means default becomes paid" in words(room.get(CHANGES))
    room.post(PAGE, do="save", name="purchase_means", value="")
    assert rules(room).purchase_means == "placed"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"name": "ways", "key": "purchase", "value": "server"}, lambda it: it.ways == {"Purchase": "server"}),
        (
            {"name": "consent.regions", "key": "de", "value": "opt_out"},
            lambda it: it.consent.regions == {"DE": "opt_out"},
        ),
        ({"name": "value_without", "value": "tax, tips"}, lambda it: it.value_without == ("tax", "tips")),
        ({"name": "restricted", "value": "true"}, lambda it: it.restricted),
        ({"name": "native_wait_seconds", "value": "30"}, lambda it: it.native_wait_seconds == 30),
        ({"name": "requests_per_day", "value": "500"}, lambda it: it.requests_per_day == 500),
    ],
)
def test_rules_of_every_kind_can_be_set(room, form, told):
    room.add_pixel(workspace=MAIN)
    assert room.post(PAGE, do="save", **form).status == 303
    assert told(rules(room))


@pytest.mark.parametrize(
    ("form", "fix"),
    [
        ({"name": "native_wait_seconds", "value": "9999"}, "a whole number from 0 to 270"),
        ({"name": "ways", "value": "server"}, "say for which"),
        ({"name": "test_code", "value": "TEST1"}, "is set by"),
        ({"name": "nothing", "value": "1"}, "Reload it"),
        ({"name": "value", "value": "margin"}, "set both"),
    ],
)
@pytest.mark.parametrize("do", ["preview", "save"])
def test_what_cannot_be_is_told_with_the_fix_and_changes_nothing(room, form, fix, do):
    room.add_pixel(workspace=MAIN)
    before = rules(room)
    answer = room.post(PAGE, do=do, **form)
    assert answer.status == 422
    assert fix in words(answer)
    assert rules(room) == before


def test_addresses_of_tests_are_kept_as_hashes_that_nobody_is_shown(room):
    room.add_pixel(workspace=MAIN)
    room.post(PAGE, do="save", name="test_emails", value="ada@shop.example")
    answer = room.get(PAGE)
    assert "1 listed" in words(answer)
    assert rules(room).test_emails[0] not in answer.text
    assert rules(room).test_emails[0] not in room.get(CHANGES).text
    answer = room.post(PAGE, do="preview", name="test_emails", value="eve@shop.example")
    assert answer.status == 422
    assert "eve@shop.example" not in answer.text


def test_test_mode_is_turned_on_with_a_timer_and_off_again(room):
    room.add_pixel(workspace=MAIN)
    assert room.post(PAGE, do="begin", test_code="TEST12345", minutes="30").status == 303
    answer = room.get(PAGE)
    assert "On for 30 min" in words(answer)
    assert 'data-countdown="1800"' in answer.text
    room.post(PAGE, do="end")
    text = words(room.get(PAGE))
    assert "Off: tests are dropped" in text
    assert "For 30 min 2 h 24 h Turn it on" in text
    assert room.post(PAGE, do="begin", test_code="no code", minutes="30").status == 422
    assert room.post(PAGE, do="begin", test_code="TEST12345", minutes="9999").status == 422


def test_each_rule_opens_what_the_reference_says_of_it(room):
    room.add_pixel(workspace=MAIN)
    reference = (Path(__file__).parents[3] / "docs" / "reference" / "pixel-rules.md").read_text()
    text = words(room.get(PAGE))
    for name in SENTENCES:
        assert f"Help: The rule {name} ? {topics()[f'rule {name}'].text}".replace("`", "") in text
        assert f"| `{name}` |" in reference


def test_a_token_is_told_of_and_saved_here_as_on_the_set_up_page(tmp_path):
    async def trial(_of, token):
        return Tried(TokenVerdict.GOOD if token.startswith("good") else TokenVerdict.EXPIRED)

    room = Showroom(tmp_path / "data", trial=trial)
    room.add_pixel(token=None, workspace=MAIN)
    before = words(room.get(PAGE))
    saved = room.post(PAGE, who="member", do="token", token="good" * 10)
    wrong = room.post(PAGE, who="member", do="token", token="bad" * 20)
    after = room.get(PAGE)
    room.close()
    assert "Access token Not configured . No access token is saved. Paste the token" in before
    assert wrong.status == 422
    assert (saved.status, saved.headers["location"]) == (303, f"{PAGE}#token")
    assert "Access token Configured , proven. TikTok took an event for this pixel with the token." in words(after)
    assert "good" * 10 not in after.text


@pytest.mark.parametrize("path", ["plain", "shopify"])
def test_the_snippet_is_that_of_the_set_up_page(room, path):
    room.add_pixel(workspace=MAIN)
    here, there = (
        re.search(r'<ol class="parts">.*?</ol>', room.get(f"{page}?path={path}").text, re.DOTALL)[0]
        for page in (PAGE, f"/setup/{MAIN}/{PIXEL}")
    )
    assert here == there
    assert KEY_PLACE in here


def test_the_log_tells_of_this_pixel_alone(room):
    room.add_pixel(workspace=MAIN)
    room.add_pixel(f"{PIXEL[:-1]}X", token=None, workspace=MAIN)
    room.post(PAGE, do="save", name="bots", value="keep")
    assert "bots" in words(room.get(CHANGES))
    assert "Nobody has changed this pixel" in words(room.get(CHANGES.replace(PIXEL, f"{PIXEL[:-1]}X")))
