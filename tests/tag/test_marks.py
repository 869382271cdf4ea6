"""Attributes, links and forms as sources: what a page marks, what a click means by itself, and what stays unread."""

import json
import time

import pytest

from tagging import DENIED, GRANT

pytestmark = [pytest.mark.journey, pytest.mark.tag("marks")]

ALLOWED = f"{DENIED};{GRANT}"
TALL = "<div style='height:3000px'></div>"
FORM = """<form method=post action=/thanks data-twinbeam-event=Lead {permits}>
<input name=email type=email> <input name=phone type=tel> <input name=secret type=password> <textarea name=note></textarea>
<input type=hidden name=twinbeam_event_id> <input type=hidden name=twinbeam_visitor_id>
<input type=hidden name=twinbeam_consent_receipt> <button>Send</button></form>"""


def put(corner, html, path="/page", **how):
    corner.page(path, before=ALLOWED, **how)
    corner.web.pages[path] = corner.web.pages[path].replace("</body>", f"{html}</body>")


def opened_page(corner, html, **how):
    """Open a page with these elements, and wait for the part that watches them."""
    corner.page("/thanks", before=ALLOWED)
    put(corner, html, **how)
    page = corner.visit("/page", allowed=True)
    page.wait_for_function("!!twinbeam.twins")
    return page


def merged(corner, event):
    return [each["merged"] for each in corner.tiktok.counted(full=1, pixel=corner.codes[0], event=event)]


def test_links_to_call_to_write_and_to_download_count_once_each_and_tell_no_address(corner):
    links = (
        "<a id=c href='tel:+493012345'>Call</a> <a id=m href='mailto:ada@shop.example?subject=x'>Write</a>"
        "<a id=d href='/list.pdf?for=ada'>List</a> <a id=o href='/other'>Other</a>"
    )
    page = opened_page(corner, links)
    page.evaluate("addEventListener('click', (e) => e.preventDefault())")  # no program for calls opens here
    for each in ("#c", "#c", "#m", "#d", "#o"):
        page.click(each)
    corner.expect(("Contact", "both"), ("Contact", "both"), ("Download", "both"))
    said = json.dumps(merged(corner, "Contact") + merged(corner, "Download") + corner.sent())
    assert "12345" not in said
    assert "ada" not in said


@pytest.mark.parametrize("without", ["links", "marks"])
def test_links_and_marks_can_be_switched_off(corner, without):
    html = "<a id=c href='tel:+493012345'>Call</a><button data-twinbeam-event=Subscribe>Follow</button>"
    corner.page("/thanks")
    put(corner, html, without=without)
    page = corner.visit("/page", allowed=True)
    page.wait_for_function("!!twinbeam.call")
    page.wait_for_timeout(700)
    page.click("#c")
    page.click("button")
    page.evaluate("ttq.track('Search', {search_string: 'hat'})")
    corner.expect(("Search", "browser"), *([("Subscribe", "both")] if without == "links" else []))


def test_an_element_counts_when_it_is_seen_and_not_before(corner):
    seen = "<section data-twinbeam-event=ViewContent data-twinbeam-on=view data-twinbeam-content-id=end>End</section>"
    page = opened_page(corner, f"{TALL}{seen}{TALL}")
    page.wait_for_timeout(500)
    assert corner.counted() == []
    page.locator("section").scroll_into_view_if_needed()
    corner.expect(("ViewContent", "both"))
    page.evaluate("scrollTo(0, 0)")
    page.locator("section").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    corner.expect(("ViewContent", "both"))


def test_what_is_taller_than_the_window_counts_when_it_fills_half_of_it(corner):
    page = opened_page(
        corner, f"{TALL}<article style='height:9000px' data-twinbeam-event=ViewContent data-twinbeam-on=view>"
    )
    page.evaluate("scrollTo(0, 2500)")
    page.wait_for_timeout(300)
    assert corner.counted() == []
    page.evaluate("scrollTo(0, 3000)")
    corner.expect(("ViewContent", "both"))


def test_elements_that_come_later_count_too_and_a_double_click_is_one(corner):
    page = opened_page(corner, "<main data-twinbeam-event=ViewContent data-twinbeam-on=load></main>")
    corner.expect(("ViewContent", "both"))
    late = (
        "<button data-twinbeam-event=AddToCart data-twinbeam-value=7 data-twinbeam-currency=EUR>Buy <b>now</b></button>"
    )
    page.evaluate(f"document.body.insertAdjacentHTML('beforeend', {json.dumps(late)})")
    page.dblclick("button b")
    corner.expect(("ViewContent", "both"), ("AddToCart", "both"))
    assert merged(corner, "AddToCart")[0]["properties"]["value"] == 7
    page.click("button")
    corner.expect(("ViewContent", "both"), *[("AddToCart", "both")] * 2)


def test_a_thank_you_page_may_name_its_order_by_attributes(corner):
    bought = (
        "<main data-twinbeam-event=Purchase data-twinbeam-on=load data-twinbeam-order-id=R-7 data-twinbeam-value=20"
        """ data-twinbeam-currency=EUR data-twinbeam-contents='[{"content_id": "hat", "price": 20, "quantity": 1}]'></main>"""
    )
    page = opened_page(corner, bought)
    corner.order("R-7")
    corner.expect(("Purchase", "both"))
    page.reload()
    page.wait_for_function("!!twinbeam.twins")
    page.wait_for_timeout(300)
    (counted,) = corner.expect(("Purchase", "both"))
    assert counted["event_id"] == "R-7"
    assert merged(corner, "Purchase")[0]["properties"]["contents"][0]["content_id"] == "hat"


def fill(page):
    page.fill("[type=email]", "Ada@Shop.example")
    page.fill("[type=tel]", "+44 7911 123456")
    page.fill("[type=password]", "sesame")
    page.fill("textarea", "call me on 0151 1234567")


def test_a_form_tells_nothing_while_it_is_typed_and_its_permitted_fields_when_it_leaves(corner):
    page = opened_page(corner, FORM.format(permits="data-twinbeam-identify"))
    fill(page)
    page.wait_for_timeout(500)
    assert corner.counted() == []
    page.evaluate("addEventListener('submit', (e) => e.preventDefault())")
    page.click("button")
    page.click("button")
    (lead,) = corner.expect(("Lead", "both"))
    assert {"email", "phone"} <= set(lead["user_keys"])
    kept = page.evaluate("JSON.stringify(Object.assign({}, localStorage, sessionStorage)) + document.cookie").lower()
    said = json.dumps(corner.sent()).lower()
    for word in ("sesame", "1234567"):
        assert word not in kept + said
    for word in ("ada@", "7911"):
        assert word not in kept


def test_a_form_that_permits_nothing_has_its_fields_unread(corner):
    page = opened_page(corner, FORM.format(permits=""))
    fill(page)
    page.click("button")
    (lead,) = corner.expect(("Lead", "both"))
    assert not {"email", "phone"} & set(lead["user_keys"])
    assert "ada@" not in json.dumps(corner.sent()).lower()


def test_the_shop_gets_the_leads_id_and_what_becomes_of_it_later_joins_the_visit(corner):
    corner.page("/", before=ALLOWED)
    landing = corner.visit("/?ttclid=E.C.P.lead", allowed=True)
    corner.until(corner.context.cookies, "the cookie")
    landing.close()
    page = opened_page(corner, FORM.format(permits="data-twinbeam-identify"))
    page.evaluate("ttq.track('Contact')")
    corner.expect(("Contact", "both"))
    fill(page)
    page.click("button")
    corner.expect(("Contact", "both"), ("Lead", "both"))
    (form,) = corner.web.forms
    (lead,) = [event for event in corner.sent() if event["event"] == "Lead"][:1]
    assert form["twinbeam_event_id"] == lead["event_id"]
    assert form["twinbeam_visitor_id"] == lead["visitor_id"]
    first = {"event": "Lead", "event_id": form["twinbeam_event_id"], "event_time": int(time.time())}
    visit = {"visitor_id": form["twinbeam_visitor_id"], "consent_receipt": form["twinbeam_consent_receipt"]}
    corner.shop.post({**first, **visit}, key=corner.keys["server"])
    later = {**first, "event": "QualifiedLead", "event_id": f"qualified-{first['event_id']}"}
    corner.shop.post({**later, **visit}, key=corner.keys["server"])
    counted = corner.expect(("Contact", "both"), ("Lead", "both"), ("QualifiedLead", "server"))
    assert all("ttclid" in event["user_keys"] for event in counted)
