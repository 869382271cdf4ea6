"""Let keys that were written stay in memory."""

from twinbeam.engines.stores.sqlite.pending_keys import PendingKeys

PendingKeys.drop = lambda _keys, _first, _end: None  # type: ignore[method-assign]
