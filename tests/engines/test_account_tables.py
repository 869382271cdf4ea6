"""The tables of accounts: what is kept together stays together, and reading pixels tells whose token they use."""

from contextlib import closing

import pytest

from accounting import Accounts, a_pixel, connected, import_all
from twinbeam.admin import accounts
from twinbeam.admin.contract import Actor, Admin
from twinbeam.core.accounts import EventStat, ImportRun
from twinbeam.core.clock import HandClock
from twinbeam.core.rules import MAIN
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteSetup


@pytest.fixture
def admin(tmp_path):
    ring = KeyRing.open_or_create(tmp_path / "keyring.json")
    with closing(SqliteSetup(tmp_path / "data", ring)) as store:
        yield Admin(store, Actor("ada"), HandClock())


def test_what_is_changed_in_a_transaction_that_fails_is_not_changed(admin):
    made = connected(admin, Accounts({"1": []}))

    def half():
        with admin.store.transaction():
            admin.store.accounts.change_connection(made.id, state="broken")
            admin.store.accounts.save_run(ImportRun(1, made.id, 1, 1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert accounts.account(admin, made.id).connection.state == "connected"
    assert admin.store.accounts.run(made.id) is None


def test_counts_of_a_day_take_the_place_of_those_that_were_read_before(admin):
    store = admin.store.accounts

    def keep(*events, day=5, ids=("7",)):
        stats = [EventStat("c", "7", event, day, 1, 1, 2, 9) for event in events]
        store.save_stats("c", ids, day, stats)

    keep("Purchase", "Lead")
    keep("Purchase", day=6)
    keep("Lead")
    keep(ids=("8",))
    assert [(stat.day, stat.event) for stat in store.stats("c", since_day=0)] == [(5, "Lead"), (6, "Purchase")]
    store.forget_stats(before_day=6)
    assert [stat.day for stat in store.stats("c", since_day=0)] == [6]


def test_of_several_accounts_the_newest_lends_its_token_to_pages_and_sender_alike(admin, tmp_path):
    tiktok = Accounts({"1": [a_pixel(1)]})
    connected(admin, tiktok)
    admin.clock.advance(seconds=1)
    tiktok.token = "account-token-2"
    newest = connected(admin, tiktok)
    import_all(admin, tiktok)
    lent = admin.store.accounts.pixel_tokens()[MAIN, a_pixel(1).code]
    assert (lent.token, lent.connection) == ("account-token-2", newest.id)
    with closing(SqliteReader(tmp_path / "data")) as reader:
        assert [row.account for row in reader.pixels()] == [newest.id]


def test_every_lent_token_is_that_of_the_account_that_pages_name(admin):
    tiktok = Accounts({"1": [a_pixel(1), a_pixel(2)], "2": [a_pixel(2), a_pixel(3)]})
    for _ in range(3):
        admin.clock.advance(seconds=1)
        connected(admin, tiktok)
    import_all(admin, tiktok)
    accounts.choose(admin, admin.store.accounts.connections()[2].id, ["1"])
    accounts.forget(admin, admin.store.accounts.connections()[1].id)
    lent = {place: token.connection for place, token in admin.store.accounts.pixel_tokens().items()}
    assert lent == {(row.workspace, row.code): row.account for row in admin.store.pixels() if row.account}
    assert len(set(lent.values())) == 2
