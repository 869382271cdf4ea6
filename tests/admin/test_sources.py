"""Sources that sign: made once, changed over one secret at a time, and gone."""

from base64 import b64decode, b64encode

import pytest

from twinbeam.admin import audit, pixels, shops, sources, workspaces
from twinbeam.admin.errors import AdminError, Conflict, Invalid, NotFound
from twinbeam.admin.sources import LEAST_BYTES, MOST_BYTES, PREFIX, NewSource
from twinbeam.core.rules import MAIN, Route
from twinbeam.engines.signing import open_secret

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def pixel(admin):
    workspaces.add(admin, "hats")
    return pixels.add(admin, pixels.NewPixel(CODE))


def a_source(admin, name="till", **wishes):
    return sources.create(admin, NewSource(**{"name": name, "routes": (Route(CODE),)} | wishes))


def kept(admin):
    """Give the secrets that count, as people write them."""
    (row,) = admin.store.signed_sources()
    opened = [open_secret(admin.store._ring, row.name, b64decode(sealed)) for sealed in row.secrets]
    return [PREFIX + b64encode(secret).decode() for secret in opened]


def a_secret(size):
    return PREFIX + b64encode(b"x" * size).decode()


@pytest.mark.parametrize("size", [LEAST_BYTES, MOST_BYTES])
def test_a_secret_may_be_the_senders(admin, size):
    assert a_source(admin, secret=f"{a_secret(size)}\n") == a_secret(size)
    assert kept(admin) == [a_secret(size)]


def test_each_source_draws_a_secret_of_its_own(admin):
    assert a_source(admin) != a_source(admin, "crm")


@pytest.mark.parametrize(
    "secret", ["", PREFIX, f"{PREFIX}not base64!", a_secret(LEAST_BYTES - 1), a_secret(MOST_BYTES + 1), "a password"]
)
def test_what_is_no_secret_is_refused_and_not_quoted(admin, secret):
    a_source(admin, "crm")
    before = admin.store.signed_sources()
    for act in (lambda: a_source(admin, secret=secret), lambda: sources.rotate(admin, "crm", secret)):
        with pytest.raises(Invalid) as refused:
            act()
        assert str(refused.value) == "A secret is whsec_ and 24 to 64 bytes in base64, as its sender shows it."
    assert admin.store.signed_sources() == before


def test_a_secret_changes_over_one_at_a_time(admin):
    first = a_source(admin)
    with pytest.raises(Conflict, match="one secret only; make another first: twinbeam sources rotate till"):
        sources.retire(admin, "till")
    second = sources.rotate(admin, "till")
    assert kept(admin) == [second, first]
    with pytest.raises(Conflict, match="two secrets already; end the older one first: twinbeam sources retire till"):
        sources.rotate(admin, "till")
    sources.retire(admin, "till")
    assert kept(admin) == [second]
    lines = [(line.before, line.after) for line in reversed(audit.latest(admin, limit=3))]
    assert lines == [
        ("", f'made for main: [{{"pixel":"{CODE}"}}]'),
        ("one secret", "a new secret beside it"),
        ("two secrets", "the older one ended"),
    ]
    told = repr(audit.latest(admin, limit=99))
    assert not any(secret.removeprefix(PREFIX) in told for secret in (first, second))


@pytest.mark.parametrize("act", [sources.rotate, sources.retire, sources.remove])
def test_an_unknown_source_is_told_with_where_to_look(admin, act):
    with pytest.raises(NotFound, match="There is no source till; see: twinbeam sources list"):
        act(admin, "till")


def test_a_name_belongs_to_one_source_until_it_is_removed(admin):
    a_source(admin)
    pixels.add(admin, pixels.NewPixel(CODE, workspace="hats"))
    with pytest.raises(Conflict, match="choose another name"):
        a_source(admin, workspace="hats")
    sources.remove(admin, "till")
    a_source(admin, workspace="hats")
    assert sources.listed(admin, MAIN) == []
    assert [row.name for row in sources.listed(admin, "hats")] == ["till"]


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"name": "Till"}, "no name for a source"),
        ({"name": "a/b"}, "no name for a source"),
        ({"routes": ()}, "needs a pixel"),
        ({"routes": (Route("C0OTHERPIXELSCODE002"),)}, "There is no pixel"),
        ({"shop": "nowhere"}, "There is no shop nowhere"),
        ({"workspace": "hatz"}, "There is no workspace hatz"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(admin, wishes, told):
    with pytest.raises(AdminError, match=told):
        a_source(admin, **{"name": "till"} | wishes)
    assert admin.store.signed_sources() == []


def test_a_shop_stays_while_a_source_sends_for_it(admin):
    shops.add(admin, MAIN, "shop-fr")
    a_source(admin, shop="shop-fr")
    assert audit.latest(admin, limit=1)[0].after.startswith("made for main of shop shop-fr: ")
    with pytest.raises(Conflict, match="remove it first: twinbeam sources remove till"):
        shops.remove(admin, MAIN, "shop-fr")
    sources.remove(admin, "till")
    shops.remove(admin, MAIN, "shop-fr")
