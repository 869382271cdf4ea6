"""The audit: every change is a line with who and when, made with the change or not at all."""

import importlib
import inspect
import pkgutil
import sqlite3
from typing import get_type_hints

import pytest

import twinbeam.admin
from accounting import APP, BUSY, REVOKED, Accounts, a_pixel, connected
from twinbeam.admin import (
    accounts,
    alerts,
    audit,
    backups,
    dead_letters,
    developer_app,
    erasure,
    export,
    flowing,
    importing,
    imports,
    issues,
    keys,
    links,
    person,
    pixel_removal,
    pixels,
    products,
    profiles,
    reconciling,
    releases,
    requests,
    revealing,
    sending_missing,
    sessions,
    shops,
    snippet,
    sources,
    stopping,
    testing,
    token_check,
    tokens,
    users,
    weekly_report,
)
from twinbeam.admin import workspaces as spaces
from twinbeam.admin.account_contract import BegunConnection
from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import AdminError
from twinbeam.admin.token_record import TokenVerdict
from twinbeam.alerts.rules import ChannelKind
from twinbeam.core.accounts import Granted, ImportRun
from twinbeam.core.erasure import Receipt
from twinbeam.core.imports import Course, Harvest
from twinbeam.core.rules import MAIN, PixelRules, Route
from twinbeam.core.users import Role, SessionKind, UserRow
from twinbeam.core.values import KeyKind

CODE = "C4A5B6C7D8E9F0G1H2I3"
STOPPED = "C0STOPPEDPIXELCODE03"
ADA = person.Subject("email", "ada@shop.example")

TRIED = token_check.Tried(TokenVerdict.GOOD)


def a_scheduled_feed(admin):
    products.schedule(admin, MAIN, "https://shop.example/feed.xml")
    return MAIN


A_CHANNEL = alerts.NewChannel("ops", ChannelKind.SLACK, "https://hooks.example/alerts")


def a_channel(admin):
    alerts.add_channel(admin, A_CHANNEL)
    return "ops"


def a_mute(admin):
    return alerts.mute(admin, alerts.NewMute(hours=1, reason="moving")).id


class Around:
    """The surroundings of an erasure that is carried out at once."""

    def positions(self):
        return {}

    def remember(self, request):
        pass

    def carried_out(self, request_id):
        return Receipt(0)


#: The texts of the links that are there, by their purpose.
LINKS = {}

#: What an owner can change, and how; each leaves at least one line.
CHANGES = {
    spaces.add: lambda admin: spaces.add(admin, "hats"),
    spaces.decide: lambda admin: spaces.decide(admin, MAIN, {"keep_days": "14"}),
    shops.add: lambda admin: shops.add(admin, MAIN, "outlet"),
    shops.remove: lambda admin: shops.remove(admin, MAIN, "shop-fr"),
    pixels.add: lambda admin: pixels.add(admin, pixels.NewPixel("C0OTHERPIXELSCODE002")),
    pixels.decide: lambda admin: pixels.decide(admin, MAIN, CODE, {"restricted": "true"}),
    pixel_removal.remove: lambda admin: pixel_removal.remove(admin, MAIN, CODE),
    tokens.save: lambda admin: tokens.save(admin, MAIN, CODE, "token-1"),
    token_check.keep: lambda admin: token_check.keep(admin, (MAIN, CODE), "token-1", TRIED),
    stopping.stop: lambda admin: stopping.stop(admin, MAIN, CODE, "wrong values"),
    flowing.pause: lambda admin: flowing.pause(admin, MAIN, CODE),
    flowing.drain: lambda admin: flowing.drain(admin, MAIN, CODE),
    flowing.resume: lambda admin: flowing.resume(admin, MAIN, STOPPED),
    stopping.start: lambda admin: stopping.start(admin, MAIN, STOPPED),
    testing.turn_on: lambda admin: testing.turn_on(admin, MAIN, CODE, "TEST123"),
    testing.turn_off: lambda admin: testing.turn_off(admin, MAIN, CODE),
    keys.create: lambda admin: keys.create(admin, keys.NewKey(KeyKind.SERVER, "till", (Route(CODE),), "main")),
    keys.create_for: lambda admin: keys.create_for(admin, (MAIN, CODE), KeyKind.SERVER, "main"),
    keys.revoke: lambda admin: keys.revoke(admin, MAIN, admin.store.access_keys()[0].id),
    sources.map_orders: lambda admin: sources.map_orders(admin, "till", {"order_id": "data.number"}),
    imports.begin: lambda admin: imports.begin(admin, MAIN, "3 records of a file", "digest"),
    sources.set_rules: lambda admin: sources.set_rules(admin, "lamps", {"money": "presentment"}),
    sources.create: lambda admin: sources.create(admin, sources.NewSource("crm", (Route(CODE),), "main")),
    sources.rotate: lambda admin: sources.rotate(admin, "shop"),
    sources.retire: lambda admin: sources.retire(admin, "till"),
    sources.remove: lambda admin: sources.remove(admin, "till"),
    users.decide: lambda admin: users.decide(admin, "grace", Role.MEMBER),
    users.disable: lambda admin: users.disable(admin, "grace"),
    users.enable: lambda admin: users.enable(admin, "eve"),
    links.for_owner: links.for_owner,
    links.for_password: lambda admin: links.for_password(admin, "grace"),
    links.invite: lambda admin: links.invite(admin, "joan", Role.MEMBER),
    links.show_workspace: lambda admin: links.show_workspace(admin, "Hats Ltd", MAIN, days=3),
    links.revoke: lambda admin: links.revoke(admin, links.valid(admin)[0].id),
    sessions.sign_in: lambda admin: sessions.sign_in(admin, users.known(admin, "ada"), SessionKind.PASSWORD),
    sessions.accept: lambda admin: sessions.accept(admin, LINKS["invitation"], "ada-2", "hash"),
    sessions.visit: lambda admin: sessions.visit(admin, LINKS["workspace"]),
    sessions.provided: lambda admin: sessions.provided(admin, "iss sub", "ada@shop.example", Role.MEMBER),
    sessions.sign_out: lambda admin: sessions.sign_out(admin, 1),
    sessions.sign_out_everywhere: lambda admin: sessions.sign_out_everywhere(admin, 1),
    sessions.change_password: lambda admin: sessions.change_password(admin, 1, "", "hash", keep=0),
    export.stories: lambda admin: export.stories(admin, MAIN),
    export.about: lambda admin: export.about(admin, ADA),
    developer_app.save: lambda admin: developer_app.save(admin, "7000000000000000201", "secret-of-the-app", None),
    developer_app.forget: developer_app.forget,
    accounts.connect: lambda admin: accounts.connect(admin, a_begun_one(admin), APP, Granted("token-2"), []),
    accounts.choose: lambda admin: accounts.choose(admin, an_account(admin), ["1"]),
    accounts.import_now: lambda admin: accounts.import_now(admin, an_account(admin)),
    accounts.forget: lambda admin: accounts.forget(admin, an_account(admin)),
    importing.broken: lambda admin: importing.broken(admin, an_account(admin), REVOKED),
    importing.take: lambda admin: importing.take(admin, a_course(admin), Harvest("1", (a_pixel(7),))),
    importing.take_advertisers: lambda admin: importing.take_advertisers(admin, a_course(admin), ()),
    importing.end: lambda admin: importing.end(admin, a_course(admin), BUSY),
    profiles.describe: lambda admin: profiles.describe(admin, MAIN, CODE, {"client": "Acme"}),
    products.schedule: lambda admin: products.schedule(admin, MAIN, "https://shop.example/feed.xml"),
    products.unschedule: lambda admin: products.unschedule(admin, a_scheduled_feed(admin)),
    products.ask: lambda admin: products.ask(admin, a_scheduled_feed(admin)),
    products.remove: lambda admin: products.remove(admin, a_scheduled_feed(admin)),
    alerts.decide: lambda admin: alerts.decide(admin, "disk", {"on": "no"}),
    alerts.reset: lambda admin: alerts.reset(admin, "disk"),
    alerts.mute: lambda admin: alerts.mute(admin, alerts.NewMute(hours=1, reason="moving")),
    alerts.unmute: lambda admin: alerts.unmute(admin, a_mute(admin)),
    alerts.add_channel: lambda admin: alerts.add_channel(admin, A_CHANNEL),
    alerts.remove_channel: lambda admin: alerts.remove_channel(admin, a_channel(admin)),
    alerts.try_channel: lambda admin: alerts.try_channel(admin, a_channel(admin), ""),
    issues.mute: lambda admin: issues.mute(admin, workspace=MAIN, pixel=CODE, check="one_sided", why="by design"),
    issues.unmute: lambda admin: issues.unmute(admin, workspace=MAIN, pixel=STOPPED, check="stopped"),
    erasure.erase: lambda admin: erasure.erase(admin, ADA, Around()),
}
#: What only looks, what is a part of a change, and what is tried in tests/admin/test_data.py or, of requests, in
#: tests/rooms/test_person_requests.py; of missing orders in tests/admin/test_sending_missing.py.
OTHERS = {
    products.import_file,  # what it writes beside the products in force is no change; tests/cli/test_feed.py tells
    products.put_in_force,
    products.standing,
    products.unknown,
    reconciling.reconcile,
    reconciling.listed,
    reconciling.shown,
    sending_missing.asked_for,
    sending_missing.previewed,
    sending_missing.send,
    weekly_report.report,
    dead_letters.letter_judge,
    dead_letters.resend,  # of what TikTok refused; tests/admin/test_dead_letters.py tells
    requests.listed,
    requests.export,
    requests.erase,
    audit.changing,
    audit.latest,
    spaces.listed,
    spaces.known,
    shops.listed,
    shops.known,
    pixels.listed,
    pixels.known,
    pixel_removal.removal,
    pixels.save_rules,
    keys.listed,
    sources.dialect_of,
    imports.advance,
    imports.known_of,
    sources.listed,
    person.person_of,
    snippet.snippet_for,
    users.listed,
    users.known,
    users.check_place,
    links.valid,
    links.first_owner,
    sessions.of_user,
    releases.release,
    backups.awaiting,
    backups.decide,  # of what is held since a restore; test_backups.py tells
    tokens.put,
    token_check.asked,
    token_check.try_and_save,
    developer_app.known_app,
    developer_app.known_id,
    accounts.begin,
    accounts.take_up,
    accounts.note_advertisers,
    accounts.known,
    accounts.account,
    accounts.listed,
    importing.due,
    importing.begin,
    profiles.view,
    revealing.note_shown_hashes,  # it changes nothing but the audit; tests/web/debugger tells
}


def an_account(admin):
    return admin.store.accounts.connections()[0].id


def a_begun_one(admin):
    return BegunConnection(b"hash", b"holder", MAIN, "", admin.clock.now_ms())


def a_course(admin):
    account = an_account(admin)
    return Course(ImportRun(1, account, admin.clock.now_ms(), total=2), APP, "account-token-1", lists_accounts=True)


@pytest.fixture
def installed(admin):
    """An installation with one of everything."""
    connected(admin, Accounts({"1": [a_pixel(1)], "2": []}))
    shops.add(admin, MAIN, "shop-fr")
    pixels.add(admin, pixels.NewPixel(CODE))
    testing.turn_on(admin, MAIN, CODE, "TEST456")
    pixels.add(admin, pixels.NewPixel(STOPPED))
    stopping.stop(admin, MAIN, STOPPED)
    issues.mute(admin, workspace=MAIN, pixel=STOPPED, check="stopped", why="by design")
    flowing.pause(admin, MAIN, STOPPED)
    keys.create(admin, keys.NewKey(KeyKind.BROWSER, "tag", (Route(CODE),), "main"))
    lamps = sources.NewSource("lamps", (Route(CODE),), "main", secret="a client secret", dialect="shopify")
    sources.create(admin, lamps)
    for name in ("till", "shop"):
        sources.create(admin, sources.NewSource(name, (Route(CODE),), "main"))
    sources.rotate(admin, "till")
    for name, disabled_ms in (("ada", None), ("grace", None), ("eve", 1)):
        admin.store.users.add_user(UserRow(0, name, Role.OWNER, "", "", "", 1, disabled_ms))
    LINKS["invitation"] = links.for_owner(admin).text
    LINKS["workspace"] = links.show_workspace(admin, "Hats", MAIN, days=3).text
    sessions.sign_in(admin, users.known(admin, "ada"), SessionKind.PASSWORD)
    admin.clock.advance(seconds=60)
    return admin


def functions():
    """Give the functions of the room that an `Admin` is handed to."""
    for module in pkgutil.iter_modules(twinbeam.admin.__path__, "twinbeam.admin."):
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            if not name.startswith("_") and function.__module__ == module.name and takes_an_admin(function):
                yield function


def takes_an_admin(function):
    parameters = list(inspect.signature(function).parameters)
    return bool(parameters) and get_type_hints(inspect.unwrap(function)).get(parameters[0]) is Admin


def test_every_function_of_the_room_is_known_here():
    assert set(functions()) == {*CHANGES, *OTHERS}


@pytest.mark.parametrize("change", CHANGES.values(), ids=lambda change: "")
def test_every_change_is_told_with_who_and_when(installed, change):
    before = len(audit.latest(installed, limit=99))
    change(installed)
    told = audit.latest(installed, limit=99)[:-before]
    assert told
    who = {
        sessions.accept: "ada-2",
        sessions.visit: "link Hats",
        sessions.provided: "ada@shop.example",
    }.get(next(known for known, way in CHANGES.items() if way is change), "ada")
    assert {(line.who, line.at_ms) for line in told} == {(who, installed.clock.now_ms())}


@pytest.mark.parametrize("change", CHANGES.values(), ids=lambda change: "")
def test_a_running_gateway_notices_every_change_by_the_version(installed, change):
    before = installed.store.settings_version()
    change(installed)
    assert installed.store.settings_version() != before


@pytest.mark.parametrize("change", CHANGES.values(), ids=lambda change: "")
def test_nothing_is_changed_that_the_audit_cannot_tell(installed, change):
    installed.store._db.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END")
    before = everything(installed)
    with pytest.raises(sqlite3.IntegrityError, match="no room"):
        change(installed)
    assert everything(installed) == before


def everything(admin):
    """Give all rows of all tables."""
    named = admin.store._db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return {name: admin.store._db.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in named}


def test_a_change_that_is_refused_halfway_leaves_nothing(installed):
    before = everything(installed)
    with pytest.raises(AdminError):
        stop_halfway(installed)
    assert everything(installed) == before


def stop_halfway(admin):
    with changing(admin) as lines:
        pixels.save_rules(admin, pixels.known(admin, MAIN, CODE), PixelRules(restricted=True), lines)
        keys.create(admin, keys.NewKey(KeyKind.READ, "support"))
        pixels.known(admin, MAIN, "C0OTHERPIXELSCODE002")


def test_the_newest_lines_come_first(installed):
    assert [line.what for line in audit.latest(installed, limit=3)] == ["sign-in ada", "link 2", "link 1"]
