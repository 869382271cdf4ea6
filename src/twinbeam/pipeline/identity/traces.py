"""
What lets an event be found again and joined with the other copies of the same visit.

Look-ups lead from an order id, e-mail, phone, customer id or click id to an event; visits lead from a visitor, cart,
checkout or order to the click and browser keys a later copy may borrow. All of them are hashes (core/keys.py).
"""

import ipaddress
from functools import lru_cache
from hashlib import blake2b
from typing import TypedDict

from twinbeam.core import keys
from twinbeam.core.values import Channel, Facts, Item, Origin, Page
from twinbeam.pipeline.identity.body import WireUser
from twinbeam.pipeline.identity.hashing import is_nothing
from twinbeam.pipeline.identity.notices import Told, Trouble

_NO_FACTS = Facts()
#: So coarse that hundreds of IPv4 addresses share a number: it tells crowds apart and names nobody.
_ADDRESS_BYTES = 3
_MARK_BYTES = 8
_SITE_BITS = 64  #: of an IPv6 address; the rest is its holder's to choose


class KnownBy(TypedDict):
    """Which visit an arrival belongs to, and on what evidence: fields of a Signal."""

    visits: list[bytes]
    strong: bool
    claim: bytes
    address: int


def known_by(origin: Origin, item: Item, order_id: str | None, told: Told) -> KnownBy:
    """
    Return which visit an arrival belongs to, and on what evidence.

    A server vouches for its orders, so from there the order is a token of the visit like any other. From a browser
    it is a claim: whoever sees one order id can guess the next.
    """
    tokens = visits(origin.scope, item, told)
    named = order(origin.scope, order_id)
    if origin.channel is Channel.BROWSER:
        return {"visits": tokens, "strong": bool(tokens), "claim": named, "address": address(origin.client_ip)}
    return {"visits": [*tokens, named] if named else tokens, "strong": bool(tokens), "claim": b"", "address": 0}


def lookups(workspace: str, order_id: str | None, person: WireUser) -> list[bytes]:
    """Hash what a person may later ask for; of somebody without identifiers that is the order."""
    found = [keys.lookup("order", workspace, order_id)] if order_id else []
    if person.email:
        _add_lookups(found, "email", workspace, person.email)
    if person.phone:
        _add_lookups(found, "phone", workspace, person.phone)
    if person.external_id:
        _add_lookups(found, "external_id", workspace, person.external_id)
    if person.ttclid:
        found.append(keys.lookup("ttclid", workspace, person.ttclid))
    return found


def _add_lookups(found: list[bytes], kind: str, workspace: str, values: str | list[str]) -> None:
    if isinstance(values, str):
        found.append(keys.lookup(kind, workspace, values))
    else:
        found += [keys.lookup(kind, workspace, value) for value in values]


def visits(scope: str, item: Item, told: Told) -> list[bytes]:
    """
    Hash the tokens of a visit that strangers cannot guess.

    One that says nothing (`undefined`) would join strangers and is left out.
    """
    found: list[bytes] = []
    if item.visitor_id is not None and _says_something(item.visitor_id, "visitor_id", told):
        found.append(keys.visit("visitor", scope, item.visitor_id))
    if item.cart_token is not None and _says_something(item.cart_token, "cart_token", told):
        found.append(keys.visit("cart", scope, item.cart_token))
    if item.checkout_token is not None and _says_something(item.checkout_token, "checkout_token", told):
        found.append(keys.visit("checkout", scope, item.checkout_token))
    if item.order_token is not None and _says_something(item.order_token, "order_token", told):
        found.append(keys.visit("order_token", scope, item.order_token))
    return found


def order(scope: str, order_id: str | None) -> bytes:
    """Hash the order as a visit of its own: a server's word on it joins copies, a browser only claims it."""
    return keys.visit("order", scope, order_id) if order_id else b""


def marks(person: WireUser) -> list[bytes]:
    """Hash what shows that two copies speak of one person (e-mail) or of one device (address with user agent)."""
    emails = [person.email] if isinstance(person.email, str) else person.email or ()
    found = [_mark(email) for email in emails]
    if person.ip and person.user_agent:
        found.append(_mark(f"{person.ip}\0{person.user_agent}"))
    return found


@lru_cache(maxsize=4096)
def address(client_ip: str | None) -> int:
    """Return a number for the network of a client's address (IPv6: its first 64 bits); 0 where it is not known."""
    try:
        ip = ipaddress.ip_address(client_ip or "")
    except ValueError:
        return 0
    network = ip.packed[: _SITE_BITS // 8] if ip.version == 6 else ip.packed
    return int.from_bytes(blake2b(network, digest_size=_ADDRESS_BYTES).digest(), "big") or 1


def _mark(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=_MARK_BYTES).digest()


def _says_something(token: str, field: str, told: Told) -> bool:
    if is_nothing(token):
        told.append((field, Trouble.VALUE_EMPTY))
        return False
    return True


def facts(person: WireUser, page: Page) -> Facts | None:
    """Collect the keys of this visit that a later copy may borrow, or None if there are none."""
    known = Facts(ttclid=person.ttclid, ttp=person.ttp, ip=person.ip, user_agent=person.user_agent, url=page.url)
    return None if known == _NO_FACTS else known
