"""
What the shop's server reports to the gateway, and that it gets there: again until it is answered.

A browser may be closed, blocked or offline; the server's word is what makes a paid order count. Orders are reported
beside the visit, so nobody waits for it.
"""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp

from twinbeam.demo.shop_pages.cart import Cart
from twinbeam.demo.shop_pages.catalogue import CURRENCY, euros
from twinbeam.demo.shop_pages.config import ShopConfig
from twinbeam.demo.shop_pages.orders import Customer, Order, Question
from twinbeam.demo.shop_pages.visit import VISITOR_ADDRESS, Visit

Event = dict[str, Any]

_log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_TIMEOUT = aiohttp.ClientTimeout(total=10)


def order_token(secret: str, order_id: str) -> str:
    """Return the name of an order that nobody can guess; page and server send the same."""
    return hmac.new(secret.encode(), order_id.encode(), hashlib.sha256).hexdigest()


def purchase_id(token: str) -> str:
    """Return the event id that the gateway derives from an order token (docs/reference/identifiers.md, the recipe)."""
    return "token-" + hashlib.sha256(f"token\nPurchase\n{token}".encode()).hexdigest()[:32]


def properties_of(cart: Cart) -> Event:
    """Return what is bought; page and server say the same."""
    return {
        "value": euros(cart.cents),
        "currency": CURRENCY,
        "content_type": "product",
        "contents": [
            {
                "content_id": line.product.id,
                "content_name": line.product.name,
                "price": euros(line.product.cents),
                "quantity": line.quantity,
            }
            for line in cart.lines
        ],
    }


def purchase_of(order: Order) -> Event:
    """Return the event of a paid order."""
    return {
        "event": "Purchase",
        "event_time": order.placed_s,
        "order_id": order.id,
        "order_token": order.token,
        "properties": properties_of(order.cart),
        **_about(order.customer, order.visit),
    }


def lead_of(question: Question) -> Event:
    """Return the event of a question; the page fires the same under the same id."""
    return {
        "event": "Lead",
        "event_time": question.asked_s,
        "event_id": question.id,
        **_about(question.customer, question.visit),
    }


def _about(customer: Customer, visit: Visit) -> Event:
    """Return who it was and in which visit; an empty field says nothing and is left out."""
    first, _, last = customer.name.rpartition(" ")
    user = {
        "email": customer.email,
        "phone": customer.phone,
        "first_name": first or last,
        "last_name": last if first else "",
        "country": "DE",
        "ip": VISITOR_ADDRESS,
        "user_agent": visit.user_agent,
        "ttclid": visit.ttclid,
        "ttp": visit.ttp,
    }
    about = {"visitor_id": visit.visitor_id, "consent_receipt": visit.consent_receipt}
    page = {"page": {"url": visit.page_url}} if visit.page_url else {}
    return {"user": _filled(user), **_filled(about), **page}


def _filled(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


class Reporter:
    """Posts events, and remembers which of them the gateway has."""

    def __init__(self, config: ShopConfig, session: aiohttp.ClientSession) -> None:
        self._url = f"{config.intake}/v1/events"
        self._headers = {"Authorization": f"Bearer {config.server_key}"}
        self._session = session
        self._running: set[asyncio.Task[None]] = set()

    def report(self, event: Event) -> None:
        """Begin to report an event."""
        task = asyncio.create_task(self._until_taken(event))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _until_taken(self, event: Event) -> None:
        wait_seconds = _FIRST_WAIT_SECONDS
        while not self._session.closed and not await self._is_answered(event):
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)

    async def _is_answered(self, event: Event) -> bool:
        """Post once; False where trying again may help. The same order is the same purchase, however often it comes."""
        try:
            async with self._session.post(
                self._url, json={"events": [event]}, headers=self._headers, timeout=_TIMEOUT
            ) as answer:
                if answer.status >= 500 or answer.status == 429:
                    return False
                if answer.status != 202:
                    _log.warning("The gateway refuses a %s: %d", event["event"], answer.status)
                return True
        except (aiohttp.ClientError, TimeoutError):
            return False
