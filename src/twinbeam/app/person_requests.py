"""Erasures that shop systems pass on, carried out by the writer as far as nobody has to decide anything."""

from twinbeam.admin import requests
from twinbeam.admin.contract import Actor, Admin
from twinbeam.app.erasures import WriterErasures
from twinbeam.core.clock import Clock
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.settings import Settings

_ACTOR = Actor("twinbeam")


def carry_out_requests(settings: Settings, ring: KeyRing, store: SqliteStore, clock: Clock) -> None:
    """Ask for the erasures that follow, and note the requests that are done."""
    admin, around = Admin(store, _ACTOR, clock), WriterErasures(settings, ring, store)
    for row in store.person_requests.all_of_them():
        if row.kind == requests.BY_ITSELF and row.done_ms is None:
            requests.erase(admin, row.id, around)
