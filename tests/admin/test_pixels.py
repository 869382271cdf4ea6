"""Pixels and event sets: what is no code is told apart; what was added can be ruled."""

import pytest

from twinbeam.admin import audit, pixels, tokens, workspaces
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.admin.pixel_codes import why_no_code
from twinbeam.core.rules import MAIN, ConsentRules, PixelRules

CODE = "C4A5B6C7D8E9F0G1H2I3"
OTHER = "C0OTHERPIXELSCODE002"
NUMERIC = "7412345678901234567"


def lines(admin):
    """Give the audit, oldest first."""
    return [(line.what, line.before, line.after) for line in reversed(audit.latest(admin, limit=99))]


@pytest.mark.outside("pixels")
@pytest.mark.parametrize(
    ("code", "told"),
    [
        (CODE[:19], "it has 19 characters, and a pixel's code has 20 capital letters and digits"),
        (f"{CODE}4", "it has 21 characters, and a pixel's code has 20 capital letters and digits"),
        (NUMERIC, "this is the pixel's numeric id; the code is the 20-character text beside it"),
        ("12345678901234567890", "this is the pixel's numeric id; the code is the 20-character text beside it"),
        (CODE.lower(), f"a pixel's code is written in capital letters: {CODE}"),
        (f"{CODE[:19]}-", "this is not a pixel code, which has 20 capital letters and digits"),
        (f"{CODE[:19]}Ä", "this is not a pixel code, which has 20 capital letters and digits"),
        (f" {CODE}", f"a pixel's code is written in capital letters: {CODE}"),
        ("", "this is not a pixel code"),
    ],
)
def test_what_is_no_pixel_code_is_told_with_what_it_is(admin, code, told):
    with pytest.raises(Invalid) as refused:
        pixels.add(admin, pixels.NewPixel(code))
    assert str(refused.value).startswith(f"{code}: ")
    assert told in str(refused.value)
    assert pixels.listed(admin, MAIN) == []


def test_a_message_quotes_the_beginning_of_what_is_far_too_long(admin):
    with pytest.raises(Invalid, match="it has 10000 characters") as refused:
        pixels.add(admin, pixels.NewPixel("X" * 10_000))
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("code", [CODE, "ABCDEFGHIJKLMNOPQRST", "1234567890123456789A"])
def test_twenty_capital_letters_and_digits_are_a_code(code):
    assert why_no_code(code, "web") == ""


def test_an_event_set_goes_by_its_number():
    assert why_no_code(NUMERIC, "offline") == why_no_code(NUMERIC, "crm") == ""
    assert "For a pixel leave --source out" in why_no_code(CODE, "offline")


def test_a_pixel_is_called_by_its_code_until_it_is_named(admin):
    assert pixels.add(admin, pixels.NewPixel(CODE)).name == CODE
    assert pixels.add(admin, pixels.NewPixel(CODE, name="Shop")).name == "Shop"
    assert pixels.add(admin, pixels.NewPixel(CODE, consent="require")).name == "Shop"
    (row,) = pixels.listed(admin, MAIN)
    assert (row.name, row.consent) == ("Shop", "require")
    assert lines(admin) == [
        (f"pixel main/{CODE}", "", CODE),
        (f"pixel main/{CODE}", CODE, "Shop"),
        (f"pixel main/{CODE} consent.policy", "", "require"),
    ]


def test_adding_a_pixel_again_keeps_its_token_and_its_rules(admin):
    pixels.add(admin, pixels.NewPixel(CODE))
    tokens.save(admin, MAIN, CODE, "token-1")
    pixels.decide(admin, MAIN, CODE, {"restricted": "true"})
    row = pixels.add(admin, pixels.NewPixel(CODE, name="Hats"))
    assert (row.has_token, row.rules.restricted) == (True, True)
    assert row == pixels.known(admin, MAIN, CODE)


def test_every_change_of_a_rule_is_a_line_of_the_audit(admin):
    pixels.add(admin, pixels.NewPixel(CODE, name="Shop", consent="not_required"))
    pixels.decide(admin, MAIN, CODE, {"consent.policy": "", "ways.Search": "both", "hosts": "a.example"})
    pixels.decide(admin, MAIN, CODE, {"hosts": "a.example"})
    assert pixels.known(admin, MAIN, CODE).rules == PixelRules(ways={"Search": "both"}, hosts=("a.example",))
    assert lines(admin) == [
        (f"pixel main/{CODE}", "", "Shop"),
        (f"pixel main/{CODE} consent.policy", "", "not_required"),
        (f"pixel main/{CODE} consent.policy", "not_required", ""),
        (f"pixel main/{CODE} hosts", "", '["a.example"]'),
        (f"pixel main/{CODE} ways.Search", "", "both"),
    ]


def test_the_audit_counts_addresses_and_does_not_keep_them(admin):
    pixels.add(admin, pixels.NewPixel(CODE))
    pixels.decide(admin, MAIN, CODE, {"test_emails": "ada@shop.example"})
    pixels.decide(admin, MAIN, CODE, {"test_emails": "ada@shop.example,ben@shop.example"})
    assert lines(admin)[-2:] == [
        (f"pixel main/{CODE} test_emails", "", "1 listed"),
        (f"pixel main/{CODE} test_emails", "1 listed", "2 listed"),
    ]


def test_a_rule_that_cannot_be_changes_nothing(admin):
    pixels.add(admin, pixels.NewPixel(CODE))
    with pytest.raises(Invalid, match="placed, paid, shipped or delivered"):
        pixels.decide(admin, MAIN, CODE, {"restricted": "true", "purchase_means": "later"})
    assert pixels.known(admin, MAIN, CODE).rules == PixelRules()
    assert len(lines(admin)) == 1


def test_a_pixel_sought_in_the_wrong_workspace_is_offered_in_the_right_one(admin):
    workspaces.add(admin, "hats")
    pixels.add(admin, pixels.NewPixel(CODE, workspace="hats"))
    pixels.add(admin, pixels.NewPixel(OTHER))
    with pytest.raises(NotFound) as refused:
        pixels.known(admin, MAIN, CODE)
    assert str(refused.value) == (
        f"There is no pixel {CODE} in workspace main, but there is one in workspace hats: say --workspace hats, "
        f"or add it here: twinbeam pixels add {CODE}"
    )
    with pytest.raises(NotFound) as refused:
        pixels.known(admin, "hats", OTHER)
    assert str(refused.value) == (
        f"There is no pixel {OTHER} in workspace hats, but there is one in workspace main: leave --workspace out, "
        f"or add it here: twinbeam pixels add {OTHER} --workspace hats"
    )


def test_what_was_decided_of_a_pixel_is_all_that_a_page_has_to_know(admin):
    row = pixels.add(admin, pixels.NewPixel(CODE, consent="require"))
    assert row.rules == PixelRules(consent=ConsentRules(policy="require"))
    assert (row.has_token, row.created_ms) == (False, admin.clock.now_ms())


@pytest.mark.parametrize("name", ["red \x1b[31m", "two\nlines", "\u202eturned", "n" * 201], ids=ascii)
def test_a_name_is_one_line_that_is_shown_as_it_is(admin, name):
    with pytest.raises(Invalid, match="Give the name in one line of at most 200 characters"):
        pixels.add(admin, pixels.NewPixel(CODE, name=name))
    assert pixels.listed(admin, MAIN) == []
    assert pixels.add(admin, pixels.NewPixel(CODE, name="Ladén · 灯 💡")).name == "Ladén · 灯 💡"
