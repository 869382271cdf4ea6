"""Pages as shops build them: strict policies, one page for all, several hosts, the console, and what a visit costs."""

import pytest

from running import ask
from tagging import DENIED, GRANT, GTAG, HOST, SECURE
from twinbeam.admin.snippet import TIKTOK_HOST
from twinbeam.pipeline.accept.tag.files import built

pytestmark = [pytest.mark.journey, pytest.mark.tag("pages")]

ALLOWED = f"{DENIED};{GRANT}"
LIMIT_BYTES = 6_144
NONCE = "r4nd0m"
PURCHASE = "ttq.track('Purchase', {value: 20, currency: 'EUR', order_id: '1001'})"
CONTACT = "ttq.track('Contact')"


def printed(corner, *options):
    """Run the command that prints the snippet; gives its lines, and the policy that it says a page needs."""
    asked = ("tag", "snippet", corner.codes[0], "--key", corner.keys["browser"], *options)
    done = corner.shop.gateway.run(*asked)
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stderr.splitlines() if "-src " in line]
    return done.stdout, "; ".join(["default-src 'none'", *lines]).replace(TIKTOK_HOST, corner.script_host)


@pytest.mark.parametrize("options", [("--nonce", NONCE), ("--nonce", NONCE, "--sri")], ids=["nonce", "integrity"])
def test_the_printed_snippet_works_under_the_printed_policy(corner, options):
    head, allowed = printed(corner, *options)
    bears = f'<script nonce="{NONCE}"'
    corner.web.headers["Content-Security-Policy"] = f"{allowed}; img-src data:"
    before = f"{GTAG}<script>{ALLOWED}</script>".replace("<script", bears)
    corner.page("/hat", CONTACT, head=f"{before}{head}{corner.base().replace('<script', bears)}")
    corner.web.pages["/hat"] = corner.web.pages["/hat"].replace(f"<script>{CONTACT}", f"{bears}>{CONTACT}")
    corner.visit("/hat?twinbeam=debug", allowed=True)
    corner.expect(("Contact", "both"))


def test_the_printed_snippet_works_by_its_hash_where_the_page_has_nothing_else_inline(corner):
    head, allowed = printed(corner, "--mode", "own", "--law", "opt_out")
    corner.web.headers["Content-Security-Policy"] = f"{allowed}; img-src data:"
    corner.page("/hat", head=head.replace("async", f'async data-host="{corner.script_host}"'))
    page = corner.visit("/hat", allowed=True)
    page.evaluate(CONTACT)
    corner.until(lambda: ("Contact", "sent") in corner.told(), "both copies")


def test_a_snippet_is_for_a_browser_key(corner):
    done = corner.shop.gateway.run("tag", "snippet", corner.codes[0], "--key", corner.keys["server"])
    assert (done.returncode, done.stdout) == (1, "")
    assert "keys of that kind begin with tbb_" in done.stderr
    assert corner.keys["server"] not in done.stderr


def test_a_snippet_that_never_changes_says_itself_how_far_an_order_has_to_be(corner):
    corner.rule("purchase_means=paid", shows="paid")
    assert 'data-purchase="paid"' in printed(corner, "--sri")[0]
    assert "data-purchase" not in printed(corner)[0]
    corner.rule("value=margin", "ways.Purchase=server", shows="server")
    assert 'data-purchase="server"' in printed(corner, "--sri")[0]


def test_a_blocked_collector_is_told_by_the_pages_policy(corner):
    corner.web.headers["Content-Security-Policy"] = (
        f"connect-src 'self'; script-src 'self' 'unsafe-inline' {corner.script_host}"
    )
    corner.page("/hat", CONTACT, before=ALLOWED)
    corner.visit("/hat", allowed=True)
    corner.expect(("Contact", "server"))
    assert ("Contact", "blocked") in corner.told()


def test_on_a_page_that_is_one_page_for_all(corner):
    corner.page("/", before=ALLOWED)
    page = corner.visit("/?ttclid=E.C.P.spa", allowed=True)
    page.wait_for_function("!!(twinbeam.call && ttq._emulator)")
    page.evaluate("history.pushState({}, '', '/hat'); ttq.track('ViewContent', {content_id: 'hat'})")
    page.evaluate(f"history.pushState({{}}, '', '/thanks'); {PURCHASE}")
    page.evaluate(f"history.pushState({{}}, '', '/thanks?again'); {PURCHASE}")
    corner.order("1001")
    counted = corner.expect(("ViewContent", "both"), ("Purchase", "both"))
    assert all("ttclid" in event["user_keys"] for event in counted)
    assert [event["page"]["url"].rpartition("/")[2] for event in corner.sent()] == ["hat", "thanks"]


def test_page_views_of_such_a_page_without_tiktoks_script(corner):
    corner.page("/", before=ALLOWED, base="", mode="gateway")
    page = corner.visit("/", allowed=True)
    corner.until(lambda: len(corner.sent()) == 1, "the first view")
    page.evaluate("history.pushState({}, '', '/hat'); history.replaceState({}, '', '/hat')")
    corner.until(lambda: len(corner.sent()) == 2, "the second view")
    page.go_back()
    corner.expect(*[("Pageview", "server")] * 3, pageviews=True)


def test_a_second_host_and_back(corner):
    corner.page("/", before=ALLOWED)
    corner.page("/hat", CONTACT, before=ALLOWED)
    corner.page("/thanks", PURCHASE, before=ALLOWED)
    page = corner.visit("/?ttclid=E.C.P.shop", allowed=True)
    corner.until(corner.context.cookies, "the cookie")
    page.goto(corner.url("/", "pay.provider.example"))
    page.goto(corner.url("/hat", "shop.example"))
    corner.until(corner.sent, "the event of the other host")
    page.goto(corner.url("/thanks", HOST))
    corner.order("1001")
    corner.expect(("Contact", "both"), ("Purchase", "both"))
    assert {event["user"]["ttclid"] for event in corner.sent()} == {"E.C.P.shop"}


def test_the_console_tells_what_was_sent_or_why_not(corner):
    lines = []
    corner.page("/hat", CONTACT, before=f"{DENIED}; function banner() {{ {GRANT} }}")
    page = corner.context.new_page()
    page.on("console", lambda message: lines.append(message.text))
    corner.visit("/hat?twinbeam=debug", page)
    page.wait_for_function("!!twinbeam.debug")
    corner.answer(page, yes=True)
    corner.until(lambda: any("The gateway answered 202" in line for line in lines), "the answer")
    told = "\n".join(lines)
    for part in (
        "[twinbeam] This page's tag",
        "Consent is now granted",
        "TikTok's script, by the evidence",
        "accepted: 1",
    ):
        assert part in told
    assert corner.keys["browser"] not in told


def test_without_being_asked_the_console_stays_silent(corner):
    lines = []
    corner.page("/hat", CONTACT, before=ALLOWED)
    page = corner.context.new_page()
    page.on("console", lambda message: lines.append(message.text))
    corner.visit("/hat", page, allowed=True)
    corner.expect(("Contact", "both"))
    assert lines == []


STEPS = ("ViewContent", "AddToCart", "InitiateCheckout", "AddPaymentInfo", "Purchase")


def walked(corner, *visits):
    """Go from page to page, each with its events; gives what Chromium fetched from the gateway: files, answers."""
    page = corner.context.new_page()
    sent = 0
    corner.allowed = True
    for path, events in visits:
        page.goto(corner.url(path, SECURE))
        page.wait_for_function("!!twinbeam.call")
        sent += events
        corner.until(lambda sent=sent: len(corner.sent()) == sent, f"{sent} events")
        page.wait_for_timeout(300)
    corner.order("1001")
    corner.expect(*[(name, "both") for name in STEPS])
    ours = [request for request in corner.fetched if "/t." in request.url or "/t/" in request.url]
    # What came out of the browser's own cache has a negative size: less than its headers crossed the network.
    sizes = dict.fromkeys(("GET", "POST"), 0)
    for request in ours:
        sizes[request.method] += max(0, request.sizes()["responseBodySize"])
    assert len([request for request in ours if request.method == "POST"]) >= 4
    files = {request.url.partition("?")[0].rpartition("/")[2] for request in ours if request.method == "GET"}
    return files, sizes["GET"], sizes["POST"]


def test_from_landing_to_thank_you_chromium_fetches_less_than_6_kib_from_us(corner, record_property):
    def track(event, more=""):
        contents = "contents: [{content_id: 'hat', content_type: 'product', quantity: 1, price: 20}]"
        return f"ttq.track('{event}', {{{contents}, value: 20, currency: 'EUR'{more}}})"

    corner.page("/", before=ALLOWED)
    corner.page("/hat", track("ViewContent"), track("AddToCart"), before=ALLOWED)
    identify = "ttq.identify({email: 'ada@shop.example'}); twinbeam.set({checkout_token: 'k-1'})"
    corner.page("/checkout", identify, track("InitiateCheckout"), track("AddPaymentInfo"), before=ALLOWED)
    corner.page("/thanks", track("Purchase", ", order_id: '1001', checkout_token: 'k-1'"), before=ALLOWED)
    files, told, answered = walked(corner, ("/?ttclid=E.C.P.abc", 0), ("/hat", 2), ("/checkout", 2), ("/thanks", 1))
    assert files == {"t.js"}
    record_property("bytes", told + answered)
    assert 4_000 < told + answered <= LIMIT_BYTES


def test_a_page_that_has_nothing_but_its_data_layer_fetches_no_more_than_that(corner, record_property):
    def pushed(event, more=""):
        items = "[{item_id: 'hat', item_name: 'Hat', price: 20, quantity: 1}]"
        return f"dataLayer.push({{event: '{event}', ecommerce: {{currency: 'EUR', value: 20, items: {items}{more}}}}})"

    corner.page("/", before=ALLOWED)
    corner.page("/hat", pushed("view_item"), pushed("add_to_cart"), before=ALLOWED)
    corner.page("/checkout", pushed("begin_checkout"), pushed("add_payment_info"), before=ALLOWED)
    corner.page("/thanks", pushed("purchase", ", transaction_id: '1001'"), before=ALLOWED)
    files, told, answered = walked(corner, ("/?ttclid=E.C.P.abc", 0), ("/hat", 2), ("/checkout", 2), ("/thanks", 1))
    assert files == {"t.js", "layer.js"}
    record_property("layer bytes", told)
    record_property("answer bytes", answered)
    assert 4_000 < told <= LIMIT_BYTES


def test_fetching_the_tag_sets_no_cookie_and_is_not_logged(corner):
    answer = ask(f"{corner.shop.gateway.intake}/t.js?key={corner.keys['browser']}", headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "public, max-age=50"
    again = ask(
        f"{corner.shop.gateway.intake}/t.js?key={corner.keys['browser']}",
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert (again.status, again.body) == (304, b"")
    whole = ask(f"{corner.shop.gateway.intake}/t/{built().whole}.js")
    assert "immutable" in whole.headers["cache-control"]
    assert "t.js" not in corner.shop.gateway.log.read_text()
