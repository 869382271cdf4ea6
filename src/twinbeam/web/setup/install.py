"""What to put where, for each kind of shop: the lines to copy, in the order in which they are used. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args
from urllib.parse import quote

from msgspec import Struct

from twinbeam.admin.snippet import KEY_PLACE, SnippetOptions

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


def parts_of(
    path: InstallPath, snippet: Sequence[str], intake: str, wanted: SnippetOptions, place: str = ""
) -> list[Part]:
    """
    Return what to do on a path.

    `intake` takes events, the snippet was made for what is `wanted`, `place` is the pixel's workspace and code.
    """
    codes = {
        "head": "\n".join(snippet),
        "fields": _FIELDS,
        "report": _report(intake),
        "pixel": f'const GATEWAY = "{intake}";\nconst KEY = "{wanted.key or KEY_PLACE}";',
        "plugin": f"{wanted.path}\n{wanted.key or KEY_PLACE}\n{wanted.pixel}",
    }
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
        ("Customer events, Add custom pixel: paste install/shopify/pixel.js, with these as its first lines.", "pixel"),
        ("Choose the permission Not required: the pixel hears Shopify's consent banner itself. Save and connect.", ""),
        (_WEBHOOKS.format("Shopify"), "source"),
    ),
    "woocommerce": (
        (
            "Copy install/wordpress/twinbeam into wp-content/plugins. Enter these three under Settings, Twinbeam.",
            "plugin",
        ),
        (_WEBHOOKS.format("WooCommerce"), "source"),
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
