"""A pixel is taken away, with all that leads to it alone; it is said before what that is."""

import pytest

from twinbeam.admin import alerts, audit, keys, pixels, sources, tokens, workspaces
from twinbeam.admin.errors import NotFound
from twinbeam.admin.pixel_removal import removal, remove
from twinbeam.core.rules import MAIN, Route
from twinbeam.core.values import KeyKind

CODE = "C4A5B6C7D8E9F0G1H2I3"
OTHER = "C0OTHERPIXELSCODE002"


@pytest.fixture(autouse=True)
def installed(admin):
    workspaces.add(admin, "hats")
    for code, workspace in ((CODE, MAIN), (OTHER, MAIN), (CODE, "hats")):
        pixels.add(admin, pixels.NewPixel(code, workspace=workspace))
    tokens.save(admin, MAIN, CODE, "token-1")


def a_key(admin, kind, *codes, workspace=MAIN):
    return keys.create(admin, keys.NewKey(KeyKind(kind), "shop", tuple(map(Route, codes)), workspace=workspace)).row.id


def a_source(admin, name, *codes, workspace=MAIN):
    sources.create(admin, sources.NewSource(name, tuple(map(Route, codes)), workspace=workspace))


def lines(admin):
    return {line.what: (line.before, line.after) for line in reversed(audit.latest(admin, limit=99))}


def test_keys_lose_their_routes_or_are_revoked(admin):
    alone, both = a_key(admin, "server", CODE, CODE), a_key(admin, "browser", CODE, OTHER)
    reads, other = a_key(admin, "read", CODE), a_key(admin, "server", OTHER)
    gone, elsewhere = a_key(admin, "server", CODE), a_key(admin, "server", CODE, workspace="hats")
    keys.revoke(admin, MAIN, gone)
    told = removal(admin, MAIN, CODE)
    assert ([key.id for key in told.revoked], {key.id for key in told.changed}) == ([alone], {both, reads})
    assert remove(admin, MAIN, CODE) == told
    assert {key.id: (key.pixels, key.revoked_ms is None) for key in admin.store.access_keys()} == {
        alone: ([CODE], False),
        both: ([OTHER], True),
        reads: ([], True),
        other: ([OTHER], True),
        gone: ([CODE], False),
        elsewhere: ([CODE], True),
    }
    assert lines(admin)[f"key {alone}"] == ("valid", f"revoked: it led to pixel {CODE} alone")
    before, after = f'[{{"pixel":"{CODE}"}},{{"pixel":"{OTHER}"}}]', f'[{{"pixel":"{OTHER}"}}]'
    assert lines(admin)[f"key {both}"] == (before, after)
    assert lines(admin)[f"key {elsewhere}"][0] == ""


def test_sources_lose_their_routes_or_go(admin):
    a_source(admin, "alone", CODE)
    a_source(admin, "both", CODE, OTHER)
    a_source(admin, "elsewhere", CODE, workspace="hats")
    told = remove(admin, MAIN, CODE)
    assert [source.name for source in told.removed_sources] == ["alone"]
    assert [source.name for source in told.changed_sources] == ["both"]
    left = {row.name: [route.pixel for route in row.routes] for row in admin.store.signed_sources()}
    assert left == {"both": [OTHER], "elsewhere": [CODE]}
    assert lines(admin)["source alone"] == ("valid", f"removed: it led to pixel {CODE} alone")
    assert lines(admin)["source both"][1] == f'[{{"pixel":"{OTHER}"}}]'


def test_what_was_muted_of_it_is_told_of_when_it_is_added_again(admin):
    for workspace in (MAIN, "hats"):
        alerts.mute(admin, alerts.NewMute(hours=24, reason="moving", workspace=workspace, pixel=CODE))
    remove(admin, MAIN, CODE)
    assert [mute.workspace for mute in admin.store.alerts.mutes()] == ["hats"]


def test_its_token_goes_and_another_workspaces_pixel_stays(admin):
    remove(admin, MAIN, CODE)
    assert [(row.workspace, row.code) for row in admin.store.pixels()] == [("hats", CODE), (MAIN, OTHER)]
    assert admin.store.tokens() == {}
    assert lines(admin)[f"pixel main/{CODE}"] == (CODE, "removed")


@pytest.mark.outside("pixels")
@pytest.mark.parametrize("code", [CODE[:19], f"{CODE}4", CODE])
def test_a_pixel_is_removed_whatever_its_code_and_may_come_back(admin, code):
    admin.store.save_pixel(workspace=MAIN, code=code, event_source="web", name="Shop", now_ms=1)
    remove(admin, MAIN, code)
    assert code not in [row.code for row in pixels.listed(admin, MAIN)]
    with pytest.raises(NotFound, match=f"There is no pixel {code}"):
        remove(admin, MAIN, code)
    pixels.add(admin, pixels.NewPixel(CODE))
    assert admin.store.removed_pixels(since_ms=0) == ([] if code == CODE else [(MAIN, code)])
