"""Keys: made for a pixel, a shop or a reader; known by a hash; revoked by id or by text."""

import pytest

from engines.kit.embedded import found_in_files
from twinbeam.admin import audit, keys, pixels, shops, workspaces
from twinbeam.admin.errors import AdminError, Invalid, NotFound
from twinbeam.app.snapshot import directory_of
from twinbeam.core.rules import MAIN, Route
from twinbeam.core.values import KeyKind

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def pixel(admin):
    workspaces.add(admin, "hats")
    return pixels.add(admin, pixels.NewPixel(CODE))


def a_key(admin, kind=KeyKind.SERVER, **wishes):
    return keys.create(admin, keys.NewKey(kind, **{"source": "till", "routes": (Route(CODE),)} | wishes))


def latest(admin):
    (line,) = audit.latest(admin, limit=1)
    return line.what, line.before, line.after


@pytest.mark.parametrize(
    ("kind", "prefix"), [(KeyKind.SERVER, "tbs_"), (KeyKind.BROWSER, "tbb_"), (KeyKind.READ, "tbr_")]
)
def test_a_key_is_known_by_what_its_holder_was_given(admin, kind, prefix, tmp_path):
    made = a_key(admin, kind)
    assert made.text.startswith(prefix)
    assert directory_of(admin.store).find(made.text).id == made.row.id
    assert keys.listed(admin, MAIN) == [made.row]
    assert not found_in_files(tmp_path / "data", made.text.encode())
    assert latest(admin) == (f"key {made.row.id}", "", f'{kind} for till: [{{"pixel":"{CODE}"}}]')


def test_a_key_belongs_to_the_shop_it_was_made_for(admin):
    shops.add(admin, MAIN, "shop-fr")
    made = a_key(admin, shop="shop-fr")
    assert made.row.shop == "shop-fr"
    assert latest(admin)[2] == f'server for till of shop shop-fr: [{{"pixel":"{CODE}"}}]'
    with pytest.raises(Invalid, match="say which one is meant"):
        a_key(admin)
    assert [row.id for row in keys.listed(admin, MAIN)] == [made.row.id]


def test_a_read_key_tells_of_all_shops_and_needs_no_pixel(admin):
    shops.add(admin, MAIN, "shop-fr")
    assert a_key(admin, KeyKind.READ, routes=()).row.shop == ""
    with pytest.raises(Invalid, match="leave --shop out"):
        a_key(admin, KeyKind.READ, routes=(), shop="shop-fr")


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"routes": ()}, r"A server key needs a pixel: add --pixel CODE \(twinbeam pixels list shows"),
        ({"routes": (), "workspace": "hats"}, "twinbeam pixels list --workspace hats shows"),
        ({"routes": (Route(CODE), Route("C0OTHERPIXELSCODE002"))}, "There is no pixel C0OTHERPIXELSCODE002"),
        ({"workspace": "hats"}, "there is one in workspace main: leave --workspace out"),
        ({"workspace": "hatz"}, "There is no workspace hatz"),
        ({"shop": "nowhere"}, "There is no shop nowhere; known are main"),
    ],
)
def test_a_key_that_would_lead_nowhere_is_not_made(admin, wishes, told):
    with pytest.raises(AdminError, match=told):
        a_key(admin, **wishes)
    assert admin.store.access_keys() == []


@pytest.mark.parametrize("by", ["id", "text"])
def test_a_key_is_revoked_once(admin, by):
    made = a_key(admin)
    said = made.row.id if by == "id" else made.text
    assert keys.revoke(admin, MAIN, said) == made.row.id
    assert latest(admin) == (f"key {made.row.id}", "valid", "revoked")
    assert directory_of(admin.store).find(made.text) is None
    with pytest.raises(NotFound, match=f"There is no valid key {made.row.id}; see: twinbeam keys list$"):
        keys.revoke(admin, MAIN, said)


def test_a_key_is_revoked_in_its_own_workspace_only_and_its_text_is_not_told(admin):
    made = a_key(admin)
    for said, workspace in ((made.text, "hats"), (f"{made.text}x", MAIN), (made.row.id, "hats")):
        with pytest.raises(NotFound) as refused:
            keys.revoke(admin, workspace, said)
        assert made.text not in str(refused.value)
    assert directory_of(admin.store).find(made.text) is not None


@pytest.mark.parametrize("source", ["\x1b[31m", "a\nb", "s" * 201], ids=ascii)
def test_the_source_of_a_key_is_one_line(admin, source):
    with pytest.raises(Invalid, match="Give the source in one line of at most 200 characters"):
        a_key(admin, source=source)
    assert keys.listed(admin, MAIN) == []
