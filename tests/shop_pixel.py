"""
A shop of Shopify's as a custom pixel sees it: its own pages in a real browser, and the pixel in a sandboxed frame.

Written from Shopify's Web Pixels API and not from the pixel. A custom pixel runs in the "lax" sandbox: a frame with
`allow-scripts allow-forms` and so without an origin; cookies and storage of the page around it are asked for by
messages, events come by messages, and what was published before the pixel has subscribed is delivered to it then.
"""

import json
import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from running import Answer, ask, wait_until
from shop_systems import SECRETS, a_shopify_order, encoded, iso, shopify_headers
from tagging import Corner

BUILT = Path(__file__).resolve().parents[1] / "install" / "shopify" / "pixel.js"

#: The four permissions as Shopify has them while a visitor is asked, and after each answer.
ASKED = {
    "analyticsProcessingAllowed": False,
    "marketingAllowed": False,
    "preferencesProcessingAllowed": False,
    "saleOfDataAllowed": True,
}
YES = {**dict.fromkeys(ASKED, True)}
NO = {**ASKED, "saleOfDataAllowed": False}
#: What Shopify's own cookie says, by its documented answers: "1", "0" and, not answered, "".
COOKIE = '{"con":{"CMP":{"a":"%s","m":"%s","p":"%s","s":""}},"v":"2.1","region":"%s","reg":"%s"}'

FRAME = """
const waiting = {}; let count = 0; const hears = {}; const early = [];
const asked = (what, ...args) => new Promise((done, failed) => {
  waiting[++count] = { done, failed };
  parent.postMessage({ count, what, args }, "*");
});
const published = (name, event) => (hears[name] ? hears[name].forEach((hear) => hear(event)) : early.push([name, event]));
addEventListener("message", ({ data }) => {
  if (data.name) return published(data.name, data.event);
  data.error ? waiting[data.count].failed(new Error(data.error)) : waiting[data.count].done(data.value);
});
const subscribe = (name, hear) => {
  (hears[name] ||= []).push(hear);
  early.filter(([each]) => each === name).forEach(([, event]) => hear(event));
};
const storage = (area) => Object.fromEntries(
  ["getItem", "setItem", "removeItem", "clear", "key", "length"].map((verb) => [verb, (...args) => asked(area, verb, ...args)]));
const analytics = { subscribe };
const browser = {
  cookie: { get: (name) => asked("cookie", "get", name), set: (...args) => asked("cookie", "set", ...args) },
  localStorage: storage("localStorage"), sessionStorage: storage("sessionStorage"),
};
const init = INIT;
const api = { analytics, browser, init, customerPrivacy: { subscribe }, settings: {} };
"""

MANAGER = """
const frame = document.createElement("iframe");
let isThere = false; const before = [];
const tell = (message) => (isThere ? frame.contentWindow.postMessage(message, "*") : before.push(message));
const place = ({ href, origin, protocol, host, hostname, pathname, search, hash, port }) =>
  ({ href, origin, protocol, host, hostname, pathname, search, hash, port });
const context = () => ({
  document: { location: place(location), referrer: document.referrer, title: document.title, characterSet: "UTF-8" },
  navigator: { userAgent: navigator.userAgent, language: navigator.language, languages: [], cookieEnabled: true },
  window: { location: place(location), origin: location.origin },
});
const cookies = {
  get: (name) => (document.cookie.split("; ").find((each) => each.startsWith(name + "=")) || "").slice(name.length + 1),
  set: (text, value) => { document.cookie = value === undefined ? text : text + "=" + value; return ""; },
};
addEventListener("message", ({ source, data: { count, what, args } }) => {
  if (source !== frame.contentWindow) return;
  let value, error;
  try {
    const [verb, ...rest] = args;
    value = what === "cookie" ? cookies[verb](...rest) : window[what][verb](...rest);
  } catch (refused) { error = String(refused); }
  tell({ count, value, error });
});
let seq = 0;
window.publish = (name, data, id) => tell({ name, event: {
  name, data, id: id || "sh-" + Math.random(), clientId: "c-1", seq: ++seq, timestamp: new Date().toISOString(),
  type: "standard", context: context() } });
window.answered = (customerPrivacy) => tell({ name: "visitorConsentCollected", event: { customerPrivacy } });
const init = { ...KNOWN, context: context() };
frame.sandbox = "allow-scripts allow-forms";
frame.srcdoc = "<script>" + FRAME.replace("INIT", () => JSON.stringify(init)) + "<\\/script><script>" + PIXEL + "<\\/script>";
frame.onload = () => { isThere = true; before.splice(0).forEach(tell); document.title = "there"; };
document.body.append(frame);
"""


def built() -> str:
    """Give the file that is pasted into Shopify's admin."""
    return BUILT.read_text()


def pasted(gateway: str, key: str, **chosen: str) -> str:
    """Fill in what an owner fills in."""
    text = built()
    for name, value in {"GATEWAY": gateway, "KEY": key, **chosen}.items():
        text, found = re.subn(
            rf'^const {name} = ".*?";', f"const {name} = {json.dumps(value)};", text, flags=re.MULTILINE
        )
        assert found == 1, name
    return text


class PixelShop:
    """One shop on the street whose pages bear the pixel, and its signed webhooks."""

    def __init__(self, corner: Corner, **chosen: str) -> None:
        self.corner = corner
        self.pixel = pasted(f"http://events.shop.example:{corner.web.port}", corner.keys["browser"], **chosen)
        self.source = ""

    def visit(
        self,
        path: str,
        *,
        privacy: dict[str, bool] = ASKED,
        cart: dict[str, Any] | None = None,
        noted: tuple[str, str, str] | None = None,
        page: Page | None = None,
    ) -> Page:
        """Open a page; `noted` is the answer, region and law that Shopify's own cookie bears."""
        known = {
            "data": {"customer": None, "cart": cart, "shop": {}, "purchasingCompany": None},
            "customerPrivacy": privacy,
        }
        script = (
            f"const PIXEL = {_inline(self.pixel)}; const FRAME = {_inline(FRAME)}; const KNOWN = {json.dumps(known)};"
        )
        self.corner.page(path.partition("?")[0], f"{{ {script} {MANAGER} }}", head="")
        if noted:
            value = COOKIE % (noted[0], noted[0], noted[0], *noted[1:])
            host = {"url": self.corner.url("/"), "name": "_tracking_consent", "value": value}
            self.corner.context.add_cookies([host])  # type: ignore[list-item]
        page = self.corner.visit(path, page)
        page.wait_for_function("document.title === 'there'")
        return page

    def publish(self, page: Page, name: str, data: dict[str, Any], event_id: str = "") -> None:
        """Let something happen in the shop."""
        page.evaluate("([name, data, id]) => publish(name, data, id)", [name, data, event_id])

    def answer(self, page: Page, privacy: dict[str, bool]) -> None:
        """Click in Shopify's banner."""
        self.corner.allowed = self.corner.allowed or privacy["marketingAllowed"]
        page.evaluate("(privacy) => answered(privacy)", privacy)

    def webhook(self, topic: str, order: dict[str, Any]) -> Answer:
        """Deliver a signed webhook; the gateway knows a new source within a second."""
        if not self.source:
            self.source = f"lamps-{self.corner.codes[0].lower()}"
            made = ("sources", "create", self.source, "--kind", "shopify", "--pixel", self.corner.codes[0])
            self.corner.shop.gateway.arrange(*made, "--secret-stdin", told=SECRETS["shopify"])
        body = encoded(order)
        address = f"{self.corner.shop.gateway.intake}/in/shopify/{self.source}"
        answers: list[Answer] = []

        def taken() -> bool:
            answers.append(ask(address, "POST", body=body, headers=shopify_headers(body, topic)))
            return answers[-1].status != 401

        wait_until(taken, "the source is known")
        assert answers[-1].status == 202, answers[-1].body
        return answers[-1]

    def reported(self) -> list[dict[str, Any]]:
        """List the events that the pixel has sent."""
        return self.corner.sent("/v1/events")

    def stated(self) -> list[dict[str, Any]]:
        """List the statements about consent that it has sent."""
        return self.corner.sent("/v1/consent")


def _inline(text: str) -> str:
    """Write a text so that it may stand in a script of a page."""
    return json.dumps(text).replace("</", "<\\/")


def an_order(number: int, **fields: Any) -> dict[str, Any]:
    """An order of this minute as its webhook has it; 18 digits, and it knows nothing of a click."""
    now = iso(time.time())
    placed = {"created_at": now, "processed_at": now, "updated_at": now}
    return a_shopify_order(number, **placed, landing_site="/", **fields)


def a_checkout(number: int, value: float = 89.9, **fields: Any) -> dict[str, Any]:
    """The same order as the pixel sees its checkout."""
    variant = {
        "id": "44000000000000001",
        "price": {"amount": 45.0, "currencyCode": "EUR"},
        "sku": "LAMP-1",
        "title": "Blue",
        "product": {"id": "8000000000000001", "title": "Lamp", "vendor": "Lux", "url": "/products/lamp"},
    }
    address = {"firstName": "Ada", "lastName": "Lovelace", "city": "Berlin", "zip": "10115", "countryCode": "DE"}
    money = {"amount": value, "currencyCode": "EUR"}
    return {
        "attributes": [],
        "token": f"checkout-{number}",
        "order": {"id": str(number), "customer": {"id": "9007199254740993", "isFirstOrder": True}},
        "email": "Ada@Example.com",
        "phone": None,
        "currencyCode": "EUR",
        "totalPrice": money,
        "subtotalPrice": {"amount": 80.0, "currencyCode": "EUR"},
        "totalTax": {"amount": 14.35, "currencyCode": "EUR"},
        "shippingLine": {"price": {"amount": 4.9, "currencyCode": "EUR"}},
        "shippingAddress": {**address, "phone": "+49 151 23456789", "provinceCode": "BE"},
        "billingAddress": None,
        "lineItems": [
            {
                "id": "1",
                "quantity": 2,
                "title": "Lamp",
                "finalLinePrice": {"amount": 80.0, "currencyCode": "EUR"},
                "discountAllocations": [],
                "properties": [],
                "variant": variant,
            }
        ],
        "transactions": [],
    } | fields
