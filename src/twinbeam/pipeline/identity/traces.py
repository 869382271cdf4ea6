"""
What lets an event be found again and joined with the other copies of the same visit.

Look-ups lead from an order id, e-mail, phone or customer id to an event; visits lead from a visitor, cart, checkout or
order to the click and browser keys a later copy may borrow. All of them are hashes (core/keys.py).
"""

from twinbeam.core import keys
from twinbeam.core.values import Facts, Item, Page
from twinbeam.pipeline.identity.body import Person
from twinbeam.pipeline.identity.hashing import is_nothing
from twinbeam.pipeline.identity.notices import Told, Trouble

_NO_FACTS = Facts()


def lookups(workspace: str, order_id: str | None, person: Person) -> list[bytes]:
    """Hash what a person may later ask for; of somebody without identifiers that is the order."""
    found = [keys.lookup("order", workspace, order_id)] if order_id else []
    if person.email:
        _add_lookups(found, "email", workspace, person.email)
    if person.phone:
        _add_lookups(found, "phone", workspace, person.phone)
    if person.external_id:
        _add_lookups(found, "external_id", workspace, person.external_id)
    return found


def _add_lookups(found: list[bytes], kind: str, workspace: str, values: str | list[str]) -> None:
    if isinstance(values, str):
        found.append(keys.lookup(kind, workspace, values))
    else:
        found += [keys.lookup(kind, workspace, value) for value in values]


def visits(workspace: str, item: Item, order_id: str | None, told: Told) -> list[bytes]:
    """Hash the tokens of the visit; one that says nothing (`undefined`) would join strangers and is left out."""
    found: list[bytes] = []
    if item.visitor_id is not None and _says_something(item.visitor_id, "visitor_id", told):
        found.append(keys.visit("visitor", workspace, item.visitor_id))
    if item.cart_token is not None and _says_something(item.cart_token, "cart_token", told):
        found.append(keys.visit("cart", workspace, item.cart_token))
    if item.checkout_token is not None and _says_something(item.checkout_token, "checkout_token", told):
        found.append(keys.visit("checkout", workspace, item.checkout_token))
    if order_id:
        found.append(keys.visit("order", workspace, order_id))
    return found


def _says_something(token: str, field: str, told: Told) -> bool:
    if is_nothing(token):
        told.append((field, Trouble.VALUE_EMPTY))
        return False
    return True


def facts(person: Person, page: Page) -> Facts | None:
    """Collect the keys of this visit that a later copy may borrow, or None if there are none."""
    known = Facts(ttclid=person.ttclid, ttp=person.ttp, ip=person.ip, user_agent=person.user_agent, url=page.url)
    return None if known == _NO_FACTS else known
