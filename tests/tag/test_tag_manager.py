"""The code of Tag Manager's web template on real pages, with a stand-in for the container that runs it."""

import json
import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.journey, pytest.mark.tag("pages")]

TEMPLATE = (Path(__file__).resolve().parents[2] / "install" / "gtm" / "web" / "template.tpl").read_text()
CODE = re.search(r"___SANDBOXED_JS_FOR_WEB_TEMPLATE___\n(.*?)\n___WEB_PERMISSIONS___", TEMPLATE, re.DOTALL)[1]

#: The APIs as Google describes them, on the page's own window; consent is kept as Tag Manager keeps it.
CONTAINER = """
var google_tag_data = {ics: {entries: {}}};
var container = {storage: {}, listeners: {}, layer: {}, outcomes: []};
container.at = (path) => path.split(".").reduce((value, name) => (value == null ? value : value[name]), window);
container.granted = (type) => {
  const entry = google_tag_data.ics.entries[type] || {};
  return entry.update !== undefined ? entry.update : entry.default !== false;
};
container.set = (kind, words) => {
  for (const [type, granted] of Object.entries(words)) {
    const before = container.granted(type);
    (google_tag_data.ics.entries[type] ||= {})[kind] = granted;
    if (container.granted(type) !== before) (container.listeners[type] || []).forEach((hear) => hear(type, granted));
  }
};
container.apis = {
  addConsentListener: (type, listener) => (container.listeners[type] ||= []).push(listener),
  callInWindow: (path, ...args) => {
    const names = path.split(".");
    const owner = container.at(names.slice(0, -1).join("."));
    return owner[names.at(-1)](...args);
  },
  copyFromDataLayer: (key) => container.layer[key],
  copyFromWindow: (key) => container.at(key),
  encodeUriComponent: encodeURIComponent,
  getType: (value) => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value),
  injectScript: (url, onSuccess, onFailure) => {
    const element = Object.assign(document.createElement("script"), {src: url, async: true, onload: onSuccess, onerror: onFailure});
    document.head.append(element);
  },
  isConsentGranted: (type) => container.granted(type),
  logToConsole: () => {},
  makeNumber: Number,
  makeString: String,
  Math,
  templateStorage: {
    getItem: (key) => container.storage[key],
    setItem: (key, value) => { container.storage[key] = value; },
  },
};
container.tag = (data) => new Promise((resolve) => {
  const end = (how) => () => { container.outcomes.push(how); resolve(how); };
  container.code({gtmOnSuccess: end("success"), gtmOnFailure: end("failure"), ...data}, (name) => container.apis[name]);
});
container.fire = (event, more, data) => {
  Object.assign(container.layer, {event}, more);
  return container.tag({does: "event", event: "inherit", ...data});
};
function banner(yes) {
  container.set("update", {ad_storage: yes, ad_user_data: yes, ad_personalization: yes});
}
"""
DENIED = 'container.set("default", {ad_storage: false, ad_user_data: false, ad_personalization: false});'
ORDER = "{ecommerce: {transaction_id: '1001', value: 20, currency: 'EUR', items: [{item_id: 'hat', price: 20, quantity: 1}]}}"


def head(corner, after, *, mode="drop-in", default=DENIED):
    """Give a head without our snippet: the container loads the tag, and TikTok's base code once that is there."""
    start = {
        "does": "start",
        "hears": True,
        "loads": True,
        "mode": mode,
        "law": "opt_in",
        "key": corner.keys["browser"],
    }
    base = re.sub(r"</?script[^>]*>", "", corner.base()) if mode == "drop-in" else ""
    return f"""<script>{CONTAINER}
        container.code = function (data, require) {{{CODE}}};
        {default}
        container.tag({{...{json.dumps(start)}, address: location.origin + "/t.js"}}).then(() => {{ {base} }});
        {after}
    </script>"""


def test_what_the_container_reports_before_the_tag_has_come_arrives_once_it_is_allowed(corner):
    corner.page(
        "/thanks",
        head=head(
            corner, f"container.fire('purchase', {ORDER}); container.fire('sign_up', {{}}, {{eventId: 'gtm-1'}});"
        ),
    )
    page = corner.visit("/thanks")
    page.wait_for_function("!!(twinbeam.call && ttq.load)")
    corner.expect()
    assert corner.early == []
    assert corner.early_native == []
    corner.answer(page, yes=True)
    corner.order("1001")
    counted = corner.expect(("Purchase", "both"), ("CompleteRegistration", "both"))
    assert {event["event"]: event["event_id"] for event in counted} == {
        "Purchase": "1001",
        "CompleteRegistration": "gtm-1",
    }


def test_a_refusal_that_only_the_container_knows_stops_both_copies(corner):
    corner.page("/hat", head=head(corner, "container.fire('view_item', {});"))
    page = corner.visit("/hat")
    page.wait_for_function("!!(twinbeam.call && ttq.load)")
    corner.answer(page, yes=False)
    page.evaluate("container.fire('add_to_cart', {})")
    page.wait_for_timeout(300)
    corner.expect()
    assert corner.early == []
    assert corner.early_native == []


def test_a_container_in_which_nobody_sets_consent_permits_nothing(corner):
    corner.page("/hat", head=head(corner, "container.fire('view_item', {});", default=""))
    page = corner.visit("/hat")
    page.wait_for_function("!!(twinbeam.call && ttq.load)")
    page.wait_for_timeout(300)
    corner.expect()
    assert corner.early == []
    assert corner.early_native == []


def test_without_tiktoks_script_the_container_reports_to_the_gateway_alone(corner):
    corner.page("/hat", head=head(corner, "container.fire('add_to_cart', {});", mode="gateway"))
    page = corner.visit("/hat")
    page.wait_for_function("!!twinbeam.call")
    corner.answer(page, yes=True)
    corner.expect(("AddToCart", "server"))
