"""The demo shop's pages without a browser: forms that come twice, from elsewhere or broken, and who may see an order."""

import asyncio
import json
import re
import secrets
import time

import aiohttp
import aiohttp.web
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from backends import Backend
from demo_shop import Shop, config, in_a_shop
from twinbeam.core.values import Item
from twinbeam.demo.shop_pages.cart import Cart, read_cart
from twinbeam.demo.shop_pages.catalogue import CATALOGUE, price
from twinbeam.demo.shop_pages.config import NONCE, read_config, write_config
from twinbeam.demo.shop_pages.orders import Customer, Order, Register
from twinbeam.demo.shop_pages.people import fictional_customer
from twinbeam.demo.shop_pages.reports import order_token, purchase_id, purchase_of
from twinbeam.demo.shop_pages.validation import validation_error
from twinbeam.demo.shop_pages.visit import FIELDS, VISITOR_ADDRESS, Visit, visit_of
from twinbeam.pipeline.identity.order_ids import order_token_id
from twinbeam.sources import events_v1

HOST = "dashboard.test"  #: under which `asgi.ask` asks
TOKEN = "T0k3n-of-one-checkout_"
OTHER = "T0k3n-of-the-other-one"
CHECKOUT = {"checkout": TOKEN, "name": "Ada Example", "email": "ada@post.example", "phone": "+49 30 23125 000"}
COOKIES = f"cart=heron:1.moon:2; checkout={TOKEN}"


@given(st.text(max_size=200))
def test_any_cookie_is_a_cart_of_what_the_shop_sells(cookie):
    cart = read_cart(cookie)
    assert all(line.product.id in CATALOGUE and 1 <= line.quantity <= 9 for line in cart.lines)
    assert read_cart(cart.written()) == cart


def test_a_cart_holds_at_most_nine_of_one_and_none_takes_it_out():
    cart = Cart()
    for _ in range(12):
        cart = cart.with_one_more(CATALOGUE["heron"])
    assert [(line.product.id, line.quantity) for line in cart.lines] == [("heron", 9)]
    assert cart.cents == 9 * 8_900
    assert cart.with_quantity(CATALOGUE["heron"], 0) == Cart()


def test_prices_are_written_with_their_cents():
    assert [price(cents) for cents in (5, 2_450, 123_456)] == ["€0.05", "€24.50", "€1,234.56"]


def test_a_form_sent_twice_is_one_order_even_after_its_cart_is_gone():
    async def visit(shop):
        first = await shop.post("/order", CHECKOUT, COOKIES)
        again = await shop.post("/order", CHECKOUT, COOKIES)
        from_the_past = await shop.post("/order", {**CHECKOUT, "name": ""}, "cart=; checkout=")
        assert first.status == 303
        assert first.headers["location"].startswith("/thank-you/L")
        assert {each.headers["location"] for each in (again, from_the_past)} == {first.headers["location"]}

    in_a_shop(visit)


def test_another_checkout_is_another_order():
    async def visit(shop):
        first = await shop.post("/order", CHECKOUT, COOKIES)
        other = await shop.post("/order", {**CHECKOUT, "checkout": OTHER}, f"cart=fern:1; checkout={OTHER}")
        assert other.status == first.status == 303
        assert other.headers["location"] != first.headers["location"]

    in_a_shop(visit)


@pytest.mark.parametrize(
    ("form", "cookies"),
    [
        (CHECKOUT, "cart=heron:1"),
        (CHECKOUT, f"cart=heron:1; checkout={OTHER}"),
        (CHECKOUT, f"checkout={TOKEN}"),
        ({**CHECKOUT, "checkout": ""}, "cart=heron:1; checkout="),
        ({**CHECKOUT, "checkout": "1"}, "cart=heron:1; checkout=1"),
    ],
    ids=["no checkout begun", "another browser's form", "nothing in the cart", "no token", "a token of its own making"],
)
def test_a_form_of_no_checkout_of_this_browser_orders_nothing(form, cookies):
    async def visit(shop):
        answer = await shop.post("/order", form, cookies)
        assert (answer.status, answer.headers["location"]) == (303, "/cart")

    in_a_shop(visit)


@pytest.mark.parametrize("path", ["/cart", "/order", "/question"])
@pytest.mark.parametrize(
    "said",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": f"http://{HOST}:8701"},
        {"origin": f"https://{HOST}.evil.example"},
        {"origin": "null"},
    ],
    ids=["cross-site", "another port", "another host", "nowhere"],
)
def test_another_site_can_send_no_form(path, said):
    async def visit(shop):
        form = {**CHECKOUT, "product": "heron", "question": TOKEN}
        answer = await shop.post(path, form, COOKIES, **said)
        assert answer.status == 403
        assert "set-cookie" not in answer.headers
        ours = {"sec-fetch-site": "same-origin", "origin": f"https://{HOST}"}
        assert (await shop.post(path, form, COOKIES, **ours)).status == 303

    in_a_shop(visit)


def taken(order: Order) -> bool:
    """Tell whether the gateway takes the event of an order."""
    [item] = events_v1.read(json.dumps({"events": [purchase_of(order)]}).encode()).items
    return isinstance(item, Item)


def test_what_no_tag_writes_into_a_form_takes_no_orders_report_with_it():
    hidden = {"visitor_id": "v" * 257, "consent_receipt": "r" * 2_001, "ttclid": "E.C.P.ad", "ttp": "a\0b"}
    visit = visit_of({f"twinbeam_{name}": text for name, text in hidden.items()}, "agent")
    assert visit == Visit(user_agent="agent", ttclid="E.C.P.ad")
    order = Order("L1", TOKEN, int(time.time()), Cart(), Customer("Ada", "ada@post.example", ""), visit)
    assert taken(order)
    longest = {name: "v" * most for name, most in FIELDS.items()}
    kept = visit_of({f"twinbeam_{name}": text for name, text in longest.items()}, "agent")
    assert kept == Visit(user_agent="agent", **longest)
    assert taken(replace(order, visit=kept))


@pytest.mark.parametrize("path", ["/cart", "/order", "/question"])
@pytest.mark.parametrize(
    ("body", "status"),
    [(b"a=" + 70_000 * b"b", 413), (b"&".join(b"a%d=b" % n for n in range(99)), 400), (b"\xff=\xfe", 400)],
    ids=["too long", "too many fields", "no text"],
)
def test_a_form_that_is_none_is_refused(path, body, status):
    async def visit(shop):
        assert (await shop.post(path, body, COOKIES)).status == status

    in_a_shop(visit)


@pytest.mark.parametrize(
    "form",
    [{"product": "gold"}, {}, *({"product": "heron", "quantity": text} for text in ("-1", "x", "٣", "1e3", "99999"))],
)
def test_what_is_no_product_or_no_quantity_changes_no_cart(form):
    async def visit(shop):
        answer = await shop.post("/cart", form, "cart=moon:1")
        assert answer.status == 400
        assert "set-cookie" not in answer.headers

    in_a_shop(visit)


def test_an_order_is_shown_to_the_browser_that_ordered_alone():
    async def visit(shop):
        ordered = await shop.post("/order", CHECKOUT, COOKIES)
        place = ordered.headers["location"]
        for cookies in ("", "orders=", "orders=another", f"orders={place.removeprefix('/thank-you/')}"):
            for path in (place, f"{place}/status"):
                answer = await shop.get(path, cookies)
                assert answer.status == 404
                assert "ada@" not in answer.text
        assert (await shop.get(place, f"orders=another.{TOKEN}")).status == 200
        assert (await shop.get("/thank-you/L1234567", f"orders={TOKEN}")).status == 404

    in_a_shop(visit)


def test_what_somebody_types_is_text_on_the_page():
    typed = {**CHECKOUT, "name": '"><script>a()</script>', "email": "</script>&amp;"}

    async def visit(shop):
        answer = await shop.post("/order", typed, COOKIES)
        assert answer.status == 422
        assert "Write an e-mail address" in answer.text
        assert "<script>a()" not in answer.text
        kept = {**CHECKOUT, "email": "a@b.c</script><i>"}
        thanks = await shop.get((await shop.post("/order", kept, COOKIES)).headers["location"], f"orders={TOKEN}")
        assert "</script><i>" not in thanks.text
        said = json.loads(re.search(r'id="events">(.*)</script>', thanks.text)[1])
        assert said["identity"]["email"] == "a@b.c</script><i>"

    in_a_shop(visit)


def test_the_page_of_an_order_names_it_as_the_gateway_will():
    token = order_token("secret", "L1234567")
    assert purchase_id(token) == order_token_id("Purchase", Item(event="Purchase", order_token=token))


def test_every_page_bears_its_own_nonce_and_allows_nothing_else_inline():
    async def visit(shop):
        first, second = [await shop.get("/") for _ in range(2)]
        nonces = [re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"])[1] for page in (first, second)]
        assert nonces[0] != nonces[1]
        assert f'<script nonce="{nonces[0]}">ttq' in first.text
        assert NONCE not in first.text
        assert "unsafe" not in first.headers["content-security-policy"]

    in_a_shop(visit)


def test_a_question_needs_a_form_of_ours_and_is_one_however_often_it_is_sent():
    async def visit(shop):
        form = {**CHECKOUT, "question": secrets.token_urlsafe(16)}
        places = {(await shop.post("/question", form)).headers["location"] for _ in range(2)}
        assert places == {f"/question/{form['question']}"}
        assert (await shop.get(places.pop())).status == 200
        assert (await shop.post("/question", {**form, "question": "1001"})).status == 400
        assert (await shop.get("/question/" + 22 * "a")).status == 404

    in_a_shop(visit)


def test_the_gateways_paths_are_handed_on_with_the_visitors_address_and_no_other():
    async def visit(gateway):
        async with Shop(f"http://127.0.0.1:{gateway.port}") as shop:
            claimed = {"x-forwarded-for": "198.51.100.9", "host": "127.0.0.1:8703", "origin": "http://127.0.0.1:8703"}
            answer = await shop.post("/t/e?key=tbb_1", b'{"events":[]}', **claimed)
            assert (answer.status, answer.text) == (200, "gateway")
            assert answer.headers["set-cookie"] == "from=gateway"
            [reached] = gateway.requests
            assert (reached.method, reached.target, reached.body) == ("POST", "/t/e?key=tbb_1", b'{"events":[]}')
            assert reached.headers["x-forwarded-for"] == VISITOR_ADDRESS
            assert reached.headers["origin"] == claimed["origin"]
            assert (await shop.post("/t/e", 300_000 * b"a")).status == 413
            for path in ("/t/../v1/events", "/t/%2e%2e/v1/events", "/t/%2e./v1/events"):  # decoded once already
                assert (await shop.get(path)).status == 404
            assert len(gateway.requests) == 1

    with Backend("gateway").serving() as gateway:
        asyncio.run(visit(gateway))


def test_without_a_gateway_the_shop_goes_on_selling():
    async def visit(shop):
        assert (await shop.get("/t.js?key=tbb_1")).status == 502
        place = (await shop.post("/order", CHECKOUT, COOKIES)).headers["location"]
        assert (await shop.get(place, f"orders={TOKEN}")).status == 200
        status = await shop.get(f"{place}/status", f"orders={TOKEN}")
        assert status.json["done"] is False

    in_a_shop(visit)


def test_a_visitor_without_javascript_buys_by_forms_alone():
    async def visit(shop):
        added = await shop.post("/cart", {"product": "fern"}, "cart=moon:1")
        assert (added.status, added.headers["location"]) == (303, "/cart")
        cart = added.headers["set-cookie"].partition(";")[0]
        assert cart == "cart=moon:1.fern:1"
        fewer = await shop.post("/cart", {"product": "moon", "quantity": "0"}, cart)
        cart = fewer.headers["set-cookie"].partition(";")[0]
        form = await shop.get("/checkout", cart)
        fields = dict(re.findall(r'name="(\w+)"(?: type="\w+")? value="([^"]+)"', form.text))
        begun = form.headers["set-cookie"].partition(";")[0]
        ordered = await shop.post("/order", fields, f"{cart}; {begun}")
        thanks = await shop.get(ordered.headers["location"], f"orders={fields['checkout']}")
        assert "Fern floor lamp" in thanks.text
        assert "Moon" not in thanks.text

    in_a_shop(visit)


@pytest.mark.slow
def test_an_order_is_reported_until_the_gateway_has_taken_it():
    reported = []
    taken = asyncio.Event()

    async def answer(request):
        reported.append(await request.json())
        status = [503, 429, 202][len(reported) - 1]
        if status == 202:
            taken.set()
        return aiohttp.web.json_response({}, status=status)

    async def visit():
        gateway = aiohttp.web.Application()
        gateway.router.add_post("/v1/events", answer)
        runner = aiohttp.web.AppRunner(gateway)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        async with Shop(f"http://127.0.0.1:{runner.addresses[0][1]}") as shop, asyncio.timeout(30):
            await shop.post("/order", {**CHECKOUT, "twinbeam_consent_receipt": "r-1"}, COOKIES)
            await taken.wait()
        await runner.cleanup()

    asyncio.run(visit())
    assert reported[0] == reported[1] == reported[2]
    [event] = reported[0]["events"]
    assert (event["event"], event["properties"]["value"], event["consent_receipt"]) == ("Purchase", 347.0, "r-1")
    assert event["user"]["ip"] == VISITOR_ADDRESS
    assert "visitor_id" not in event


def test_a_register_keeps_the_newest_thousand():
    register = Register()
    for number in range(1_001):
        assert register.once(str(number), lambda number=number: number) == (number, True)
    assert (register.get("0"), register.get("1"), register.once("1", list)) == (None, 1, (1, False))


def test_whom_the_forms_are_filled_in_with_nobody_is_and_the_shop_takes():
    for customer in (fictional_customer() for _ in range(50)):
        assert validation_error(customer) == ""
        assert customer.email.endswith(".example")
        assert re.fullmatch(r"\+49 30 23125 \d{3}", customer.phone)  # kept free for films by the Bundesnetzagentur


@pytest.mark.parametrize(
    "customer", [Customer("", "a@b.c", ""), Customer("Ada", "a@b", ""), Customer(101 * "a", "a@b.c", "")]
)
def test_a_form_without_a_name_or_an_address_is_answered_with_what_is_missing(customer):
    assert validation_error(customer)


def test_the_facts_of_a_shop_are_for_its_own_user(tmp_path):
    write_config(tmp_path / "shop.json", config())
    assert (tmp_path / "shop.json").stat().st_mode & 0o077 == 0
    assert read_config(tmp_path / "shop.json") == config()
