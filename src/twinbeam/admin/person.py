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
from twinbeam.pipeline.identity.order_ids import one_spelling
from twinbeam.pipeline.identity.person import hashed_external_id
from twinbeam.pipeline.identity.phone import Phones

SubjectKind = Literal["email", "phone", "external_id", "order", "visitor"]

_WRONG = {
    "email": "This is not an e-mail address.",
    "phone": "This is not a phone number; write it with its country code, such as +4915112345678.",
    "external_id": "This is no customer number.",
}


class Subject(Struct, frozen=True):
    """A person as somebody names them; an e-mail address, a phone or a customer number may be a SHA-256 already."""

    kind: SubjectKind
    value: str
    shop: str | None = None  #: whose order it is, where a workspace has several shops
    workspace: str = MAIN


def person_of(admin: Admin, subject: Subject) -> Person:
    """
    Return who is meant; raises AdminError for what cannot be looked up.

    Where several shops may give one number to orders of different persons, the shop has to be named.
    """
    workspace = known_workspace(admin, subject.workspace)
    asks_shop = subject.shop is not None or subject.kind == "order"
    shop = shops.known(admin, workspace, subject.shop) if asks_shop else None
    return person(subject.kind, workspace, _looked_up(subject), shops=admin.store.all_shops(workspace), shop=shop)


def _looked_up(subject: Subject) -> str:
    """Return a value as it is looked up: hashed where events have it hashed."""
    if not subject.value.strip():
        raise Invalid("The value is empty; say who is meant.")
    match subject.kind:
        case "order":
            return one_spelling(safe_id(subject.value))
        case "visitor":
            return subject.value
    digest = subject.value.lower() if is_hashed(subject.value) else _digest(subject)
    if digest is None:
        raise Invalid(_WRONG[subject.kind])
    return digest


def _digest(subject: Subject) -> str | None:
    """Return the SHA-256 that events bear of an identifier, or None where it is none."""
    digest: object
    match subject.kind:
        case "email":
            digest = email_digest(subject.value)
        case "phone":
            digest = Phones(None).hashed(subject.value, None, [])
        case _:
            digest = hashed_external_id(subject.value, [])
    return digest if isinstance(digest, str) else None
