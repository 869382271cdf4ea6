"""Keys of tags, servers and readers: made, listed, revoked. Of a key's text only a hash is kept."""

import re
import secrets

from msgspec import Struct

from twinbeam.admin import shops
from twinbeam.admin.audit import changing
from twinbeam.admin.audit_diff import as_text
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.admin.free_text import check_line
from twinbeam.admin.pixels import known as known_pixel
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.admin.workspaces import meant_for
from twinbeam.core.rules import MAIN, Route
from twinbeam.core.story import KeyRow
from twinbeam.core.values import KeyKind
from twinbeam.pipeline.accept.directory import fingerprint, mint

_ID = re.compile(r"[0-9a-f]{8}")
_ID_BYTES = 4


class NewKey(Struct, frozen=True):
    """A key as somebody wants it."""

    kind: KeyKind
    source: str  #: who will use it; shown with each event
    routes: tuple[Route, ...] = ()  #: where its events go; a key that sends no events needs none
    shop: str | None = None  #: of several the one it writes for; never of a key that reads, which tells of all
    workspace: str = MAIN


class CreatedKey(Struct, frozen=True):
    """A new key, and its text, which nobody can give again."""

    text: str
    row: KeyRow


def create(admin: Admin, wanted: NewKey) -> CreatedKey:
    """Make a key; raises AdminError."""
    kind, workspace = wanted.kind, wanted.workspace
    if kind.writes and not wanted.routes:
        codes = f"twinbeam pixels list{meant_for(workspace)}"
        raise Invalid(f"A {kind} key needs a pixel: add --pixel CODE ({codes} shows the codes).")
    check_line("source", wanted.source)
    text = mint(kind)
    with changing(admin) as audit:
        known_workspace(admin, workspace)
        for route in wanted.routes:
            known_pixel(admin, workspace, route.pixel)
        row = KeyRow(
            id=secrets.token_hex(_ID_BYTES),
            hash=fingerprint(text),
            kind=kind.value,
            workspace=workspace,
            source=wanted.source,
            routes=list(wanted.routes),
            created_ms=audit.at_ms,
            revoked_ms=None,
            shop=_shop_of(admin, wanted),
        )
        admin.store.add_key(row)
        audit.tell(f"key {row.id}", "", _told(row))
    return CreatedKey(text, row)


def create_for(admin: Admin, place: tuple[str, str], kind: KeyKind, shop: str | None = None) -> CreatedKey:
    """Make a key that takes everything to one pixel, under the usual name of its kind; raises AdminError."""
    workspace, code = place
    source = "tag" if kind is KeyKind.BROWSER else "shop"
    return create(admin, NewKey(kind, source, (Route(code),), shop, workspace))


def listed(admin: Admin, workspace: str) -> list[KeyRow]:
    """Return the keys of a workspace, revoked ones too; raises NotFound."""
    known_workspace(admin, workspace)
    return [row for row in admin.store.access_keys() if row.workspace == workspace]


def revoke(admin: Admin, workspace: str, said: str) -> str:
    """Make a key invalid, by its id or by its whole text; returns its id. Raises NotFound."""
    with changing(admin) as audit:
        rows = listed(admin, workspace)
        key_id = _meant(said, rows)
        if key_id is None or key_id not in [row.id for row in rows if row.revoked_ms is None]:
            which = f"There is no valid key {key_id}" if key_id else "This is no key of this workspace"
            raise NotFound(f"{which}; see: twinbeam keys list{meant_for(workspace)}")
        admin.store.revoke_key(key_id, audit.at_ms)
        audit.tell(f"key {key_id}", "valid", "revoked")
    return key_id


def _shop_of(admin: Admin, wanted: NewKey) -> str:
    """Return the shop a write key belongs to; whoever reads sees all of them."""
    if wanted.kind.writes:
        return shops.known(admin, wanted.workspace, wanted.shop)
    if wanted.shop is not None:
        raise Invalid(f"A key to {wanted.kind} tells of every shop of its workspace; leave --shop out.")
    return ""


def _told(row: KeyRow) -> str:
    shop = f" of shop {row.shop}" if row.shop else ""
    return f"{row.kind} for {row.source}{shop}: {as_text(row.routes)}"


def _meant(said: str, rows: list[KeyRow]) -> str | None:
    """Return the id that is meant: a text that may be a key's is only compared, and never told again."""
    known = {row.hash: row.id for row in rows}.get(fingerprint(said))
    return known or (said if _ID.fullmatch(said) else None)
