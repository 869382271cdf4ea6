"""Begin an empty store wherever none is found, and never look whether it is still there."""

from twinbeam.app import presence
from twinbeam.engines.stores.sqlite.durability import Durability

presence.missing_store = lambda _settings: ""
Durability.is_gone = lambda _store: False  # type: ignore[method-assign]
