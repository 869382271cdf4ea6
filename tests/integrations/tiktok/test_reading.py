"""What the Marketing API says, as values: whatever is missing, null, wrong or new, nothing breaks and nothing is made up."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.accounts import AccountToken, AdvertiserSeen, DeveloperApp, Granted, PixelSeen, StatSeen
from twinbeam.integrations.tiktok import reading
from twinbeam.integrations.tiktok.text import identifier, one_line

WHOLE = {
    "pixel_id": "7000000000000000011",
    "pixel_code": "C0TWINBEAMDEMO000001",
    "pixel_name": "Shop",
    "pixel_category": "ONLINE_STORE",
    "pixel_script": "<script>",
    "create_time": "2026-01-02 03:04:05",
    "pixel_setup_mode": "DEVELOPER",
    "partner_name": "Partner",
    "activity_status": "ACTIVE",
    "advanced_matching_fields": {"email": True, "phone_number": False},
    "automatic_advanced_matching_fields": {"email": True, "name": True, "phone_number": None},
    "enable_first_party_cookies": True,
    "enable_expanded_data_sharing": False,
    "asset_ownership": {"asset_relation_status": "SHARED", "ownership_status": False, "owner_bc_id": "42"},
    "events": [
        {"event_code": "Purchase", "event_type": "SHOPPING"},
        {"event_type": "ON_WEB_CART"},
        {"event_code": "LoyaltyCard", "custom_event_type": "LoyaltyCard", "event_type": None},
    ],
}
SEEN = PixelSeen(
    code="C0TWINBEAMDEMO000001",
    pixel_id="7000000000000000011",
    name="Shop",
    created="2026-01-02 03:04:05",
    activity="ACTIVE",
    setup_mode="DEVELOPER",
    partner="Partner",
    first_party_cookies=True,
    expanded_data_sharing=False,
    advanced_matching=("email",),
    automatic_advanced_matching=("email", "name"),
    relation="SHARED",
    owned=False,
    owner_bc_id="42",
    events=("Purchase", "AddToCart", "LoyaltyCard"),
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def page(*entries, **more):
    return reading.pixel_page({"pixels": list(entries), "page_info": {"total_page": 3}} | more)


def test_a_pixel_is_read_with_all_its_useful_fields():
    found = page(WHOLE | {"a_field_of_tomorrow": {"x": 1}})
    assert (found.pixels, found.total_pages, found.unreadable) == ((SEEN,), 3, 0)


@pytest.mark.parametrize("name", sorted(WHOLE))
@pytest.mark.parametrize("value", [None, "gone", 7, -1, True, [], {}, [None], {"email": "yes"}], ids=repr)
def test_a_field_that_is_missing_null_or_of_another_type_hides_no_other(name, value):
    entry = {key: each for key, each in WHOLE.items() if key != name} | ({} if value == "gone" else {name: value})
    found = page(entry)
    if name == "pixel_code":
        assert found.pixels == () or found.pixels[0].code in ("7", "True")
        return
    (pixel,) = found.pixels
    assert pixel.code == SEEN.code
    touched = [field for field in PixelSeen.__struct_fields__ if getattr(pixel, field) != getattr(SEEN, field)]
    assert len(touched) <= (3 if name == "asset_ownership" else 1), touched


def test_a_pixel_without_a_code_is_counted_as_unreadable_and_hides_no_other():
    found = page(WHOLE, {"pixel_name": "no code"}, None, "text", {"pixel_code": "<b>"})
    assert ([pixel.code for pixel in found.pixels], found.unreadable) == ([SEEN.code], 4)


@pytest.mark.parametrize("data", [{}, {"pixels": None}, {"pixels": {}}, {"list": []}])
def test_a_page_without_a_list_is_malformed_and_not_empty(data):
    assert reading.pixel_page(data) is None


@pytest.mark.parametrize(
    "info", [None, [], {}, {"total_page": None}, {"total_page": "3"}, {"total_page": -1}, {"total_page": True}]
)
def test_a_page_may_fail_to_say_how_many_there_are(info):
    assert page(WHOLE, page_info=info).total_pages is None


def test_statistics_are_read_by_their_canonical_names_and_custom_ones_by_their_own():
    counted = [
        {
            "pixel_event_type": "SHOPPING",
            "total_count": 3,
            "browser_event_total_count": 1,
            "server_event_total_count": 2,
        },
        {"pixel_event_type": "CompletePayment", "total_count": 4, "browser_event_total_count": 4},
        {"custom_event_type": "LoyaltyCard", "total_count": "5", "server_event_total_count": "5"},
        {"pixel_event_type": "FORM", "browser_event_total_count": 2, "server_event_total_count": None},
        {"total_count": 9},
        {"pixel_event_type": "PAGE_VIEW", "total_count": -1, "browser_event_total_count": 2**80},
        None,
    ]
    found = reading.event_stats(
        {"list": [{"pixel_id": 7, "statistics": counted}, {"pixel_id": None}, 3, {"pixel_id": "8"}]}
    )
    assert found == (
        StatSeen("7", "Purchase", 5, 2, 7),
        StatSeen("7", "LoyaltyCard", 0, 5, 5),
        StatSeen("7", "Lead", 2, 0, 2),
        StatSeen("7", "Pageview", 0, 0, 0),
    )


def test_the_ad_accounts_are_read_each_once():
    listed = [
        {"advertiser_id": "1", "advertiser_name": "A\nB"},
        {"advertiser_id": 2},
        {"advertiser_id": "1", "advertiser_name": "again"},
        {"advertiser_name": "nobody"},
        {"advertiser_id": "x' OR 1"},
    ]
    assert reading.advertisers({"list": listed}) == (AdvertiserSeen("1", "A B"), AdvertiserSeen("2", ""))


def test_what_comes_for_a_code_is_read():
    data = {"access_token": "t0ken", "advertiser_ids": ["1", 2, None, "1"], "scope": [4, "7", {}]}
    assert reading.granted(data) == Granted("t0ken", ("1", "2"), ("4", "7"))


@pytest.mark.parametrize("token", [None, "", 7, "with\nline", "ä", "x" * 1_001])
def test_without_a_usable_token_nothing_is_granted(token):
    assert reading.granted({"access_token": token}) is None


def test_neither_token_nor_secret_shows_where_values_are_printed():
    values = [Granted("t0ken"), DeveloperApp("1", "t0ken"), AccountToken("t0ken", 1, "c")]
    assert "t0ken" not in repr(values)


@given(
    data=st.dictionaries(
        st.sampled_from(["list", "pixels", "page_info", "access_token", "scope", "advertiser_ids"]), JSON
    )
)
def test_nothing_that_comes_breaks_a_reader(data):
    for read in (reading.granted, reading.advertisers, reading.pixel_page, reading.event_stats):
        read(data)


@given(
    entry=st.dictionaries(st.sampled_from(sorted(WHOLE)), JSON),
    counted=st.dictionaries(st.sampled_from(["pixel_event_type", "custom_event_type", "total_count"]), JSON),
)
def test_no_entry_breaks_a_reader_and_what_is_read_can_be_stored(entry, counted):
    found = page(entry)
    for pixel in found.pixels:
        assert json.dumps([pixel.name, pixel.code]).isascii() is True
        assert pixel.name.isprintable()
    for stat in reading.event_stats({"list": [{"pixel_id": "1", "statistics": [counted]}]}):
        assert 0 <= stat.total < 2**63
        assert stat.event.isprintable()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<script>\n\x1b[31m</script>", "<script>  [31m</script>"),
        ("x" * 300, "x" * 200),
        (None, ""),
        (7, ""),
        ("  a ", "a"),
    ],
)
def test_a_text_becomes_one_line_that_a_terminal_and_a_page_can_show(written, read):
    assert one_line(written) == read


@pytest.mark.parametrize(
    ("written", "read"), [(7, "7"), ("C0-x_1.2", "C0-x_1.2"), (True, ""), (-1, ""), ("a b", ""), ("", ""), (10**40, "")]
)
def test_an_id_is_plain_or_none(written, read):
    assert identifier(written) == read
