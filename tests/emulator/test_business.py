"""OAuth, pixels, statistics and event sets (tiktok.md 12)."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from emulator_sender import PIXEL, event, request
from tiktok_emulator.accounts import EventRule, EventSet, Pixel, Seed

ADVERTISER = "7000000000000000001"
PIXEL_ID = "7000000000000000011"
APP = {"app_id": "7000000000000000201", "secret": "emulator-secret"}
BACK = "https://gateway.example/back?from=tiktok"


def authorise(sender, **query):
    """Walk through the consent page as an advertiser; give the parameters that come back."""
    asked = {"app_id": APP["app_id"], "state": "s 1", "redirect_uri": BACK} | query
    where = f"/portal/auth?{urlencode(asked)}"
    assert b"Confirm" in sender.ask("GET", where).body
    got = sender.ask("POST", where)
    assert got.status == 302
    assert got.headers["location"].startswith("https://gateway.example/back?")
    return parse_qs(urlsplit(got.headers["location"]).query)


def exchange(sender, code, **fields):
    """Exchange a code for a token."""
    return sender.post("/oauth2/access_token/", APP | {"auth_code": code} | fields, token="")


def test_an_advertiser_authorises_an_app_and_the_token_reports_events(sender):
    back = authorise(sender)
    assert (back["from"], back["state"], back["code"]) == (["tiktok"], ["s 1"], back["auth_code"])
    data = exchange(sender, back["auth_code"][0]).json["data"]
    assert data["advertiser_ids"] == [ADVERTISER]
    assert sender.post("/event/track/", request(), token=data["access_token"]).code == 0
    listed = sender.get("/oauth2/advertiser/get/", token=data["access_token"], **APP).json["data"]["list"]
    assert listed == [{"advertiser_id": ADVERTISER, "advertiser_name": "Demo advertiser"}]


def test_a_code_is_good_once(sender):
    code = authorise(sender)["auth_code"][0]
    assert exchange(sender, code).code == 0
    got = exchange(sender, code)
    assert (got.status, got.code) == (200, 40110)


def test_a_code_is_good_for_an_hour(tiktok, sender):
    code = authorise(sender)["auth_code"][0]
    tiktok.move(3601)
    assert exchange(sender, code).code == 40110


@pytest.mark.parametrize("fields", [{"secret": "wrong"}, {"app_id": "1"}])
def test_a_wrong_app_or_secret_is_40113(sender, fields):
    assert exchange(sender, authorise(sender)["auth_code"][0], **fields).code == 40113


@pytest.mark.parametrize("body", [{}, {"app_id": 1}, []])
def test_a_wrong_body_is_40002(tiktok, sender, body):
    tiktok.allow("not_json")
    assert sender.post("/oauth2/access_token/", body, token="").code == 40002


@pytest.mark.parametrize("query", [{"app_id": "1"}, {"redirect_uri": "javascript:alert(1)"}, {"redirect_uri": ""}])
def test_the_consent_page_sends_nobody_to_a_place_it_does_not_know(sender, query):
    asked = {"app_id": APP["app_id"], "redirect_uri": BACK} | query
    assert sender.ask("POST", f"/portal/auth?{urlencode(asked)}").status == 404


def test_a_revoked_token_is_refused_from_then_on(sender):
    token = exchange(sender, authorise(sender)["auth_code"][0]).json["data"]["access_token"]
    assert sender.post("/oauth2/revoke_token/", APP | {"access_token": token}, token="").code == 0
    assert sender.post("/event/track/", request(), token=token).code == 40105
    assert sender.post("/oauth2/revoke_token/", APP | {"access_token": token}, token="").code == 40105


def test_other_endpoints_answer_200_whatever_the_code(tiktok, sender):
    tiktok.expect("empty_token")
    got = sender.get("/pixel/list/", token="", advertiser_id=ADVERTISER)
    assert (got.status, got.code) == (200, 40104)


def test_the_pixel_list_has_all_documented_fields(sender):
    sender.track(event(), event(event="LoyaltyCard", event_id="2"))
    data = sender.get("/pixel/list/", advertiser_id=ADVERTISER).json["data"]
    assert data["page_info"] == {"page": 1, "page_size": 10, "total_number": 1, "total_page": 1}
    (pixel,) = data["pixels"]
    assert set(pixel) == {
        "pixel_id",
        "pixel_code",
        "pixel_name",
        "pixel_category",
        "pixel_script",
        "create_time",
        "pixel_setup_mode",
        "partner_name",
        "activity_status",
        "advanced_matching_fields",
        "automatic_advanced_matching_fields",
        "enable_first_party_cookies",
        "enable_expanded_data_sharing",
        "asset_ownership",
        "events",
    }
    assert (pixel["pixel_code"], pixel["pixel_id"], pixel["activity_status"]) == (PIXEL, PIXEL_ID, "ACTIVE")
    standard, custom = pixel["events"]
    assert (standard["event_code"], standard["event_type"], standard["custom_event_type"]) == (
        "Purchase",
        "SHOPPING",
        None,
    )
    assert (custom["event_type"], custom["custom_event_type"]) == (None, "LoyaltyCard")


def test_the_pixel_list_is_filtered_ordered_and_paged(tiktok, sender):
    codes = [f"C0TWINBEAMMORE0000{i:02}" for i in range(25)]
    tiktok.seed(Seed(pixels=[Pixel(code=code, name=f"Shop {code}", created_ms=i + 1) for i, code in enumerate(codes)]))
    shown = sender.get("/pixel/list/", advertiser_id=ADVERTISER, page=2, page_size=20).json["data"]
    assert (len(shown["pixels"]), shown["page_info"]["total_page"]) == (6, 2)
    by_name = sender.get("/pixel/list/", advertiser_id=ADVERTISER, name="shop", order_by="LATEST_CREATE", page_size=1)
    assert [each["pixel_code"] for each in by_name.json["data"]["pixels"]] == [codes[-1]]
    by_code = sender.get("/pixel/list/", advertiser_id=ADVERTISER, code=codes[3]).json["data"]["pixels"]
    assert [each["pixel_code"] for each in by_code] == [codes[3]]


@pytest.mark.parametrize(
    "query",
    [{"page_size": 21}, {"page_size": 0}, {"page": 0}, {"order_by": "NAME"}, {"filtering": "["}, {"page": "x"}],
)
def test_a_wrong_query_of_the_pixel_list_is_40002(sender, query):
    assert sender.get("/pixel/list/", advertiser_id=ADVERTISER, **query).code == 40002


def test_another_accounts_pixels_are_40001(sender):
    assert sender.get("/pixel/list/", advertiser_id="7000000000000000099").code == 40001


def test_the_pixel_list_may_lag_behind(tiktok, sender):
    tiktok.switch(pixel_events_refresh_hours=4)
    tiktok.freeze()
    sender.track(event())
    assert sender.get("/pixel/list/", advertiser_id=ADVERTISER).json["data"]["pixels"][0]["events"] == []
    tiktok.move(4 * 3600)
    assert sender.get("/pixel/list/", advertiser_id=ADVERTISER).json["data"]["pixels"][0]["events"]


def stats(sender, start, end, **query):
    """Ask for event statistics."""
    dates = {"start_date": start, "end_date": end}
    base = {"advertiser_id": ADVERTISER, "pixel_ids": [PIXEL_ID], "date_range": dates}
    return sender.get("/pixel/event/stats/", **(base | query))


def test_statistics_count_by_channel_before_deduplication(tiktok, sender):
    tiktok.allow("changed_body")
    sender.control("POST", "/time", {"at_ms": 1_800_000_000_000, "freeze": True})
    sender.beacon()
    sender.track(event(), event(), event(event="LoyaltyCard", event_id="2"))
    (listed,) = stats(sender, "2027-01-15", "2027-01-15").json["data"]["list"]
    purchase, custom = listed["statistics"]
    assert purchase == {
        "pixel_event_type": "SHOPPING",
        "attributed_count": 0,
        "preview_count": 0,
        "total_count": 3,
        "browser_event_total_count": 1,
        "server_event_total_count": 2,
    }
    assert (custom["custom_event_type"], custom["total_count"]) == ("LoyaltyCard", 1)
    assert stats(sender, "2027-01-16", "2027-01-16").json["data"]["list"][0]["statistics"] == []


@pytest.mark.parametrize(
    ("start", "end", "query"),
    [
        ("2027-01-01", "2027-01-31", {}),
        ("2027-01-02", "2027-01-01", {}),
        ("soon", "2027-01-01", {}),
        ("2027-01-01", "2027-01-01", {"pixel_ids": [str(i) for i in range(11)]}),
        ("2027-01-01", "2027-01-01", {"pixel_ids": []}),
    ],
)
def test_a_wrong_query_of_the_statistics_is_40002(sender, start, end, query):
    assert stats(sender, start, end, **query).code == 40002


def test_thirty_days_of_statistics_are_the_most(sender):
    assert stats(sender, "2027-01-01", "2027-01-30").code == 0


def test_an_offline_set_can_be_made_listed_and_used(sender):
    body = {"advertiser_id": ADVERTISER, "name": "Tills", "description": "All shops"}
    made = sender.post("/offline/create/", body).json["data"]["event_set_id"]
    listed = sender.get("/offline/get/", advertiser_id=ADVERTISER).json["data"]["event_sets"]
    assert ("Tills", made) in {(each["name"], each["event_set_id"]) for each in listed}
    assert sender.track(event(page=...), event_source="offline", event_source_id=made).code == 0


def test_crm_sets_are_found_by_exact_name_and_by_id(tiktok, sender):
    tiktok.seed(Seed(event_sets=[EventSet(id="42", kind="crm", name="Leads")]))

    def ids(**query):
        data = sender.get("/crm/list/", advertiser_id=ADVERTISER, **query).json["data"]
        return [each["event_set_id"] for each in data["crm_event_sets"]]

    assert ids() == ["7000000000000000102", "42"]
    assert ids(name="Leads") == ids(event_set_ids=["42"]) == ["42"]
    assert ids(name="Lead") == []


@pytest.mark.parametrize("query", [{"name": ""}, {"name": "x" * 41}, {"event_set_ids": ["1"] * 51}])
def test_a_wrong_query_of_the_crm_list_is_40002(sender, query):
    assert sender.get("/crm/list/", advertiser_id=ADVERTISER, **query).code == 40002


@pytest.mark.parametrize(("version", "code"), [("v1.2", 40006), ("v2.0", 40051)])
def test_other_api_versions_say_so(tiktok, sender, version, code):
    tiktok.expect("unknown_path")
    assert sender.ask("POST", f"/open_api/{version}/event/track/", request()).code == code


def test_a_page_view_that_meets_a_rule_is_an_event_too(tiktok, sender):
    rules = (
        EventRule(event="ViewContent", variable="PAGE_PATH", operator="STARTS_WITH", value="/product/"),
        EventRule(event="Purchase", operator="CONTAINS", value="/thanks"),
        EventRule(event="Contact", variable="PAGE_PATH", operator="EQUALS", value="/product/7"),
    )
    tiktok.seed(Seed(pixels=[Pixel(code=PIXEL, event_rules=rules)]))
    sender.beacon(event="Pageview", event_id="", url="https://shop.example/product/7?a=b")
    assert sorted(each["event"] for each in tiktok.counted()) == ["Contact", "Pageview", "ViewContent"]
    shown = sender.get("/pixel/list/", advertiser_id=ADVERTISER).json["data"]["pixels"][0]["events"]
    assert next(each["rules"] for each in shown if each["event_code"] == "Contact")[0]["operator"] == "EQUALS"
