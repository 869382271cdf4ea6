"""Who is meant: a person, by one thing that they go by, as it is looked up."""

from typing import Literal

from msgspec import Struct

from twinbeam.admin import shops
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.erasure import Person, person
from twinbeam.core.rules import MAIN
from twinbeam.pipeline.identity.email import email_digest
from twinbeam.pipeline.identity.event_ids import safe_id
from twinbeam.pipeline.identity.hashing import is_hashed
from twinbeam.pipeline.identity.person import hashed_external_id
from twinbeam.pipeline.identity.phone import Phones

Kind = Literal["email", "phone", "external_id", "order", "visitor"]

_WRONG = {
    "email": "This is not an e-mail address.",
    "phone": "This is not a phone number; write it with its country code, such as +4915112345678.",
    "external_id": "This is no customer number.",
}


class Named(Struct, frozen=True):
    """A person as somebody names them; an e-mail address, a phone or a customer number may be a SHA-256 already."""

    kind: Kind
    value: str
    shop: str | None = None  #: whose order it is, where a workspace has several shops
    workspace: str = MAIN


def person_of(admin: Admin, named: Named) -> Person:
    """
    Say who is meant; raises AdminError for what cannot be looked up.

    Where several shops may give one number to orders of different persons, the shop has to be named.
    """
    workspace = known_workspace(admin, named.workspace)
    named_shop = named.shop is not None or named.kind == "order"
    shop = shops.known(admin, workspace, named.shop) if named_shop else None
    return person(named.kind, workspace, _looked_up(named), shops=admin.store.all_shops(workspace), shop=shop)


def _looked_up(named: Named) -> str:
    """Return a value as it is looked up: hashed where events have it hashed."""
    match named.kind:
        case "order":
            return safe_id(named.value)
        case "visitor":
            return named.value
    digest = named.value.lower() if is_hashed(named.value) else _digest(named)
    if digest is None:
        raise Invalid(_WRONG[named.kind])
    return digest


def _digest(named: Named) -> str | None:
    """Return the SHA-256 that events bear of an identifier, or None where it is none."""
    digest: object
    match named.kind:
        case "email":
            digest = email_digest(named.value)
        case "phone":
            digest = Phones(None).hashed(named.value, None, [])
        case _:
            digest = hashed_external_id(named.value, [])
    return digest if isinstance(digest, str) else None
