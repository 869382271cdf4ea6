"""Who loads TikTok's script, and what both copies have in common."""

import pytest

from tagging import DENIED, GRANT, GTAG, snippet

pytestmark = [pytest.mark.journey, pytest.mark.tag("modes")]

ALLOWED = f"{DENIED};{GRANT}"
PURCHASE = "ttq.track('Purchase', {value: 20, currency: 'EUR', order_id: '1001'})"
VIEW = "ttq.track('ViewContent', {content_id: 'hat', value: 20, currency: 'EUR'})"


def test_drop_in_gives_both_copies_one_id_and_the_order_counts_once(corner):
    corner.page("/thanks", PURCHASE, before=ALLOWED)
    corner.visit("/thanks?ttclid=E.C.P.abc", allowed=True)
    corner.order("1001")
    (purchase,) = corner.expect(("Purchase", "both"))
    assert purchase["event_id"] == "1001"
    assert purchase["browser_copies"] == purchase["server_copies"] == 1
    assert {"ttclid", "ttp", "ip", "user_agent"} <= set(purchase["user_keys"])
    assert corner.told() == [("Purchase", "sent")]


def test_an_id_that_nobody_chose_is_drawn_once_and_given_to_both(corner):
    corner.page("/hat", VIEW, before=ALLOWED)
    corner.visit("/hat", allowed=True)
    (view,) = corner.expect(("ViewContent", "both"))
    assert len(view["event_id"]) > 20


def test_the_tag_loads_the_script_itself_where_the_page_has_none(corner):
    corner.page("/hat", VIEW, before=ALLOWED, base="", mode="own", pixel=corner.codes[0], host=corner.script_host)
    page = corner.visit("/hat", allowed=True)
    corner.expect(("ViewContent", "both"), ("Pageview", "browser"), pageviews=True)
    page.evaluate(f"ttq.instance('{corner.codes[0]}').track('Contact')")
    corner.expect(("ViewContent", "both"), ("Contact", "both"))
    assert not [
        call for call in corner.tiktok.requests() if call["path"].endswith("/act") and corner.codes[0] in str(call)
    ]


def test_without_a_script_of_tiktoks_the_gateway_alone_reports(corner):
    corner.page(
        "/hat",
        "ttq.track('Contact'); twinbeam.track('Search', {search_string: 'hat'})",
        before=ALLOWED,
        base="",
        mode="gateway",
    )
    corner.visit("/hat", allowed=True)
    corner.expect(("Contact", "server"), ("Search", "server"), ("Pageview", "server"), pageviews=True)
    assert set(corner.told()) == {("Contact", "not_fired"), ("Search", "not_fired"), ("Pageview", "not_fired")}
    assert corner.early_native == []
    assert not [request for request in corner.fetched if request.url.startswith(corner.script_host)]


def test_calls_before_and_after_either_script_arrives_count_once(corner):
    corner.page("/hat", VIEW, before=ALLOWED)
    page = corner.visit("/hat", allowed=True)
    corner.expect(("ViewContent", "both"))
    page.evaluate("ttq.track('AddToCart', {content_id: 'hat'}, {event_id: 'late-1'})")
    corner.expect(("ViewContent", "both"), ("AddToCart", "both"))
    assert [event["event_id"] for event in corner.sent() if event["event"] == "AddToCart"] == ["late-1"]


def test_several_pixels_keep_their_streams_apart(opened):
    corner = opened(pixels=2)
    first, second = corner.codes
    both = corner.base(first).replace("ttq.page();", f'ttq.load("{second}"); ttq.page();')
    calls = f"ttq.track('Contact'); ttq.instance('{second}').track('Subscribe'); ttq.track('Lead', {{}}, {{pixel_code: '{first}'}})"
    corner.page("/", calls, before=ALLOWED, base=both)
    corner.visit("/", allowed=True)
    counted = corner.expect(("Contact", "both"), ("Contact", "both"), ("Subscribe", "both"), ("Lead", "both"))
    assert sorted((event["pixel"], event["event"]) for event in counted) == sorted(
        [(first, "Contact"), (second, "Contact"), (second, "Subscribe"), (first, "Lead")]
    )
    assert "several_pixels" in corner.findings()


def test_a_script_that_ran_before_the_tag_is_reported_and_its_later_calls_are_mirrored(corner):
    head = f"{GTAG}<script>{DENIED}</script>{corner.base()}{snippet(corner.keys['browser'])}"
    corner.page("/", head=head)
    corner.allowed = True  # it is the page that does not ask; what comes before the tag nobody can stop
    page = corner.visit("/")
    page.wait_for_function("!!(ttq._emulator && twinbeam.call)")
    page.evaluate(GRANT)
    page.evaluate("ttq.track('Contact')")
    corner.expect(("Contact", "both"))
    assert "native_before_consent" in corner.findings()


def test_the_base_codes_place_is_told(corner):
    corner.page("/", corner.base().replace("<script>", "").replace("</script>", ""), VIEW, before=ALLOWED)
    corner.visit("/", allowed=True)
    corner.expect(("ViewContent", "both"))
    assert {"base_code_not_in_head", "base_code_twice"} <= corner.findings()


@pytest.mark.parametrize(("instead", "counted"), [("", []), ("PlaceAnOrder", [("PlaceAnOrder", "browser")])])
def test_a_purchase_that_does_not_count_yet_is_kept_from_tiktoks_script(corner, instead, counted):
    corner.rule("purchase_means=paid", shows='"purchase":"paid"')
    corner.page("/thanks", VIEW, PURCHASE, before=ALLOWED, **({"instead": instead} if instead else {}))
    corner.visit("/thanks", allowed=True)
    corner.expect(("ViewContent", "both"), *counted)
    assert ("Purchase", "not_fired") in corner.told()
    corner.order("1001", stage="paid")
    corner.expect(("ViewContent", "both"), ("Purchase", "server"), *counted)


def test_where_margins_are_sent_tiktok_hears_one_purchase_with_one_value_from_the_server(corner, tmp_path):
    feed = tmp_path / "feed.csv"
    feed.write_text("id,title,cost\nhat,Hat,12.50 EUR\n")
    corner.shop.gateway.arrange("feed", "import", str(feed))
    corner.rule("value=margin", "ways.Purchase=server", shows='"purchase":"server"')
    corner.page("/thanks", VIEW, PURCHASE, before=ALLOWED)
    corner.visit("/thanks", allowed=True)
    corner.expect(("ViewContent", "both"))
    assert ("Purchase", "not_fired") in corner.told()  # and waits for the server's word, which alone has a value
    lines = {"value": 20, "currency": "EUR", "contents": [{"content_id": "hat", "quantity": 1}]}
    corner.order("1001", properties=lines)
    counted = corner.expect(("ViewContent", "both"), ("Purchase", "server"))
    (purchase,) = [event for event in counted if event["event"] == "Purchase"]
    assert purchase["value"] == 7.5


def test_identifiers_are_the_same_on_both_sides_and_none_lies_in_the_browser(corner):
    identify = "ttq.identify({email: ' Ada@Shop.example ', phone_number: '+44 7911 123456', external_id: 'c-7'})"
    corner.page("/", f"{identify}; ttq.track('Contact')", before=ALLOWED)
    page = corner.visit("/", allowed=True)
    kept = page.evaluate("JSON.stringify(Object.assign({}, localStorage))")
    (contact,) = corner.expect(("Contact", "both"))
    assert {"email", "phone", "external_id"} <= set(contact["user_keys"])
    assert "changed_body" not in {fault["rule"] for fault in corner.tiktok.get("faults", limit=1000)["items"]}
    (event,) = corner.sent()
    assert event["user"]["email"] == " Ada@Shop.example "
    for word in ("ada@", "7911"):
        assert word not in kept.lower()


def test_the_page_may_hash_before_anything_leaves_it(corner):
    identify = "ttq.identify({email: ' Ada@Shop.example ', phone_number: '+44 7911 123456'})"
    corner.page("/", f"{identify}; ttq.track('Contact')", before=ALLOWED, hash="browser")
    corner.visit("/", allowed=True)
    (contact,) = corner.expect(("Contact", "both"))
    assert {"email", "phone"} <= set(contact["user_keys"])
    (event,) = corner.sent()
    assert all(len(event["user"][name]) == 64 for name in ("email", "phone"))
