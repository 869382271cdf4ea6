"""What a listing changes, as laws: twice is once, pages in any order are one listing, and nothing is ever lost."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from accounting import a_pixel
from twinbeam.admin.import_plan import plan
from twinbeam.core.accounts import ImportedPixel

PLACE = ("account", "advertiser")
PIXELS = st.builds(
    a_pixel,
    st.integers(1, 8),
    name=st.sampled_from(["Shop", "Shop 2", "<b>x</b>", ""]),
    relation=st.sampled_from(["", "SHARED", "TRANSFERRED", "UNBOUND"]),
    owned=st.sampled_from([None, True, False]),
    activity=st.sampled_from(["ACTIVE", "INACTIVE", ""]),
    automatic_advanced_matching=st.sampled_from([(), ("email",), ("email", "phone_number")]),
)
LISTINGS = st.lists(PIXELS, max_size=8)
HISTORIES = st.lists(LISTINGS, min_size=1, max_size=4)


def after(history):
    """Take in listings one after the other; give what is known then."""
    known = {}
    for at, listing in enumerate(history):
        for row in plan(PLACE, known.values(), listing, at).rows:
            known[row.seen.code] = row
    return known


@given(HISTORIES)
def test_the_same_listing_again_changes_nothing(history):
    known = after(history)
    again = plan(PLACE, known.values(), history[-1], len(history))
    assert (again.added, again.changes, again.vanished) == ((), (), ())
    assert {row.seen.code: replace(row, last_seen_ms=0) for row in again.rows} == {
        code: replace(row, last_seen_ms=0) for code, row in known.items() if row.vanished_since_ms is None
    }


@given(HISTORIES, st.randoms())
def test_the_order_of_a_listing_and_of_its_pages_changes_nothing(history, random):
    known, listing = after(history[:-1]), list(history[-1])
    one = plan(PLACE, known.values(), listing, 99)
    random.shuffle(listing)
    assert plan(PLACE, reversed(known.values()), listing, 99) == one


@given(HISTORIES)
def test_what_was_once_listed_stays_and_is_marked_exactly_while_it_is_not(history):
    known = after(history)
    assert set(known) == {pixel.code for listing in history for pixel in listing}
    listed = {pixel.code for pixel in history[-1]}
    assert {code for code, row in known.items() if row.vanished_since_ms is None} == listed
    for row in known.values():
        assert row.first_seen_ms <= row.last_seen_ms


@given(HISTORIES)
def test_what_is_told_leads_from_what_was_known_to_what_is_seen(history):
    known = after(history[:-1])
    found = plan(PLACE, known.values(), history[-1], 99)
    now = {row.seen.code: row.seen for row in found.rows}
    for change in found.changes:
        assert change.before != change.after
        if change.field == "name":
            assert (change.before, change.after) == (known[change.code].seen.name, now[change.code].name)
    told = {(change.code, change.field) for change in found.changes}
    for code, row in known.items():
        if code in now and row.vanished_since_ms is None and code not in found.vanished:
            assert ((code, "relation") in told) == (row.seen.relation != now[code].relation)


def test_traffic_alone_is_no_change():
    known = [ImportedPixel(*PLACE, a_pixel(1, activity="ACTIVE", events=("Purchase",)), 1, 1)]
    assert plan(PLACE, known, [a_pixel(1, activity="INACTIVE")], 2).changes == ()


def test_a_pixel_that_comes_back_is_told():
    known = [ImportedPixel(*PLACE, a_pixel(1), 1, 1, vanished_since_ms=5)]
    (change,) = plan(PLACE, known, [a_pixel(1)], 9).changes
    assert (change.field, change.before, change.after) == ("listing", "vanished", "listed again")
