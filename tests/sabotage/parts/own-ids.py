"""The webhooks of shop systems name their events by ids of their own, so that both sides count them."""

from msgspec import structs

from twinbeam.sources import shop_systems


def events_of(told, facts, true=shop_systems.events_of):
    nameless = {"order_id": None, "order_token": None, "checkout_token": None}
    return [structs.replace(it, event_id=f"own-{it.order_id}", **nameless) for it in true(told, facts)]


shop_systems.events_of = events_of
