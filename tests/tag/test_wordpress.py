"""The WordPress plugin on a real WordPress: with WooCommerce's signed webhook it is one event, behind one permission."""

import json
import re
import time
from urllib.parse import quote

import pytest

from running import ask, wait_until
from shop_systems import SECRETS, a_woo_order, encoded, woo_headers
from tagging import CHROME
from wordpress_site import a_site

pytestmark = [pytest.mark.journey, pytest.mark.sources("wordpress")]

CLICK = "E.C.P.a-click"
BOUGHT = ("Purchase", "both")
OWNER = ("owner", "owner-password")


@pytest.fixture(scope="module")
def site():
    with a_site() as opened:
        yield opened
        assert opened.complaints() == []


class Shop:
    """One shop on the street whose pages WordPress makes, and its signed webhooks."""

    def __init__(self, corner, site):
        self.corner, self.site = corner, site
        corner.web.site = site.place
        self.source = ""
        self.set_up()

    def set_up(self, **chosen):
        usual = {"address": "/t", "key": self.corner.keys["browser"], "pixel": self.corner.codes[0], "mode": "own"}
        settings = usual | {"law": "opt_in"} | chosen
        self.site.told(options={"twinbeam_settings": settings, "standin_host": self.corner.script_host})

    def visit(self, path, *, answer=None, page=None):
        page = self.corner.visit(path, page)
        page.wait_for_function("!!(window.twinbeam && twinbeam.call)")
        if answer is not None:
            self.corner.answer(page, yes=answer)
        return page

    def allow(self, path="/"):
        """Land with a click, say yes, and wait until the gateway has answered with a receipt."""
        page = self.visit(path, answer=True)
        page.evaluate("ttq.track('ViewContent', {content_id: '94'})")
        page.wait_for_function("twinbeam.context().consent_receipt && twinbeam.context().ttp")
        return page

    def place(self, page, path="/checkout/"):
        """Order, and land on the page that thanks for it; gives the order as WooCommerce has it."""
        permitted = page.evaluate("!!(window.twinbeam && twinbeam.context().consent_receipt)")
        page.goto(self.corner.url(path))
        page.wait_for_function("!!(window.twinbeam && twinbeam.call)")
        if permitted:  # nobody orders before the page knows the answer again
            page.wait_for_function("twinbeam.context().consent_receipt")
        # The tag looks twice a second for what a page has, and then brings what fills the form's fields in.
        page.wait_for_function("!document.querySelector('[name^=twinbeam_]') || !!twinbeam.fields")
        page.get_by_role("button", name="Place order").click()
        page.wait_for_url("**/order-received/**")
        return self.order(int(re.search(r"/order-received/(\d+)/", page.url)[1]))

    def order(self, number, **told):
        return self.site.told(order=number, **told)["order"]

    def webhook(self, order, **fields):
        """Deliver the order as WooCommerce's webhook has it: with the meta data that the plugin kept."""
        if not self.source:
            self.source = f"lamps-{self.corner.codes[0].lower()}"
            made = ("sources", "create", self.source, "--kind", "woocommerce", "--pixel", self.corner.codes[0])
            self.corner.shop.gateway.arrange(*made, "--secret-stdin", told=SECRETS["woocommerce"])
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        dates = dict.fromkeys(("date_created_gmt", "date_modified_gmt", "date_paid_gmt"), now)
        body = encoded(a_woo_order(order["id"], **{**dates, **order, **fields}))
        answers = []

        def taken():
            address = f"{self.corner.shop.gateway.intake}/in/woocommerce/{self.source}"
            answers.append(ask(address, "POST", body=body, headers=woo_headers(body, "order.created")))
            return answers[-1].status != 401

        wait_until(taken, "the source is known")
        assert answers[-1].status == 202, answers[-1].body

    def purchase(self):
        """Give what TikTok knows of the one purchase."""
        codes = self.corner.codes
        found = [it for it in self.corner.tiktok.counted(full=1) if it["pixel"] in codes and it["event"] == "Purchase"]
        assert len(found) == 1
        return found[0]["event_id"], found[0]["merged"]


@pytest.fixture
def shop(corner, site):
    return Shop(corner, site)


def meta(order):
    return {it["key"]: it["value"] for it in order["meta_data"]}


# ---- one purchase ----


@pytest.mark.sources("wordpress", "own-ids")
@pytest.mark.parametrize("path", ["/checkout/", "/checkout-block/"], ids=["classic", "block"])
def test_the_thank_you_page_and_the_signed_webhook_are_one_event_under_one_id(shop, path):
    page = shop.allow(f"/?ttclid={CLICK}")
    order = shop.place(page, path)
    kept = meta(order)
    known = page.evaluate("twinbeam.context()")
    assert kept["_ttclid"] == CLICK == known["ttclid"]
    assert (kept["_twinbeam_visitor"], kept["_ttp"]) == (known["visitor_id"], known["ttp"])
    assert kept["_twinbeam_receipt"].startswith("tbc1_")
    shop.webhook(order)
    shop.corner.expect(("ViewContent", "both"), BOUGHT)
    event_id, merged = shop.purchase()
    assert event_id.startswith("token-")
    assert merged["user"]["ttclid"] == CLICK
    [story] = [it for it in shop.corner.shop.stories(event_id=event_id) if it["pixel"] in shop.corner.codes]
    assert sorted(story["channels"]) == ["browser", "webhook"]


def test_the_webhook_alone_is_permitted_by_the_receipt_that_the_order_keeps(shop):
    page = shop.allow(f"/?ttclid={CLICK}")
    page.route("**/order-received/**", lambda route: route.abort())  # the last page never comes
    page.goto(shop.corner.url("/checkout/"))
    page.wait_for_function("!!(window.twinbeam && twinbeam.call)")
    last = shop.site.told()["last"]
    page.get_by_role("button", name="Place order").click()
    shop.corner.until(lambda: shop.site.told()["last"] > last, "the order is placed")
    shop.webhook(shop.order(last + 1))
    shop.corner.expect(("ViewContent", "both"), ("Purchase", "server"))
    assert shop.purchase()[1]["user"]["ttclid"] == CLICK


@pytest.mark.sources("wordpress", "ungated")
def test_without_an_answer_nothing_is_kept_but_the_orders_name_and_nothing_is_sent(shop):
    page = shop.visit(f"/?ttclid={CLICK}")
    order = shop.place(page)
    assert set(meta(order)) == {"_twinbeam_order"}
    shop.webhook(order)
    page.wait_for_timeout(500)
    shop.corner.expect()
    assert shop.corner.early == []


def test_a_yes_on_the_page_that_thanks_reports_the_purchase_after_all(shop):
    page = shop.visit("/")
    order = shop.place(page)
    page.reload()
    page.wait_for_function("!!(window.twinbeam && twinbeam.call)")
    shop.corner.answer(page, yes=True)
    shop.webhook(order)
    shop.corner.expect(BOUGHT)


def test_a_no_on_the_page_that_thanks_stops_the_webhooks_copy(shop):
    page = shop.visit("/")
    order = shop.place(page)
    shop.corner.answer(page, yes=False)
    shop.corner.until(lambda: shop.corner.sent("/t/c"), "the refusal is stated")
    shop.webhook(order)
    shop.corner.expect()
    shop.corner.until(lambda: shop.corner.refusals, "the browser tells of it")
    assert shop.corner.refusals == 1


# ---- once, and only for whoever holds the order's key ----


def test_a_reload_and_another_browser_print_the_purchase_no_more(shop):
    page = shop.allow()
    order = shop.place(page)
    shop.corner.until(lambda: [it for it in shop.corner.sent() if it["event"] == "Purchase"], "the purchase is sent")
    assert "_twinbeam_reported" in meta(shop.order(order["id"]))
    page.reload()
    assert "ttq.track('Purchase'" not in page.content()
    place = f"/checkout/order-received/{order['id']}/?key={order['order_key']}"
    assert b"ttq.track('Purchase'" not in shop.site.ask(place).body


def test_without_the_orders_key_the_page_tells_nothing(shop):
    order = shop.place(shop.visit("/"))
    place = f"/checkout/order-received/{order['id']}/"
    for query in ("", "?key=", "?key=wc_order_wrong", "?key[]=a"):
        assert b"ttq.track('Purchase'" not in shop.site.ask(place + query).body
    assert b"ttq.track('Purchase'" in shop.site.ask(f"{place}?key={order['order_key']}").body
    assert shop.site.ask("/checkout/order-received/999999/?key=k").status == 200


def test_an_order_that_failed_is_no_purchase(shop):
    order = shop.place(shop.visit("/"))
    place = f"/checkout/order-received/{order['id']}/?key={order['order_key']}"
    for status in ("failed", "cancelled", "refunded", "trash", "checkout-draft"):
        shop.order(order["id"], status=status)
        assert b"ttq.track('Purchase'" not in shop.site.ask(place).body, status
    shop.order(order["id"], status="on-hold")
    assert b"ttq.track('Purchase'" in shop.site.ask(place).body


def test_an_order_without_a_name_of_ours_goes_by_the_key_that_its_webhook_has(shop):
    page = shop.allow()
    order = shop.place(page)
    shop.order(order["id"], forget=True)
    page.goto(shop.corner.url(f"/checkout/order-received/{order['id']}/?key={order['order_key']}"))
    assert f'"order_token":"{order["order_key"]}"' in page.content()


# ---- what strangers send ----

ROTTEN = ("x" * 2_001, "a b", "<script>alert(1)</script> ", "a\r\nb", "\u2603", ["a"], {"a": "b"}, 7, None)


def test_what_is_no_value_is_not_kept(shop):
    for value in ROTTEN:
        body = json.dumps({"extensions": {"twinbeam": {"ttclid": value, "visitor_id": value}}}).encode()
        headers = {"Content-Type": "application/json"}
        answer = shop.site.ask("/?rest_route=/wc/store/v1/checkout", "POST", body, **headers)
        if answer.status == 400:  # WordPress itself refuses what is no text
            assert not isinstance(value, str)
            continue
        kept = meta(shop.order(int(re.search(r"/(\d+)/\?key", answer.json["redirect"])[1])))
        assert set(kept) == {"_twinbeam_order"}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"extensions": {}}', b'{"extensions": {"twinbeam": null}}'])
def test_an_order_without_a_visit_is_an_order(shop, body):
    headers = {"Content-Type": "application/json"}
    answer = shop.site.ask("/?rest_route=/wc/store/v1/checkout", "POST", body, **headers)
    assert set(meta(shop.order(int(re.search(r"/(\d+)/\?key", answer.json["redirect"])[1])))) == {"_twinbeam_order"}


def test_a_cookie_without_its_form_stands_in_and_a_rotten_one_does_not(shop):
    for cookie, wanted in (("v-1|ttp-1|click-1", ("v-1", "ttp-1", "click-1")), ("a%20b|<b>|", (None, None, None))):
        page = shop.site.ask("/checkout/").body.decode()
        nonce = re.search(r'process-checkout-nonce" value="(\w+)"', page)[1]
        form = f"billing_email=a&twinbeam_ttclid[]=x&woocommerce-process-checkout-nonce={nonce}".encode()
        headers = {"Cookie": f"_tb={quote(cookie, safe='%')}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = shop.site.ask("/?wc-ajax=checkout", "POST", form, **headers)
        kept = meta(shop.order(int(re.search(r"/(\d+)/\?key", answer.json["redirect"])[1])))
        assert tuple(map(kept.get, ("_twinbeam_visitor", "_ttp", "_ttclid"))) == wanted


def test_what_an_order_says_cannot_end_the_script(shop):
    page = shop.allow()
    shop.place(page)
    shop.corner.expect(("ViewContent", "both"), BOUGHT)
    assert shop.purchase()[1]["properties"]["contents"][0]["content_name"] == 'Lamp </script><b>"bright"</b>'


def test_a_renewal_gets_no_name_of_the_first_order_and_a_forgotten_person_no_visit(shop):
    assert shop.site.told()["renewal"] == {"_billing_email": "e"}
    order = shop.place(shop.allow(f"/?ttclid={CLICK}"))
    assert "_ttclid" in meta(order)
    assert shop.order(order["id"], forget=True)["meta_data"] == []


def test_woocommerce_is_told_that_its_newer_storage_and_checkout_are_fine(shop):
    assert shop.site.told()["declared"] == {"custom_order_tables": True, "cart_checkout_blocks": True}


# ---- the settings ----


@pytest.fixture
def signed_in(shop):
    """Sign somebody in, in a window of their own; the administration's pages need no script for this."""
    contexts = []

    def window(name, password):
        contexts.append(shop.corner.context.browser.new_context(user_agent=CHROME, java_script_enabled=False))
        page = contexts[-1].new_page()
        page.goto(shop.corner.url("/wp-login.php"))
        page.fill("#user_login", name)
        page.fill("#user_pass", password)
        page.click("#wp-submit")
        page.wait_for_url("**/wp-admin/**", wait_until="domcontentloaded")
        return page

    yield window
    for context in contexts:
        context.close()


def entered(page, shop, **fields):
    page.goto(shop.corner.url("/wp-admin/options-general.php?page=twinbeam"))
    for label, value in fields.items():
        control = page.get_by_label(label.replace("_", " "))
        control.select_option(value) if control.evaluate("(it) => it.tagName") == "SELECT" else control.fill(value)
    page.get_by_role("button", name="Save Changes").click()
    page.wait_for_load_state()
    return page.locator(".notice").inner_text()


def test_an_owner_enters_the_settings_and_the_pages_have_the_snippet(shop, signed_in):
    page = signed_in(*OWNER)
    key = shop.corner.keys["browser"]
    shop.set_up(key="")
    assert b"t.js" not in shop.site.ask("/").body
    told = entered(page, shop, Address_of_the_tag="https://t.shop.example/t/", Browser_key=key, Pixel_code="C0AB")
    assert told.startswith("Saved.")
    head = shop.site.ask("/").body.decode()
    [tag] = re.findall(r"<script [^>]*t\.js[^>]*>", head)
    assert f'src="https://t.shop.example/t.js?key={key}"' in tag
    assert all(words in tag for words in (' data-mode="own"', ' data-pixel="C0AB"', ' data-law="opt_in"', " async"))
    assert head.index("t.js") < head.index("generator")


UNFIT = (
    ("Browser_key", "tbs_this-is-a-secret-key", "This key is secret"),
    ("Browser_key", 'tbb_"><script>alert(1)</script>', "A browser key begins with tbb_"),
    ("Browser_key", "", "A browser key begins with tbb_"),
    ("Address_of_the_tag", "javascript:alert(1)", "The address is neither"),
    ("Address_of_the_tag", "//evil.example/t", "The address is neither"),
    ("Address_of_the_tag", "t", "The address is neither"),
    ("Pixel_code", "C0 AB'", "The pixel's code"),
    ("Pixel_code", "", "The pixel's code"),
)


def test_a_setting_that_does_not_fit_is_told_and_changes_nothing(shop, signed_in):
    page = signed_in(*OWNER)
    before = shop.site.told()["settings"]
    for field, value, told in UNFIT:
        assert entered(page, shop, **{field: value}).startswith(told)
    assert shop.site.told()["settings"] == before


def test_nobody_else_changes_the_settings(shop, signed_in):
    before = shop.site.told()["settings"]
    form = b"action=twinbeam_save&key=tbb_of-a-stranger&_wpnonce=0123456789"

    def posted(page=None):
        cookies = page.context.cookies() if page else []
        cookie = "; ".join(f"{it['name']}={it['value']}" for it in cookies)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        host = f"www.shop.example:{shop.corner.web.port}"
        return shop.site.ask("/wp-admin/admin-post.php", "POST", form, **headers, Host=host).status

    posted()
    editor, owner = signed_in("editor", "editor-password"), signed_in(*OWNER)
    assert (posted(editor), posted(owner)) == (403, 403)  # no right to; no form of this site's
    assert editor.goto(shop.corner.url("/wp-admin/options-general.php?page=twinbeam")).status == 403
    assert shop.site.told()["settings"] == before


def test_without_settings_the_shop_works_and_has_no_tag(shop):
    shop.site.told(options={"twinbeam_settings": []})
    page = shop.corner.visit("/checkout/")
    page.get_by_role("button", name="Place order").click()
    page.wait_for_url("**/order-received/**")
    assert "twinbeam.context" not in page.content()
    assert "ttq" not in page.content()


def test_an_uninstall_leaves_no_settings(shop):
    assert shop.site.told()["settings"]
    assert shop.site.told(uninstall=True)["settings"] is False
