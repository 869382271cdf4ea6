"""An import: whole or not at all for each ad account, gone on with after a cut, and never the end of what was known."""

import asyncio
from contextlib import closing

import pytest

from accounting import (
    APP,
    BUSY,
    FORBIDDEN,
    MALFORMED,
    NO_PERMISSION,
    REVOKED,
    Accounts,
    a_pixel,
    connected,
    doing,
    import_all,
    importing,
)
from sending import until
from twinbeam.admin import accounts, audit, pixel_removal, pixels, workspaces
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.errors import Conflict
from twinbeam.core.accounts import AccountProblem, AccountTrouble, AdvertiserSeen, Granted, PixelPage, StatSeen
from twinbeam.core.clock import HandClock, day_of
from twinbeam.core.rules import MAIN
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.jobs.pixel_import import MOST_PAGES, days_to_read, job

MINUTES_15 = 15 * 60


@pytest.fixture
def admin(tmp_path):
    ring = KeyRing.open_or_create(tmp_path / "keyring.json")
    with closing(SqliteSetup(tmp_path / "data", ring)) as store:
        yield Admin(store, Actor("ada"), HandClock())


@pytest.fixture
def tiktok():
    return Accounts({"1": [a_pixel(n) for n in range(1, 46)], "2": [a_pixel(50)], "3": []})


def codes(admin):
    return {row.code for row in admin.store.pixels()}


def later(admin, seconds=MINUTES_15):
    admin.clock.advance(seconds=seconds)


def told(admin, who="import"):
    return [line for line in audit.latest(admin, limit=999) if line.who == who]


def test_all_pages_of_all_chosen_ad_accounts_are_imported_and_told(admin, tiktok):
    made = connected(admin, tiktok)
    import_all(admin, tiktok)
    assert codes(admin) == {pixel.code for listed in tiktok.pixels.values() for pixel in listed}
    assert len(tiktok.asked_for("pixels")) == 3 + 1 + 1
    run = accounts.account(admin, made.id).run
    assert (run.total, run.done, run.added, run.problem) == (3, 3, 46, "")
    assert run.ended_ms == admin.clock.now_ms()
    assert sum(line.after.startswith("imported from ad account") for line in told(admin)) == 46
    assert {row.name for row in admin.store.pixels()} >= {"Pixel 1", "Pixel 50"}


def test_what_is_not_chosen_is_not_asked_for(admin, tiktok):
    made = connected(admin, tiktok, choose=False)
    accounts.choose(admin, made.id, ["2"])
    import_all(admin, tiktok)
    assert {asked[1] for asked in tiktok.asked_for("pixels")} == {"2"}
    assert codes(admin) == {a_pixel(50).code}


def test_the_next_import_is_due_after_15_minutes_or_when_it_is_asked_for(admin, tiktok):
    made = connected(admin, tiktok)
    import_all(admin, tiktok)
    for seconds, imports in ((60, 0), (11 * 60, 0), (3 * 60, 1)):
        later(admin, seconds)
        before = len(tiktok.asked_for("advertisers"))
        import_all(admin, tiktok)
        assert len(tiktok.asked_for("advertisers")) - before == imports
    accounts.import_now(admin, made.id)
    import_all(admin, tiktok)
    assert len(tiktok.asked_for("advertisers")) == 1 + 1 + 1 + 1  # one of them when it was connected


def test_an_import_of_the_same_again_tells_nothing(admin, tiktok):
    connected(admin, tiktok)
    import_all(admin, tiktok)
    before = told(admin)
    later(admin)
    import_all(admin, tiktok)
    assert told(admin) == before


def test_names_follow_tiktok_unless_the_owner_gave_another(admin, tiktok):
    connected(admin, tiktok)
    import_all(admin, tiktok)
    pixels.add(admin, pixels.NewPixel(a_pixel(2).code, name="My own"))
    tiktok.pixels["1"][0], tiktok.pixels["1"][1] = a_pixel(1, name="Renamed"), a_pixel(2, name="Renamed too")
    later(admin)
    import_all(admin, tiktok)
    names = {row.code: row.name for row in admin.store.pixels()}
    assert (names[a_pixel(1).code], names[a_pixel(2).code]) == ("Renamed", "My own")


def test_a_rename_keeps_the_rules_and_the_token_of_a_pixel(admin, tiktok):
    connected(admin, tiktok)
    import_all(admin, tiktok)
    code = a_pixel(50).code
    pixels.decide(admin, MAIN, code, {"environment": "staging"})
    admin.store.save_token(workspace=MAIN, code=code, token="own-token", now_ms=1)
    tiktok.pixels["2"] = [a_pixel(50, name="Renamed")]
    later(admin)
    import_all(admin, tiktok)
    row = pixels.known(admin, MAIN, code)
    assert (row.name, row.rules.environment, row.has_token) == ("Renamed", "staging", True)


def test_what_vanishes_is_marked_and_told_and_stays(admin, tiktok):
    made = connected(admin, tiktok)
    import_all(admin, tiktok)
    tiktok.pixels["2"] = []
    later(admin)
    import_all(admin, tiktok)
    (pixel,) = admin.store.accounts.imported_pixels(made.id, "2")
    assert pixel.vanished_since_ms == admin.clock.now_ms()
    assert a_pixel(50).code in codes(admin)
    assert (MAIN, a_pixel(50).code) not in admin.store.accounts.pixel_tokens()
    assert accounts.account(admin, made.id).run.vanished == 1
    tiktok.pixels["2"] = [a_pixel(50)]
    later(admin)
    import_all(admin, tiktok)
    assert [line.after for line in told(admin) if line.what.endswith("listing")] == ["listed again", "vanished"]


@pytest.mark.parametrize("relation", ["SHARED", "TRANSFERRED", "UNBOUND"])
def test_a_pixel_that_is_shared_or_changes_hands_is_told(admin, tiktok, relation):
    connected(admin, tiktok)
    import_all(admin, tiktok)
    tiktok.pixels["2"] = [a_pixel(50, relation=relation, owned=relation == "TRANSFERRED", owner_bc_id="42")]
    later(admin)
    import_all(admin, tiktok)
    lines = {
        line.what.rpartition(" ")[2]: (line.before, line.after) for line in told(admin) if a_pixel(50).code in line.what
    }
    assert lines["relation"] == ("", relation)
    assert lines["owner_bc_id"] == ("", "42")


def test_a_pixel_that_its_owner_removed_is_not_brought_back(admin, tiktok):
    connected(admin, tiktok)
    import_all(admin, tiktok)
    pixel_removal.remove(admin, MAIN, a_pixel(50).code)
    for _ in range(2):
        later(admin)
        import_all(admin, tiktok)
    assert a_pixel(50).code not in codes(admin)


def test_a_pixel_that_was_added_by_hand_is_taken_as_it_is(admin, tiktok):
    pixels.add(admin, pixels.NewPixel(a_pixel(50).code, name="By hand"))
    connected(admin, tiktok)
    import_all(admin, tiktok)
    assert pixels.known(admin, MAIN, a_pixel(50).code).name == "By hand"
    assert pixels.known(admin, MAIN, a_pixel(50).code).token_from == "account"


def test_a_code_that_no_pixel_has_is_kept_as_seen_and_not_added(admin, tiktok):
    tiktok.pixels["2"] = [a_pixel(1, code="short"), a_pixel(2, code="C0GOODPIXELCODE00001")]
    made = connected(admin, tiktok)
    import_all(admin, tiktok)
    assert {each.seen.code for each in admin.store.accounts.imported_pixels(made.id, "2")} == {
        "short",
        "C0GOODPIXELCODE00001",
    }
    assert "short" not in codes(admin)


def test_the_token_of_an_account_serves_the_pixels_that_have_none(admin, tiktok):
    made = connected(admin, tiktok)
    import_all(admin, tiktok)
    lent = admin.store.accounts.pixel_tokens()
    assert {token.token for token in lent.values()} == {tiktok.token}
    assert lent.keys() == {(MAIN, code) for code in codes(admin)}
    assert {row.account for row in admin.store.pixels()} == {made.id}
    accounts.choose(admin, made.id, ["1"])
    assert (MAIN, a_pixel(50).code) not in admin.store.accounts.pixel_tokens()
    assert pixels.known(admin, MAIN, a_pixel(50).code).token_from == ""


@pytest.mark.parametrize("trouble", [NO_PERMISSION, MALFORMED], ids=lambda trouble: trouble.problem.value)
@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_page_that_fails_loses_nothing_and_hides_no_other_ad_account(admin, tiktok, trouble, page):
    made = connected(admin, tiktok)
    import_all(admin, tiktok)
    before = admin.store.accounts.imported_pixels(made.id, "1")
    tiktok.pixels["1"], tiktok.pixels["2"] = [], [a_pixel(50), a_pixel(51)]
    tiktok.pixels["1"] = [a_pixel(n) for n in range(100, 145)]
    tiktok.refuses = lambda asked: trouble if asked == ("pixels", "1", page) else None
    later(admin)
    import_all(admin, tiktok)
    assert admin.store.accounts.imported_pixels(made.id, "1") == before
    assert a_pixel(51).code in codes(admin)
    found = accounts.account(admin, made.id)
    (failed,) = found.in_trouble
    assert (failed.id, failed.problem, failed.detail) == ("1", trouble.problem.value, trouble.detail)
    assert found.connection.state == "connected"
    tiktok.refuses = lambda _asked: None
    later(admin)
    import_all(admin, tiktok)
    assert accounts.account(admin, made.id).in_trouble == []
    assert len(admin.store.accounts.imported_pixels(made.id, "1")) == 45 + 45


@pytest.mark.parametrize("trouble", [REVOKED, FORBIDDEN], ids=lambda trouble: trouble.problem.value)
def test_a_token_that_is_refused_halfway_breaks_the_account_and_keeps_what_was_read(admin, tiktok, trouble):
    made = connected(admin, tiktok)
    tiktok.refuses = lambda asked: trouble if asked[:2] == ("pixels", "3") else None
    import_all(admin, tiktok)
    found = accounts.account(admin, made.id)
    assert (found.connection.state, found.connection.problem) == ("broken", trouble.problem.value)
    assert found.connection.trouble_since_ms == admin.clock.now_ms()
    assert found.run.ended_ms is not None
    assert admin.store.accounts.pixel_tokens() == {}
    asked, known = len(tiktok.asked), codes(admin)
    later(admin)
    import_all(admin, tiktok)
    assert (len(tiktok.asked), codes(admin)) == (asked, known)
    with pytest.raises(Conflict, match="econnect"):
        accounts.import_now(admin, made.id)
    tiktok.refuses = lambda _asked: None
    connected(admin, tiktok, choose=False, reconnects=made.id)
    import_all(admin, tiktok)
    assert accounts.account(admin, made.id).connection.problem == ""
    assert len(codes(admin)) == 46


def test_what_passes_leaves_an_import_to_be_gone_on_with_where_it_was(admin, tiktok):
    made = connected(admin, tiktok)
    tiktok.refuses = lambda asked: BUSY if asked[:2] == ("pixels", "3") else None
    import_all(admin, tiktok)
    found = accounts.account(admin, made.id)
    assert (found.run.ended_ms, found.run.problem, found.connection.state) == (None, "rate_limited", "connected")
    assert found.connection.trouble_since_ms == admin.clock.now_ms()
    since = found.connection.trouble_since_ms
    done = {each.id for each in found.advertisers} - set(admin.store.accounts.undone(made.id, found.run.id))
    tiktok.refuses, tiktok.asked = (lambda _asked: None), []
    later(admin)
    import_all(admin, tiktok)
    assert {asked[1] for asked in tiktok.asked_for("pixels")} == {"1", "2", "3"} - done
    assert tiktok.asked_for("advertisers") == []
    again = accounts.account(admin, made.id)
    assert (again.run.id, again.run.done, again.run.problem) == (found.run.id, 3, "")
    assert again.connection.trouble_since_ms is None
    assert since is not None


def test_an_import_that_was_cut_off_is_gone_on_with_and_asks_nothing_anew(admin, tiktok):
    tiktok.pixels = {str(n): [a_pixel(n)] for n in range(1, 31)}
    made = connected(admin, tiktok)

    async def cut_off():
        task = asyncio.create_task(importing(admin, tiktok)())
        await until(lambda: len(tiktok.asked_for("pixels")) >= 12)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cut_off())
    run = accounts.account(admin, made.id).run
    assert 0 < run.done < 30
    assert run.ended_ms is None
    left = set(admin.store.accounts.undone(made.id, run.id))
    tiktok.asked = []
    import_all(admin, tiktok)
    assert {asked[1] for asked in tiktok.asked_for("pixels")} == left
    assert len(left) == 30 - run.done
    assert accounts.account(admin, made.id).run.done == 30
    assert len(codes(admin)) == 30


def test_an_import_that_was_cut_off_long_ago_begins_anew(admin, tiktok):
    made = connected(admin, tiktok)
    tiktok.refuses = lambda asked: BUSY if asked[:2] == ("pixels", "3") else None
    import_all(admin, tiktok)
    tiktok.refuses, tiktok.asked = (lambda _asked: None), []
    later(admin, 61 * 60)
    import_all(admin, tiktok)
    assert {asked[1] for asked in tiktok.asked_for("pixels")} == {"1", "2", "3"}
    assert accounts.account(admin, made.id).run.id == 2


def test_an_ad_account_that_the_token_loses_has_its_pixels_marked(admin, tiktok):
    made = connected(admin, tiktok)
    import_all(admin, tiktok)
    del tiktok.pixels["2"]
    later(admin)
    import_all(admin, tiktok)
    found = {each.id: each for each in accounts.account(admin, made.id).advertisers}
    assert found["2"].gone_since_ms == admin.clock.now_ms()
    assert [each.vanished_since_ms for each in admin.store.accounts.imported_pixels(made.id, "2")] == [
        admin.clock.now_ms()
    ]
    assert accounts.account(admin, made.id).run.total == 2


def test_a_server_that_lists_for_ever_is_left_after_a_bound(admin, tiktok):
    made = connected(admin, tiktok)
    numbers = iter(range(100, 99_999))

    async def endless(token, advertiser_id, page):
        tiktok.asked.append(("pixels", advertiser_id, page))
        return PixelPage(tuple(a_pixel(next(numbers)) for _ in range(20)), total_pages=10**9)

    tiktok.pixel_page = endless
    import_all(admin, tiktok)
    assert {each.problem for each in accounts.account(admin, made.id).chosen} == {"malformed"}
    assert len(tiktok.asked_for("pixels")) == 3 * MOST_PAGES
    assert codes(admin) == set()


def test_a_server_that_repeats_its_first_page_is_left_at_the_second(admin, tiktok):
    connected(admin, tiktok)

    async def stuck(token, advertiser_id, page):
        tiktok.asked.append(("pixels", advertiser_id, page))
        return PixelPage((a_pixel(int(advertiser_id)),), total_pages=10**9)

    tiktok.pixel_page = stuck
    import_all(admin, tiktok)
    assert len(tiktok.asked_for("pixels")) == 3 * 2
    assert len(codes(admin)) == 3


def test_counts_are_read_for_a_week_first_and_then_for_today_and_yesterday(admin, tiktok):
    made = connected(admin, tiktok)
    today = day_of(admin.clock.now_ms())
    tiktok.stats = {("7050", day): [StatSeen("7050", "Purchase", 1, 2, 3)] for day in range(today - 9, today + 1)}
    import_all(admin, tiktok)
    asked = [each for each in tiktok.asked_for("stats") if each[1] == "2"]
    assert [day for *_, day in asked] == list(range(today - 6, today + 1))
    assert {len(ids) for _, who, ids, _ in tiktok.asked_for("stats") if who == "1"} == {10, 5}
    kept = admin.store.accounts.stats(made.id, since_day=0)
    assert [(stat.day, stat.event, stat.browser, stat.server, stat.total) for stat in kept] == [
        (day, "Purchase", 1, 2, 3) for day in range(today - 6, today + 1)
    ]
    tiktok.asked = []
    tiktok.stats["7050", today] = [StatSeen("7050", "Purchase", 5, 5, 10)]
    later(admin)
    import_all(admin, tiktok)
    assert {day for *_, day in tiktok.asked_for("stats")} == {today - 1, today}
    assert admin.store.accounts.stats(made.id, since_day=today)[0].total == 10


@pytest.mark.parametrize(
    ("read_until", "first"), [(None, 94), (100, 99), (99, 98), (97, 96), (50, 94), (101, 99), (200, 99)]
)
def test_days_that_were_missed_are_read_a_week_at_most(read_until, first):
    assert days_to_read(read_until, 100) == range(first, 101)


def test_counts_that_cannot_be_read_keep_the_pixels_that_were(admin, tiktok):
    made = connected(admin, tiktok)
    tiktok.refuses = lambda asked: NO_PERMISSION if asked[0] == "stats" else None
    import_all(admin, tiktok)
    assert len(codes(admin)) == 46
    assert {each.problem for each in accounts.account(admin, made.id).in_trouble} == {"no_permission"}
    assert {each.stats_day for each in accounts.account(admin, made.id).in_trouble} == {None}


def test_counts_of_pixels_that_nobody_asked_for_are_not_kept(admin, tiktok):
    made = connected(admin, tiktok)
    today = day_of(admin.clock.now_ms())
    tiktok.stats["7050", today] = [StatSeen("9999", "Purchase", 1, 2, 3)]
    import_all(admin, tiktok)
    assert admin.store.accounts.stats(made.id, since_day=0) == []


def test_a_token_that_cannot_be_opened_breaks_its_account_alone(admin, tiktok):
    made, other = connected(admin, tiktok), connected(admin, tiktok)
    admin.store._db.execute("UPDATE connection SET token = x'00' WHERE id = ?", (made.id,))
    import_all(admin, tiktok)
    states = {each.connection.id: (each.connection.state, each.connection.problem) for each in accounts.listed(admin)}
    assert states == {made.id: ("broken", "unreadable"), other.id: ("connected", "")}
    assert len(codes(admin)) == 46


def test_one_account_in_trouble_does_not_keep_another_from_its_import(admin, tiktok):
    workspaces.add(admin, "hats")
    connected(admin, tiktok)
    admin.clock.advance(seconds=1)
    tiktok.token = "account-token-2"
    connected(admin, tiktok, workspace="hats")
    first = iter([REVOKED])
    tiktok.refuses = lambda asked: next(first, None) if asked == ("advertisers",) else None
    import_all(admin, tiktok)
    assert {row.workspace for row in admin.store.pixels()} == {"hats"}


def test_an_account_that_is_ended_during_its_import_stays_ended(admin, tiktok):
    made = connected(admin, tiktok)
    ended = []

    def end_it(asked):
        if asked[0] == "stats" and not ended:
            ended.append(accounts.forget(admin, made.id))

    tiktok.refuses = end_it
    import_all(admin, tiktok)
    assert accounts.account(admin, made.id).connection.state == "disconnected"
    assert admin.store.accounts.credentials(made.id) is None
    assert asyncio.run(accounts.disconnect(doing(admin), tiktok, made.id)).problem is AccountProblem.UNREADABLE


def test_a_token_that_is_renewed_during_an_import_is_not_blamed_for_the_old_ones_refusal(admin, tiktok):
    made = connected(admin, tiktok)
    renewed = []

    def renew(asked):
        if asked[:2] == ("pixels", "3") and not renewed:
            tiktok.token = "account-token-2"
            renewed.append(1)
            state = accounts.begin(admin, MAIN, "s", reconnects=made.id)
            begun = accounts.take_up(admin, state, "s")
            accounts.connect(admin, begun, APP, Granted(tiktok.token), [AdvertiserSeen("3")])
            return REVOKED
        return None

    tiktok.refuses = renew
    import_all(admin, tiktok)
    found = accounts.account(admin, made.id).connection
    assert (found.state, found.problem) == ("connected", "")
    assert admin.store.accounts.is_asked()


def test_names_full_of_code_are_kept_as_text_and_do_no_harm(admin, tiktok):
    name = "'); DROP TABLE pixel; -- <script>alert(1)</script>"
    tiktok.pixels["2"] = [a_pixel(50, name=name)]
    connected(admin, tiktok)
    import_all(admin, tiktok)
    assert pixels.known(admin, MAIN, a_pixel(50).code).name == name


def test_a_page_with_entries_that_cannot_be_read_marks_nothing_as_vanished(admin, tiktok):
    made = connected(admin, tiktok)
    import_all(admin, tiktok)
    whole = tiktok.pixel_page

    async def odd(*asked):
        page = await whole(*asked)
        return PixelPage(page.pixels[1:], page.total_pages, unreadable=1) if page.pixels else page

    tiktok.pixel_page = odd
    later(admin)
    import_all(admin, tiktok)
    assert [each for each in admin.store.accounts.imported_pixels(made.id) if each.vanished_since_ms] == []


def test_the_job_runs_every_15_minutes_alone_and_may_be_cut_off(admin, tiktok):
    its = job(importing(admin, tiktok), is_asked=lambda: True)
    assert (its.name, its.every_seconds, its.alone, its.may_be_cut_off) == ("pixel_import", 900, True, True)
    assert its.is_asked()


def test_trouble_is_told_in_the_accounts_own_words(admin, tiktok):
    assert str(AccountTrouble(AccountProblem.RATE_LIMITED, "40100 x")).startswith("TikTok asks for fewer requests.")
    assert APP.secret not in repr(APP)
