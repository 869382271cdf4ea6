"""A signing source of each shop system, and what its system signs with."""

from base64 import b64encode

from builders import NOW_S, PIXEL, WORKSPACE
from shop_systems import SECRETS, shopify_headers, stripe_headers, woo_headers
from twinbeam.app.signing import signed_dialects
from twinbeam.core.rules import DEFAULT_SOURCE, Route
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.signing import seal_secret
from twinbeam.pipeline.accept.directory import SignedSource

RING = KeyRing([("k", b"k" * 32)])
DIALECTS = signed_dialects(RING)
OLD = "the secret before it"


def sealed(source, secret):
    return b64encode(seal_secret(RING, source, secret.encode())).decode()


def a_source(system, *secrets, rules=DEFAULT_SOURCE):
    kept = tuple(sealed("lamps", secret) for secret in secrets or (SECRETS[system], OLD))
    return SignedSource("lamps", WORKSPACE, kept, (Route(PIXEL),), "", system, rules)


def headers_of(system, body, secret=None, topic=None):
    secret = secret or SECRETS[system]
    match system:
        case "shopify":
            return shopify_headers(body, topic or "orders/updated", secret)
        case "woocommerce":
            return woo_headers(body, topic or "order.updated", secret)
        case _:
            return stripe_headers(body, NOW_S, secret)
