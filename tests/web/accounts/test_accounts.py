"""The pages of accounts: what was imported and by whose token, what is wrong in words, and what may be changed there."""

import re

import pytest

from account_rooms import AccountRoom
from accounting import MALFORMED, NO_PERMISSION, REVOKED, Accounts, a_pixel
from reading import words
from twinbeam.admin import accounts, audit, pixels
from twinbeam.core.accounts import StatSeen
from twinbeam.core.clock import day_of
from twinbeam.core.rules import MAIN

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def room(tmp_path):
    room = AccountRoom(tmp_path / "data")
    yield room
    room.close()


@pytest.fixture
def imported(room):
    room.id = room.connect()
    room.visit(f"/accounts/{room.id}/choose", {"do": "all"})
    room.run_import()
    return room


def code(number):
    return a_pixel(number).code


def test_without_an_account_the_page_says_what_one_is_for(room):
    text = words(room.visit("/accounts"))
    assert "No account yet" in text
    assert "add pixels by hand" in text


def test_the_list_tells_state_choice_and_last_import(imported):
    text = words(imported.visit("/accounts"))
    assert "Client 1 and 1 more main, connected by owner connected 2 of 2 chosen" in text
    assert imported.id not in text
    assert "2 of 2" in text


def test_an_account_shows_its_pixels_with_whose_they_are_and_whose_token_they_use(imported):
    imported.tiktok.pixels["2"] = [a_pixel(50, relation="SHARED", owned=False, owner_bc_id="4242", activity="ACTIVE")]
    imported.clock.advance(seconds=900)
    imported.run_import()
    text = words(imported.visit(f"/accounts/{imported.id}"))
    assert f"Pixel 50 {code(50)} Client 2 shared by Business Center 4242 token of the account" in text
    assert "Read pixels yes" in text
    assert "Report conversion events used by 4 pixels" in text


def test_the_boxes_decide_for_those_on_their_page(room):
    id_ = room.connect()
    page = room.visit(f"/accounts/{id_}/choose")
    assert page.text.count("checked") == 2  # nothing was chosen before: all are offered
    room.visit(f"/accounts/{id_}/choose", {"advertiser-2": "on", "advertiser-99": "on"})
    assert [each.id for each in accounts.account(room.admin, id_).chosen] == ["2"]
    assert room.visit(f"/accounts/{id_}/choose").text.count("checked") == 1


def test_five_hundred_ad_accounts_are_chosen_page_by_page_or_all_at_once(tmp_path):
    room = AccountRoom(tmp_path / "data", tiktok=Accounts({str(n): [] for n in range(1, 501)}))
    id_ = room.connect()
    assert "Page 1 of 5." in words(room.visit(f"/accounts/{id_}/choose"))
    room.visit(f"/accounts/{id_}/choose?page=1", {"do": "all"})
    shown = re.findall(r'name="advertiser-(\d+)"', room.visit(f"/accounts/{id_}/choose?page=3").text)
    assert len(shown) == 100
    room.visit(f"/accounts/{id_}/choose?page=3", {f"advertiser-{shown[0]}": "on"})
    assert len(accounts.account(room.admin, id_).chosen) == 401
    room.visit(f"/accounts/{id_}/choose?page=1", {"do": "none"})
    assert accounts.account(room.admin, id_).chosen == []
    room.close()


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999", "%D9%A7"])
def test_an_odd_page_of_the_choice_breaks_nothing(imported, page):
    assert imported.visit(f"/accounts/{imported.id}/choose?page={page}").status == 200


def test_an_import_is_asked_for_and_counted_down(imported):
    imported.next_ms = imported.clock.now_ms() + 90_000
    assert "in 90 s" in words(imported.visit(f"/accounts/{imported.id}"))
    answer = imported.visit(f"/accounts/{imported.id}/import", {})
    assert (answer.status, answer.headers["location"]) == (303, f"/accounts/{imported.id}")
    assert "asked for, begins within seconds" in words(imported.visit(f"/accounts/{imported.id}"))


@pytest.mark.parametrize("trouble", [NO_PERMISSION, MALFORMED], ids=lambda trouble: trouble.problem.value)
def test_an_ad_account_that_could_not_be_read_is_told_with_since_when(imported, trouble):
    imported.tiktok.refuses = lambda asked: trouble if asked[:2] == ("pixels", "2") else None
    imported.clock.advance(seconds=900)
    imported.run_import()
    text = words(imported.visit(f"/accounts/{imported.id}"))
    assert trouble.problem.sentence in text
    assert "since" in text
    assert code(50) in text
    assert "1 ad accounts could not be read" in words(imported.visit("/accounts"))


def test_a_broken_account_says_so_and_offers_to_reconnect_alone(imported):
    imported.tiktok.refuses = lambda _asked: REVOKED
    imported.clock.advance(seconds=900)
    imported.run_import()
    page = imported.visit(f"/accounts/{imported.id}")
    assert "TikTok no longer accepts this account's token. Reconnect the account." in words(page)
    assert "Import now" not in page.text
    refused = imported.visit(f"/accounts/{imported.id}/import", {})
    assert (refused.status, "Reconnect the account" in words(refused)) == (409, True)
    assert "not configured" in words(page)


def test_a_token_is_pasted_and_goes_first(imported):
    where = f"/accounts/{imported.id}/pixels/{code(50)}"
    assert "The token of account" in words(imported.visit(where))
    refused = imported.visit(f"{where}/token", {"token": " "})
    assert (refused.status, "The access token is empty" in words(refused)) == (400, True)
    assert imported.visit(f"{where}/token", {"token": "pasted-token-1"}).status == 303
    page = imported.visit(where)
    assert "Its own access token sends its events." in words(page)
    assert "pasted-token-1" not in page.text
    assert imported.store.tokens()[MAIN, code(50)] == "pasted-token-1"


def test_a_profile_is_said_and_the_name_by_the_pattern_offered(imported):
    where = f"/accounts/{imported.id}/pixels/{code(50)}"
    said = {"client": "Acme", "brand": "acme", "domain": "shop.de", "market": "DE", "owner": "Ada"}
    assert imported.visit(f"{where}/profile", said).status == 303
    text = words(imported.visit(where))
    assert "acme_shop.de_DE_production" in text
    assert "The name does not follow the naming pattern" in text
    assert imported.visit(f"{where}/profile", {"market": "Germany"}).status == 400


def test_tiktoks_counts_of_a_week_are_shown(imported):
    today = day_of(imported.clock.now_ms())
    imported.tiktok.stats["7050", today] = [StatSeen("7050", "Purchase", 1_000, 234, 1_234)]
    imported.clock.advance(seconds=900)
    imported.run_import()
    assert "1,234 browser 1,000, server 234" in words(imported.visit(f"/accounts/{imported.id}"))
    assert "Purchase 1,000 234 1,234" in words(imported.visit(f"/accounts/{imported.id}/pixels/{code(50)}"))


def test_a_vanished_pixel_is_told_and_stays(imported):
    imported.tiktok.pixels["2"] = []
    imported.clock.advance(seconds=900)
    imported.run_import()
    assert "vanished" in words(imported.visit(f"/accounts/{imported.id}"))
    assert "TikTok does not list this pixel any more" in words(
        imported.visit(f"/accounts/{imported.id}/pixels/{code(50)}")
    )


def test_disconnecting_is_told_where_tiktok_could_not_be(imported):
    imported.tiktok.refuses = lambda _asked: MALFORMED
    answer = imported.visit(f"/accounts/{imported.id}/disconnect", {})
    assert "TikTok could not be told" in words(answer)
    assert imported.store.accounts.credentials(imported.id) is None
    assert "disconnected" in words(imported.visit("/accounts"))


def test_names_full_of_code_stay_text(tmp_path):
    tiktok = Accounts(
        {"1": [a_pixel(1, name=HOSTILE, partner=HOSTILE, activity=HOSTILE, owner_bc_id="", relation=HOSTILE)]}
    )
    room = AccountRoom(tmp_path / "data", tiktok=tiktok)
    id_ = room.connect()
    room.visit(f"/accounts/{id_}/choose", {"do": "all"})
    room.run_import()
    for path in ("/accounts", f"/accounts/{id_}", f"/accounts/{id_}/pixels/{code(1)}", "/pixels", "/"):
        answer = room.visit(path)
        assert answer.status == 200
        assert "<script>alert" not in answer.text
    room.close()


def test_no_page_of_accounts_holds_a_script_a_style_or_a_foreign_address(imported):
    paths = ["/accounts", f"/accounts/{imported.id}", f"/accounts/{imported.id}/choose", "/connect/tiktok"]
    for path in [*paths, f"/accounts/{imported.id}/pixels/{code(1)}"]:
        answer = imported.visit(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
        assert not re.search(r"<script(?![^>]* src=)|<style|\bstyle=|\bon[a-z]+=", answer.text)
        assert not re.search(r'(?:src|href|action)="(?!/[^/]|#)', answer.text)
        times = re.sub(r"<time.*?</time>", "", answer.text)
        assert not re.search(r"\d\d:\d\d:\d\d", times)


@pytest.mark.parametrize(
    "path",
    ["/accounts/nobody", "/accounts/nobody/choose", "/accounts/{id}/pixels/NOPIXEL", "/accounts/nobody/pixels/x"],
)
def test_what_is_not_there_is_a_404(imported, path):
    assert imported.visit(path.format(id=imported.id)).status == 404


def test_a_viewer_of_another_workspace_sees_nothing(imported):
    imported.who = ("viewer", "hats")
    assert imported.id not in imported.visit("/accounts").text
    assert imported.visit(f"/accounts/{imported.id}").status == 404
    assert imported.visit(f"/accounts/{imported.id}/pixels/{code(1)}").status == 404


def test_a_pixel_that_was_removed_here_says_how_to_add_it(imported):
    imported.store.remove_pixel(workspace=MAIN, code=code(50), now_ms=imported.clock.now_ms())
    assert f"twinbeam pixels add {code(50)}" in words(imported.visit(f"/accounts/{imported.id}/pixels/{code(50)}"))


def test_the_table_of_pixels_says_that_the_accounts_token_is_used(imported):
    assert "by the token of account Client 1 and 1 more" in words(imported.visit("/pixels"))
    assert imported.id not in words(imported.visit("/pixels"))
    assert "No access token" not in words(imported.visit("/pixels"))
    assert pixels.known(imported.admin, MAIN, code(1)).account == imported.id
    assert {line.who for line in audit.latest(imported.admin, limit=50)} == {"owner", "import"}


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("viewer", set()),
        ("member", {"Import now", "Access token"}),
        ("owner", {"Import now", "Access token", "Reconnect", "Disconnect", "Choose"}),
    ],
)
def test_everybody_is_offered_what_they_may_do_and_nothing_else(imported, role, offered):
    imported.who = (role, "")
    pages = [f"/accounts/{imported.id}", f"/accounts/{imported.id}/pixels/{code(1)}"]
    told = " ".join(imported.visit(page).text for page in pages)
    words_of_all = {"Import now", "Access token", "Reconnect", "Disconnect", "Choose"}
    assert {word for word in words_of_all if f">{word}<" in told} == offered
