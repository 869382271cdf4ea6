"""Access tokens and test codes of a pixel."""

import pytest

from engines.kit.embedded import found_in_files
from twinbeam.admin import audit, pixels, testing, tokens
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def pixel(admin):
    return pixels.add(admin, pixels.NewPixel(CODE, name="Shop"))


def lines(admin):
    return [(line.what, line.before, line.after) for line in reversed(audit.latest(admin, limit=99))][1:]


def test_a_token_is_saved_and_the_audit_tells_of_it_without_it(admin, tmp_path):
    for _ in range(2):
        tokens.save(admin, MAIN, CODE, "token-marker")
    assert admin.store.tokens() == {(MAIN, CODE): "token-marker"}
    assert pixels.known(admin, MAIN, CODE).token_ms == admin.clock.now_ms()
    assert lines(admin) == [
        (f"pixel main/{CODE} token", "", "saved"),
        (f"pixel main/{CODE} token", "another one", "saved"),
    ]
    assert not found_in_files(tmp_path / "data", b"token-marker")


@pytest.mark.parametrize("text", ["", "two words", "tökén", "a\nb", "a\x00b"])
def test_what_no_token_has_is_refused(admin, text):
    assert not tokens.is_token(text)
    with pytest.raises(Invalid, match="characters that no token has") as refused:
        tokens.save(admin, MAIN, CODE, text)
    assert not text or text not in str(refused.value)
    assert admin.store.tokens() == {}


def test_a_token_of_an_unknown_pixel_is_told_with_the_command_that_adds_it(admin):
    with pytest.raises(NotFound, match="twinbeam pixels add C0OTHERPIXELSCODE002"):
        tokens.save(admin, MAIN, "C0OTHERPIXELSCODE002", "token-1")


def test_a_test_code_is_on_for_a_day_and_known_after_it(admin):
    until_ms = testing.turn_on(admin, MAIN, CODE, "TEST123")
    now_ms = admin.clock.now_ms()
    assert until_ms - now_ms == 24 * 3_600_000
    rules = pixels.known(admin, MAIN, CODE).rules
    assert (rules.test_code_at(now_ms), rules.test_code_at(until_ms - 1), rules.test_code_at(until_ms)) == (
        "TEST123",
        "TEST123",
        "",
    )
    testing.turn_off(admin, MAIN, CODE)
    rules = pixels.known(admin, MAIN, CODE).rules
    assert (rules.test_code, rules.test_code_at(now_ms)) == ("TEST123", "")
    assert [what.rpartition(" ")[2] for what, *_ in lines(admin)] == ["test_code", "test_until_ms", "test_until_ms"]


@pytest.mark.parametrize("text", ["", "TST", "TEST 1", "TEST-1", "T" * 41])
def test_what_is_no_test_code_is_refused(admin, text):
    with pytest.raises(Invalid, match="letters and digits only"):
        testing.turn_on(admin, MAIN, CODE, text)
    assert lines(admin) == []
