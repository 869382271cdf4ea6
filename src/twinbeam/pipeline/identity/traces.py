"""
What lets an event be found again and joined with the other copies of the same visit.

Look-ups lead from an order id, e-mail, phone or click id to an event; visits lead from a visitor, cart, checkout or
order to the click and browser keys a later copy may borrow. All of them are hashes (core/keys.py).
"""

from twinbeam.core import keys
from twinbeam.core.values import Facts, Item, Page
from twinbeam.pipeline.identity.body import Person
from twinbeam.pipeline.identity.hashing import Several, is_nothing
from twinbeam.pipeline.identity.notices import Told, Trouble

_NO_FACTS = Facts()


def lookups(workspace: str, order_id: str | None, person: Person) -> list[bytes]:
    """Hash what a person may later ask for; of somebody without identifiers that is the order."""
    found = [keys.lookup("order", workspace, order_id)] if order_id else []
    found += _lookups("email", workspace, person.email)
    found += _lookups("phone", workspace, person.phone)
    if person.ttclid:
        found.append(keys.lookup("ttclid", workspace, person.ttclid))
    return found


def _lookups(kind: str, workspace: str, values: Several) -> list[bytes]:
    if isinstance(values, str):
        return [keys.lookup(kind, workspace, values)]
    return [keys.lookup(kind, workspace, value) for value in values] if values else []


def visits(workspace: str, item: Item, order_id: str | None, told: Told) -> list[bytes]:
    """Hash the tokens of the visit; one that says nothing (`undefined`) would join strangers and is left out."""
    found = []
    tokens = (
        ("visitor", "visitor_id", item.visitor_id),
        ("cart", "cart_token", item.cart_token),
        ("checkout", "checkout_token", item.checkout_token),
    )
    for kind, field, token in tokens:
        if token is None:
            continue
        if is_nothing(token):
            told.append((field, Trouble.VALUE_EMPTY))
        else:
            found.append(keys.visit(kind, workspace, token))
    return [*found, keys.visit("order", workspace, order_id)] if order_id else found


def facts(person: Person, page: Page) -> Facts | None:
    """Collect the keys of this visit that a later copy may borrow, or None if there are none."""
    known = Facts(ttclid=person.ttclid, ttp=person.ttp, ip=person.ip, user_agent=person.user_agent, url=page.url)
    return None if known == _NO_FACTS else known
