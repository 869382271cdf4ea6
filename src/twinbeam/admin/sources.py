"""Sources that sign what they send: made with a secret, changed over to another one, removed."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from html import unescape

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin import shops
from twinbeam.admin.audit import changing
from twinbeam.admin.audit_diff import as_text
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.admin.pixels import known as known_pixel
from twinbeam.admin.rules import changed
from twinbeam.admin.workspaces import NAME
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.rules import DEFAULT_SOURCE, MAIN, Route, SourceRules
from twinbeam.core.story import SourceRow
from twinbeam.pipeline.accept.directory import WEBHOOK

PREFIX = "whsec_"  #: as the specification of Standard Webhooks writes secrets
LEAST_BYTES, MOST_BYTES = 24, 64  #: of a secret, by that specification
LEAST_CHARS, MOST_CHARS = 8, 256  #: of a secret that is a text
_DRAWN_BYTES = 32
WOOCOMMERCE = "woocommerce"
DIALECTS = (WEBHOOK, "shopify", WOOCOMMERCE, "stripe")
"""What a source may speak."""
_SHOWN_AT = {
    "shopify": "Shopify signs with the client secret of the app, or with the key below the list of webhooks.",
    WOOCOMMERCE: "WooCommerce signs with the secret that stands in the webhook's form.",
    "stripe": "Stripe signs with the signing secret of the endpoint, which begins with whsec_.",
}
_SECRET_RULE = f"A secret is {PREFIX} and {LEAST_BYTES} to {MOST_BYTES} bytes in base64, as its sender shows it."


class NewSource(Struct, frozen=True):
    """A source as somebody wants it."""

    name: str  #: which no other source has, in any workspace: it stands in the address
    routes: tuple[Route, ...]  #: where its events go
    shop: str | None = None  #: of several the one whose ids its events bear
    workspace: str = MAIN
    secret: str | None = None  #: where its sender has drawn one
    dialect: str = WEBHOOK  #: one of DIALECTS
    rules: Mapping[str, str] = {}  #: by their names, as they are written


def to_pixels(codes: Iterable[str]) -> tuple[Route, ...]:
    """Return routes that lead everything to some pixels."""
    return tuple(Route(code) for code in codes)


def create(admin: Admin, wanted: NewSource) -> str:
    """Make a source and return its secret, which is kept sealed: the given one, or a new one. Raises AdminError."""
    name, workspace = wanted.name, wanted.workspace
    if not NAME.fullmatch(name):
        raise Invalid(f"{name} is no name for a source: use small letters, digits, '-' and '_', such as till.")
    if not wanted.routes:
        raise Invalid("A source needs a pixel: add --pixel CODE (twinbeam pixels list shows the codes).")
    if wanted.dialect not in DIALECTS:
        raise Invalid(f"{wanted.dialect} is no kind of source; the kinds are {', '.join(DIALECTS)}.")
    secret = _secret_bytes(wanted.secret, wanted.dialect)
    rules = changed(DEFAULT_SOURCE, wanted.rules)
    with changing(admin) as audit:
        known_workspace(admin, workspace)
        for route in wanted.routes:
            known_pixel(admin, workspace, route.pixel)
        shop = shops.known(admin, workspace, wanted.shop)
        if any(row.name == name for row in admin.store.signed_sources()):
            raise Conflict(f"There is a source {name} already; choose another name.")
        row = SourceRow(name, workspace, shop, list(wanted.routes), (), audit.at_ms, None, wanted.dialect, rules)
        admin.store.add_source(row, secret)
        told = f"{workspace}{f' of shop {shop}' if shop else ''}"
        kind = "" if wanted.dialect == WEBHOOK else f" ({wanted.dialect})"
        audit.tell(f"source {name}", "", f"made for {told}{kind}: {as_text(row.routes)}")
    return _written(secret, wanted.dialect)


def set_rules(admin: Admin, name: str, assignments: Mapping[str, str]) -> SourceRules:
    """Decide about the orders of a source, and return all of its rules. Raises AdminError."""
    with changing(admin) as audit:
        row = _known(admin, name)
        if row.dialect == WEBHOOK:
            raise Invalid(f"Source {name} sends events, which its rules say nothing of; they are for shop systems.")
        rules = changed(row.rules, assignments)
        admin.store.save_source_rules(name, row.dialect, rules)
        audit.tell_rules(f"source {name}", row.rules, rules)
    return rules


def listed(admin: Admin, workspace: str) -> list[SourceRow]:
    """Return the sources of a workspace, by their names; raises NotFound."""
    known_workspace(admin, workspace)
    return [row for row in admin.store.signed_sources() if row.workspace == workspace]


def rotate(admin: Admin, name: str, secret: str | None = None) -> str:
    """Let another secret count beside the present one and return it: the given or a new one. Raises AdminError."""
    with changing(admin) as audit:
        known = _known(admin, name)
        raw = _secret_bytes(secret, known.dialect)
        if known.secrets[1:]:
            raise Conflict(
                f"Source {name} has two secrets already; end the older one first: twinbeam sources retire {name}"
            )
        admin.store.rotate_source(name, raw, now_ms=audit.at_ms)
        audit.tell(f"source {name}", "one secret", "a new secret beside it")
    return _written(raw, known.dialect)


def map_orders(admin: Admin, name: str, mapping: Mapping[str, str]) -> None:
    """Read the orders of a webhook source by a mapping from now on; an empty one lets it send events again."""
    with changing(admin) as audit:
        row = _known(admin, name)
        if row.dialect != WEBHOOK:
            raise Invalid(f"Source {name} is of {row.dialect}, whose orders are understood; mappings are for webhooks.")
        admin.store.save_source_rules(name, row.dialect, replace(row.rules, mapping=dict(mapping)))
        before, after = (f"{len(it)} fields" if it else "events" for it in (row.rules.mapping, mapping))
        audit.tell(f"source {name} mapping", before, after)


def dialect_of(admin: Admin, name: str) -> str:
    """Return what a source speaks; raises NotFound."""
    return _known(admin, name).dialect


def retire(admin: Admin, name: str) -> None:
    """Let the newest secret alone count; raises AdminError."""
    with changing(admin) as audit:
        if not _known(admin, name).secrets[1:]:
            raise Conflict(f"Source {name} has one secret only; make another first: twinbeam sources rotate {name}")
        admin.store.retire_secret(name)
        audit.tell(f"source {name}", "two secrets", "the older one ended")


def remove(admin: Admin, name: str) -> None:
    """Take a source away: what it signs is refused from then on; raises NotFound."""
    with changing(admin) as audit:
        _known(admin, name)
        admin.store.remove_source(name)
        audit.tell(f"source {name}", "valid", "removed")


def _known(admin: Admin, name: str) -> SourceRow:
    found = {row.name: row for row in admin.store.signed_sources()}.get(name)
    if found is None:
        raise NotFound(f"There is no source {name}; see: twinbeam sources list")
    return found


def _secret_bytes(written: str | None, dialect: str) -> bytes:
    """Read a secret as people write it, or draw one; raises Invalid, which does not quote it."""
    if dialect != WEBHOOK:
        return _plain_bytes(written, dialect)
    if written is None:
        return secrets.token_bytes(_DRAWN_BYTES)
    encoded = written.strip().removeprefix(PREFIX).rstrip("=")
    try:
        raw = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        raise Invalid(_SECRET_RULE) from None
    if not LEAST_BYTES <= len(raw) <= MOST_BYTES:
        raise Invalid(_SECRET_RULE)
    return raw


def _plain_bytes(written: str | None, dialect: str) -> bytes:
    """Read a secret that signs as the text it is; only WooCommerce takes one that is drawn here."""
    if written is None:
        if dialect != WOOCOMMERCE:
            raise Invalid(f"{_SHOWN_AT[dialect]} Hand it in: --secret-stdin < secret.txt")
        return secrets.token_urlsafe(_DRAWN_BYTES).encode()
    text = written.strip()
    if dialect == WOOCOMMERCE:
        text = unescape(text)  # it signs with what was typed, and shows it with its signs encoded
    if not LEAST_CHARS <= len(text.encode()) <= MOST_CHARS:
        raise Invalid(f"A secret has {LEAST_CHARS} to {MOST_CHARS} characters. {_SHOWN_AT[dialect]}")
    return text.encode()


def _written(raw: bytes, dialect: str) -> str:
    return PREFIX + b64encode(raw).decode() if dialect == WEBHOOK else raw.decode()
