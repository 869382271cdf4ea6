"""What an erasure needs on this machine: a running gateway carries it out, or this process does."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twinbeam.admin.contract import Admin
from twinbeam.app.erasures import log_path, positions, remember
from twinbeam.core.erasure import Erasure, Receipt
from twinbeam.core.errors import StorageBusy
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.limits import Ages
from twinbeam.settings import Settings

_LOOK_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalErasures:
    """See admin.contract.Erasures for the promises; `alone` is called before this process works on the store itself."""

    settings: Settings
    ring: KeyRing
    admin: Admin
    wait_seconds: float
    alone: Callable[[], None]

    def positions(self) -> Mapping[str, int]:
        """Return how far each journal is written."""
        return positions(self.settings.journal_folder, self.ring)

    def remember(self, request: Erasure) -> None:
        """Write a request down beside the key ring."""
        remember(log_path(self.settings), self.ring, request)

    def carried_out(self, request_id: str) -> Receipt | None:
        """Have a request carried out by whoever can, and return its receipt; None when that takes too long."""
        if self._without_gateway(request_id):
            return self.admin.store.erasure(request_id)
        ends = time.monotonic() + self.wait_seconds
        while (receipt := self.admin.store.erasure(request_id)) is None and time.monotonic() < ends:
            time.sleep(_LOOK_SECONDS)
        return receipt

    def _without_gateway(self, request_id: str) -> bool:
        """Carry it out here when no gateway runs; what waits in the journals still has to be recorded by one."""
        try:
            store = SqliteStore.open_as_writer(self.settings.data, self.ring, policy=RecordPolicy(), ages=Ages())
        except StorageBusy:
            return False
        self.alone()
        try:
            while store.erasure(request_id) is None and store.tidy(self.admin.clock.now_ms(), retention=False):
                pass
        finally:
            store.close()
        return True
