"""Accounts: connected by what TikTok brings back, once and to the session that began it; renewed, chosen, ended."""

import asyncio
from pathlib import Path

import pytest

from accounting import APP, BUSY, FORBIDDEN, REVOKED, SESSION, Accounts, a_pixel, connected, doing, import_all
from twinbeam.admin import accounts, audit, developer_app, workspaces
from twinbeam.admin.accounts import Returned
from twinbeam.admin.errors import AdminError, Conflict, Invalid, NotFound
from twinbeam.core.accounts import AccountProblem, DeveloperApp
from twinbeam.core.rules import MAIN


@pytest.fixture
def tiktok():
    return Accounts({"1": [a_pixel(1)], "2": [a_pixel(2)]})


def finish(admin, tiktok, state, code="code-1", *, holder=SESSION, error="", app=APP):
    return asyncio.run(accounts.finish(doing(admin), tiktok, Returned(state, code, error), holder, app))


def test_an_account_is_connected_with_its_ad_accounts_none_of_them_chosen(admin, tiktok):
    made = finish(admin, tiktok, accounts.begin(admin, MAIN, SESSION))
    found = accounts.account(admin, made.id)
    assert (found.connection, found.chosen, found.run) == (made, [], None)
    assert [(each.id, each.name) for each in found.advertisers] == [("1", "Client 1"), ("2", "Client 2")]
    assert (made.who, made.scopes, made.state, made.app_id) == ("ada", ("4",), "connected", APP.id)
    assert admin.store.accounts.credentials(made.id) == (APP, tiktok.token)


def test_a_state_is_used_once(admin, tiktok):
    state = accounts.begin(admin, MAIN, SESSION)
    finish(admin, tiktok, state)
    with pytest.raises(Conflict, match="used already"):
        finish(admin, tiktok, state)
    assert len(tiktok.asked_for("exchange")) == 1


def test_a_state_is_used_up_even_where_tiktok_then_refuses(admin, tiktok):
    tiktok.refuses = lambda asked: FORBIDDEN if asked[0] == "exchange" else None
    state = accounts.begin(admin, MAIN, SESSION)
    assert finish(admin, tiktok, state) == FORBIDDEN
    with pytest.raises(Conflict):
        finish(admin, tiktok, state)
    assert accounts.listed(admin) == []


@pytest.mark.parametrize("forged", ["", "x", "a" * 43, "\ud800", "é"])
def test_a_forged_state_is_refused_and_tiktok_is_not_asked(admin, tiktok, forged):
    accounts.begin(admin, MAIN, SESSION)
    with pytest.raises(Invalid, match="does not belong"):
        finish(admin, tiktok, forged)
    assert tiktok.asked == []


def test_a_state_of_another_session_is_refused_and_stays_good_for_its_own(admin, tiktok):
    state = accounts.begin(admin, MAIN, SESSION)
    with pytest.raises(Invalid, match="another browser or session"):
        finish(admin, tiktok, state, holder="session-of-mallory")
    assert tiktok.asked == []
    assert finish(admin, tiktok, state).state == "connected"


@pytest.mark.parametrize(("minutes", "good"), [(10, True), (10.1, False), (59, False), (120, False)])
def test_a_state_is_good_for_ten_minutes(admin, tiktok, minutes, good):
    state = accounts.begin(admin, MAIN, SESSION)
    admin.clock.advance(seconds=minutes * 60)
    accounts.begin(admin, MAIN, "somebody else")  # what is long past is forgotten now
    if good:
        assert finish(admin, tiktok, state).state == "connected"
        return
    with pytest.raises(Invalid, match="more than 10 minutes ago" if minutes < 60 else "does not belong"):
        finish(admin, tiktok, state)


@pytest.mark.parametrize("what", [{"code": ""}, {"error": "access_denied"}])
def test_a_refused_consent_is_told_in_words(admin, tiktok, what):
    said = finish(admin, tiktok, accounts.begin(admin, MAIN, SESSION), **what)
    assert said.problem is AccountProblem.CONSENT_REFUSED
    assert tiktok.asked == []


def test_an_account_is_connected_even_if_its_list_is_late(admin, tiktok):
    tiktok.refuses = lambda asked: BUSY if asked[0] == "advertisers" else None
    made = finish(admin, tiktok, accounts.begin(admin, MAIN, SESSION))
    assert [each.id for each in accounts.account(admin, made.id).advertisers] == ["1", "2"]


def test_without_an_app_the_fix_is_told(admin, tiktok):
    with pytest.raises(NotFound, match="TWINBEAM_TIKTOK_APP_ID"):
        finish(admin, tiktok, accounts.begin(admin, MAIN, SESSION), app=None)


def test_an_unknown_workspace_or_account_is_not_begun(admin):
    with pytest.raises(NotFound):
        accounts.begin(admin, "hats", SESSION)
    with pytest.raises(NotFound):
        accounts.begin(admin, MAIN, SESSION, reconnects="nobody")


def test_choosing_asks_for_an_import_and_refuses_what_is_not_there(admin, tiktok):
    made = connected(admin, tiktok, choose=False)
    with pytest.raises(Invalid, match="no ad account 3"):
        accounts.choose(admin, made.id, ["1", "3"])
    assert not admin.store.accounts.is_asked()
    assert [each.id for each in accounts.choose(admin, made.id, ["2"]).chosen] == ["2"]
    assert admin.store.accounts.is_asked()


def test_an_import_is_asked_for_only_where_there_is_something_to_import(admin, tiktok):
    made = connected(admin, tiktok, choose=False)
    with pytest.raises(Conflict, match="No ad account is chosen"):
        accounts.import_now(admin, made.id)
    accounts.choose(admin, made.id, ["1"])
    import_all(admin, tiktok)
    assert not admin.store.accounts.is_asked()
    accounts.import_now(admin, made.id)
    assert admin.store.accounts.is_asked()


def test_a_reconnected_account_keeps_its_id_and_what_was_chosen(admin, tiktok):
    made = connected(admin, tiktok, choose=False)
    accounts.choose(admin, made.id, ["2"])
    tiktok.token = "account-token-2"
    again = connected(admin, tiktok, choose=False, reconnects=made.id)
    found = accounts.account(admin, made.id)
    assert (again.id, [each.id for each in found.chosen]) == (made.id, ["2"])
    assert admin.store.accounts.credentials(made.id)[1] == "account-token-2"
    assert admin.store.accounts.is_asked()


def test_an_ad_account_that_is_no_longer_covered_is_told_and_comes_back(admin, tiktok):
    made = connected(admin, tiktok)
    kept = tiktok.pixels.pop("2")
    connected(admin, tiktok, choose=False, reconnects=made.id)
    gone = {each.id: each.gone_since_ms for each in accounts.account(admin, made.id).advertisers}
    assert gone == {"1": None, "2": admin.clock.now_ms()}
    tiktok.pixels["2"] = kept
    connected(admin, tiktok, choose=False, reconnects=made.id)
    assert [each.gone_since_ms for each in accounts.account(admin, made.id).advertisers] == [None, None]
    told = [line.after for line in audit.latest(admin, limit=9) if line.what.endswith("advertiser 2")]
    assert told == ["covered", "no longer covered"]


def test_disconnecting_revokes_at_tiktok_and_forgets_what_is_secret(admin, tiktok):
    made = connected(admin, tiktok)
    import_all(admin, tiktok)
    assert asyncio.run(accounts.disconnect(doing(admin), tiktok, made.id)) is None
    assert tiktok.revoked == [tiktok.token]
    assert admin.store.accounts.credentials(made.id) is None
    assert admin.store.accounts.pixel_tokens() == {}
    assert len(admin.store.pixels()) == 2
    for refused in (accounts.import_now, lambda *which: accounts.choose(*which, [])):
        with pytest.raises(Conflict, match="disconnected"):
            refused(admin, made.id)


@pytest.mark.parametrize(("said", "told"), [(REVOKED, None), (BUSY, BUSY)])
def test_disconnecting_forgets_the_token_whatever_tiktok_says(admin, tiktok, said, told):
    made = connected(admin, tiktok)
    tiktok.refuses = lambda _asked: said
    assert asyncio.run(accounts.disconnect(doing(admin), tiktok, made.id)) == told
    assert admin.store.accounts.credentials(made.id) is None


def test_accounts_of_workspaces_are_kept_apart(admin, tiktok):
    workspaces.add(admin, "hats")
    mains, hats = connected(admin, tiktok), connected(admin, tiktok, workspace="hats")
    assert [each.connection.id for each in accounts.listed(admin, "hats")] == [hats.id]
    assert {each.connection.id for each in accounts.listed(admin)} == {mains.id, hats.id}
    import_all(admin, tiktok)
    assert {row.workspace for row in admin.store.pixels()} == {MAIN, "hats"}
    assert accounts.begin(admin, MAIN, SESSION, reconnects=hats.id)


def test_neither_token_nor_secret_nor_state_lies_in_the_files_or_the_audit(admin, tiktok, tmp_path):
    state = accounts.begin(admin, MAIN, SESSION)
    made = finish(admin, tiktok, state)
    developer_app.save(admin, "7000000000000000209", "secret-of-the-app-1", None)
    files = b"".join(path.read_bytes() for path in Path(tmp_path / "data").rglob("*") if path.is_file())
    for secret in (tiktok.token, APP.secret, "secret-of-the-app-1", state, SESSION):
        assert secret.encode() not in files
        assert secret not in repr(audit.latest(admin, limit=99))
    assert tiktok.token not in repr(accounts.account(admin, made.id))


def test_a_sealed_token_moved_to_another_account_does_not_open(admin, tiktok):
    one, other = connected(admin, tiktok), connected(admin, tiktok)
    sql = "UPDATE connection SET token = (SELECT token FROM connection WHERE id = ?) WHERE id = ?"
    admin.store._db.execute(sql, (one.id, other.id))
    assert admin.store.accounts.credentials(other.id) is None
    assert admin.store.accounts.credentials(one.id) is not None


def test_an_app_is_saved_sealed_and_the_environments_goes_first(admin):
    developer_app.save(admin, "7000000000000000209", "secret-of-the-app-1", None)
    assert developer_app.known_app(admin, None) == DeveloperApp("7000000000000000209", "secret-of-the-app-1")
    assert developer_app.known_app(admin, APP) is APP
    assert developer_app.known_id(admin, None) == "7000000000000000209"
    with pytest.raises(Conflict, match="set by TWINBEAM_TIKTOK_APP_ID"):
        developer_app.save(admin, "7000000000000000209", "secret-of-the-app-1", APP)
    developer_app.forget(admin)
    assert developer_app.known_id(admin, None) == ""


@pytest.mark.parametrize(
    ("id_", "secret"),
    [("x", "long-enough-1"), ("", "long-enough-1"), ("70000000", "short"), ("70000000", "with blanks in it")],
)
def test_an_app_that_cannot_be_is_refused_without_quoting_its_secret(admin, id_, secret):
    with pytest.raises(AdminError) as refused:
        developer_app.save(admin, id_, secret, None)
    assert secret not in str(refused.value)
