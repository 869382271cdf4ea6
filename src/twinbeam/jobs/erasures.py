"""Wishes to be erased, carried out before anything is sent; later ones are housekeeping's."""

import asyncio
from typing import Protocol

from twinbeam.core.clock import Clock
from twinbeam.core.erasure import Receipt
from twinbeam.jobs.contract import OnStore


class Eraser(Protocol):
    """The part of a store that carries wishes out."""

    def erasures(self) -> set[str]:
        """Name all wishes that are known."""
        ...

    def erasure(self, id_: str) -> Receipt | None:
        """Return the receipt of a wish, or None while it is not carried out."""
        ...

    def tidy(self, now_ms: int) -> bool:
        """Do a little, wishes first; tells whether there is more to do now."""
        ...


async def carry_out(store: Eraser, clock: Clock, on_store: OnStore, stop: asyncio.Event) -> None:
    """Carry out, a little at a time, every wish before which everything is recorded; raises StorageError."""
    waiting = await on_store(store.erasures)
    while not stop.is_set() and (waiting := await on_store(_not_done, store, waiting)):
        if not await on_store(store.tidy, clock.now_ms()):
            return  # what waits now waits for a journal


def _not_done(store: Eraser, wishes: set[str]) -> set[str]:
    return {id_ for id_ in wishes if store.erasure(id_) is None}
