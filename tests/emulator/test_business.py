"""OAuth, pixels, statistics and event sets (tiktok.md 12)."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from emulator_sender import PIXEL, event, request
from tiktok_emulator.accounts import DEFAULT_APP, Advertiser, App, Crowd, EventRule, EventSet, Pixel, Seed, Token

ADVERTISER = "7000000000000000001"
PIXEL_ID = "7000000000000000011"
APP = {"app_id": "7000000000000000201", "secret": "emulator-secret"}
SECOND, THIRD = "7000000000000000002", "7000000000000000003"
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


def an_agency(tiktok, **fields):
    """Let the app have three ad accounts."""
    ids = (ADVERTISER, SECOND, THIRD)
    named = [Advertiser(id=each, name=f"Client {each[-1]} <b>") for each in ids[1:]]
    tiktok.seed(Seed(advertisers=named, apps=[App(id=DEFAULT_APP, secret=APP["secret"], advertiser_ids=ids, **fields)]))


def test_an_advertiser_chooses_the_ad_accounts_that_a_token_covers(tiktok, sender):
    an_agency(tiktok, name="Shop <tool>")
    where = f"/portal/auth?{urlencode({'app_id': DEFAULT_APP, 'state': 's', 'redirect_uri': BACK})}"
    page = sender.ask("GET", where).body
    assert page.count(b'type="checkbox"') == 3
    assert b"Client 2 &lt;b&gt;" in page
    assert b"Authorise Shop &lt;tool&gt;" in page
    got = sender.ask("POST", where, urlencode([("advertiser_id", SECOND), ("advertiser_id", "99")]).encode())
    code = parse_qs(urlsplit(got.headers["location"]).query)["auth_code"][0]
    assert exchange(sender, code).json["data"]["advertiser_ids"] == [SECOND]


def test_an_advertiser_may_refuse(sender):
    where = f"/portal/auth?{urlencode({'app_id': DEFAULT_APP, 'state': 's 1', 'redirect_uri': BACK})}"
    got = sender.ask("POST", where, b"refuse=1")
    back = parse_qs(urlsplit(got.headers["location"]).query)
    assert back == {"from": ["tiktok"], "error": ["access_denied"], "state": ["s 1"]}


def test_a_barred_app_and_its_tokens_are_40113(tiktok, sender):
    data = exchange(sender, authorise(sender)["auth_code"][0]).json["data"]
    an_agency(tiktok, forbidden=True)
    token = data["access_token"]
    assert sender.get("/oauth2/advertiser/get/", token=token, **APP).code == 40113
    assert sender.get("/pixel/list/", token=token, advertiser_id=ADVERTISER).code == 40113
    assert sender.post("/event/track/", request(), token=token).code == 40113
    assert sender.post("/oauth2/revoke_token/", APP | {"access_token": token}, token="").code == 40113


def ownership(sender, code, **query):
    """Look a pixel's ownership up."""
    shown = sender.get("/pixel/list/", **({"advertiser_id": ADVERTISER, "code": code} | query)).json["data"]["pixels"]
    return shown[0]["asset_ownership"]


@pytest.mark.parametrize(
    ("relation", "shown", "owned"),
    [("", None, True), ("TRANSFERRED", "TRANSFERRED", True), ("UNBOUND", "UNBOUND", False)],
)
def test_the_pixel_list_says_how_a_pixel_belongs_to_its_advertiser(tiktok, sender, relation, shown, owned):
    tiktok.seed(Seed(pixels=[Pixel(code="C0BELONGS00000000001", relation=relation, owner_bc_id="42")]))
    expected = {"asset_relation_status": shown, "ownership_status": owned, "owner_bc_id": "42"}
    assert ownership(sender, "C0BELONGS00000000001") == expected


def test_a_shared_pixel_is_shared_for_those_it_is_shared_with_alone(tiktok, sender):
    an_agency(tiktok)
    token = Token(token="agency", advertiser_ids=(ADVERTISER, SECOND))
    tiktok.seed(Seed(pixels=[Pixel(code=PIXEL, linked=(SECOND,))], tokens=[token]))
    of_second = ownership(sender, PIXEL, advertiser_id=SECOND, token="agency")
    assert (of_second["asset_relation_status"], of_second["ownership_status"]) == ("SHARED", False)
    assert ownership(sender, PIXEL)["asset_relation_status"] is None


def test_a_pixel_that_is_removed_is_not_listed_and_its_id_is_not_drawn_again(tiktok, sender):
    tiktok.seed(Seed(pixels=[Pixel(code="C0FIRST0000000000001"), Pixel(code="C0SECOND000000000001")]))
    tiktok.seed(Seed(remove_pixels=["C0FIRST0000000000001"]))
    tiktok.seed(Seed(pixels=[Pixel(code="C0THIRD0000000000001")]))
    shown = sender.get("/pixel/list/", advertiser_id=ADVERTISER).json["data"]["pixels"]
    assert {each["pixel_code"] for each in shown} == {PIXEL, "C0SECOND000000000001", "C0THIRD0000000000001"}
    assert len({each["pixel_id"] for each in shown}) == 3


def test_a_crowd_of_ad_accounts_is_seeded_at_once(tiktok, sender):
    token = exchange(sender, authorise(sender)["auth_code"][0]).json["data"]["access_token"]
    sender.control("POST", "/accounts", {"crowd": {"advertisers": 500, "pixels_each": 45}})
    listed = sender.get("/oauth2/advertiser/get/", token=token, **APP).json["data"]["list"]
    assert len(listed) == 501
    last = listed[-1]["advertiser_id"]
    pages = [
        sender.get("/pixel/list/", token=token, advertiser_id=last, page=page, page_size=20).json["data"]
        for page in (1, 2, 3)
    ]
    codes = [each["pixel_code"] for page in pages for each in page["pixels"]]
    assert (len(codes), len(set(codes)), {len(code) for code in codes}) == (45, 45, {20})
    tiktok.seed(Seed(crowd=Crowd(advertisers=1)))


@pytest.mark.parametrize("status", [200, 401, 429])
def test_the_endpoints_around_events_have_limits_of_their_own(tiktok, sender, status):
    tiktok.switch(marketing_queries_per_second=2, marketing_limit_status=status, retry_after_seconds=3)
    tiktok.freeze()
    asked = [sender.get("/pixel/list/", advertiser_id=ADVERTISER) for _ in range(3)]
    assert [got.code for got in asked] == [0, 0, 40100]
    assert (asked[-1].status, asked[-1].headers["retry-after"]) == (status, "3")
    assert sender.track(event()).code == 0
    tiktok.move(1)
    assert sender.get("/pixel/list/", advertiser_id=ADVERTISER).code == 0


def test_a_breach_of_the_minutes_limit_closes_the_door_for_five_minutes(tiktok, sender):
    tiktok.switch(marketing_queries_per_second=0, marketing_queries_per_minute=2)
    tiktok.freeze()
    assert [sender.get("/pixel/list/", advertiser_id=ADVERTISER).code for _ in range(3)] == [0, 0, 40100]
    tiktok.move(299)
    assert sender.get("/pixel/list/", advertiser_id=ADVERTISER).code == 40100
    tiktok.move(2)
    assert sender.get("/pixel/list/", advertiser_id=ADVERTISER).code == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"secret": "wrong"}, 40113),
        ({"subscribe_entity": "LEAD"}, 40002),
        ({"callback_url": "file:///etc/passwd"}, 40002),
    ],
)
def test_an_app_subscribes_to_the_status_of_the_apis(sender, changes, code):
    asked = APP | {"subscribe_entity": "API_SERVICE_STATUS", "callback_url": "http://127.0.0.1:9/status"} | changes
    assert sender.post("/subscription/subscribe/", asked, token="").code == code


def test_an_incident_is_posted_to_those_who_subscribed_to_its_product_and_nobody_answers_here(sender):
    asked = APP | {"subscribe_entity": "API_SERVICE_STATUS", "callback_url": "http://127.0.0.1:9/status"}
    for products in (["EVENTS_API"], ["REPORTING_API"], []):
        sender.post(
            "/subscription/subscribe/", asked | {"subscription_detail": {"product_filters": products}}, token=""
        )
    assert sender.control("POST", "/incident", {"incident_id": "INC-1"})["statuses"] == [0, 0]
