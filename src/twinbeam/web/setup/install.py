"""What to put where, for each kind of shop: the lines to copy, in the order in which they are used. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args
from urllib.parse import quote

from msgspec import Struct

InstallPath = Literal["plain", "gtm", "shopify", "woocommerce", "server"]
PATHS: Mapping[InstallPath, str] = {
    "plain": "Plain page",
    "gtm": "Google Tag Manager",
    "shopify": "Shopify",
    "woocommerce": "WooCommerce",
    "server": "Server only",
}


class Part(Struct, frozen=True):
    """One thing to do, with what is copied."""

    what: str
    code: str = ""
    link: str = ""  #: to where it is done here


def chosen_path(asked: str) -> InstallPath:
    """Return the path of an address line; what is none is a plain page."""
    return next((path for path in get_args(InstallPath) if path == asked), "plain")


def parts_of(path: InstallPath, snippet: Sequence[str], intake: str, place: str = "") -> list[Part]:
    """Return what to do on a path; `intake` takes events, `place` is the pixel's workspace and code."""
    codes = {"head": "\n".join(snippet), "fields": _FIELDS, "report": _report(intake), "php": _php(intake), "": ""}
    make = f"/sources?kind={_KINDS.get(path, 'webhook')}&pixel={quote(place, safe='')}#new"
    return [Part(what, codes.get(code, ""), make if code == "source" else "") for what, code in _PARTS[path]]


_REPORT = "Report each paid order from your server, with its own key and with what the hidden fields said."

_WEBHOOKS = "Let {} report its orders by its own signed webhooks: a source tells what to paste where."

#: What a path's shop system is as a source.
_KINDS: Mapping[InstallPath, str] = {"shopify": "shopify", "woocommerce": "woocommerce"}

#: What to do on each path, and what of the lines to copy stands below it.
_PARTS: Mapping[InstallPath, Sequence[tuple[str, str]]] = {
    "plain": (
        ("Put this into the head of every page, above TikTok's base code and all that calls it.", "head"),
        ("Put these hidden fields into the form that orders, and keep what they say with the order.", "fields"),
        (_REPORT, "report"),
    ),
    "gtm": (
        ("Put this into the head of every page, above Tag Manager's own lines and above the banner's.", "head"),
        ("In the web container: Templates, New, Import. The file is install/gtm/web/template.tpl.", ""),
        ("With a server container, import install/gtm/server/template.tpl and the event id's template as well.", ""),
        (_REPORT, "report"),
    ),
    "shopify": (
        ("Online Store, Themes, Edit code, theme.liquid: put this right behind <head>.", "head"),
        ("The tag hears Shopify's consent banner. Give ttq.track the order's id on the thank-you page.", ""),
        (_WEBHOOKS.format("Shopify"), "source"),
        ("Or let your app, or the service that handles orders, report each paid order.", "report"),
    ),
    "woocommerce": (
        ("Put this into the header of the theme, above all other scripts.", "head"),
        (_WEBHOOKS.format("WooCommerce"), "source"),
        ("Or put this into functions.php of a child theme, and the server key into wp-config.php.", "php"),
    ),
    "server": (
        ("No page is changed. Report each event from your server.", "report"),
        (_WEBHOOKS.format("a shop system, a payment service"), "source"),
    ),
}

_FIELDS = """<input type="hidden" name="twinbeam_visitor_id">
<input type="hidden" name="twinbeam_consent_receipt">
<input type="hidden" name="twinbeam_ttclid">
<input type="hidden" name="twinbeam_ttp">
<input type="hidden" name="twinbeam_page_url">"""


def _report(intake: str) -> str:
    return f"""curl {intake}/v1/events -H "Authorization: Bearer $SERVER_KEY" -d '{{"events": [{{
  "event": "Purchase", "event_time": '$(date +%s)', "order_id": "1001",
  "visitor_id": "'$VISITOR_ID'", "consent_receipt": "'$CONSENT_RECEIPT'",
  "user": {{"email": "ada@example.com", "country": "DE"}},
  "properties": {{"value": 89.90, "currency": "EUR"}}}}]}}'"""


def _php(intake: str) -> str:
    return f"""add_action('woocommerce_after_order_notes', function () {{
    foreach (['visitor_id', 'consent_receipt'] as $field) {{
        echo '<input type="hidden" name="twinbeam_' . $field . '">';
    }}
}});
add_action('woocommerce_checkout_create_order', function ($order) {{
    foreach (['visitor_id', 'consent_receipt'] as $field) {{
        $order->update_meta_data("twinbeam_$field", sanitize_text_field($_POST["twinbeam_$field"] ?? ''));
    }}
}});
add_action('woocommerce_payment_complete', function ($id) {{
    $order = wc_get_order($id);
    wp_remote_post('{intake}/v1/events', [
        'headers' => ['Authorization' => 'Bearer ' . TWINBEAM_SERVER_KEY],
        'body' => wp_json_encode(['events' => [[
            'event' => 'Purchase', 'event_time' => time(), 'order_id' => (string) $id,
            'visitor_id' => $order->get_meta('twinbeam_visitor_id'),
            'consent_receipt' => $order->get_meta('twinbeam_consent_receipt'),
            'user' => ['email' => $order->get_billing_email(), 'country' => $order->get_billing_country()],
            'properties' => ['value' => (float) $order->get_total(), 'currency' => $order->get_currency()],
        ]]]),
    ]);
}});"""
