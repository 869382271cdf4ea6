"""Begin an empty store wherever none is found, and never look whether it is still there."""

from twinbeam.app import presence
from twinbeam.engines.stores.sqlite.lasting import Lasting

presence.missing_store = lambda _settings: ""
Lasting.is_gone = lambda _store: False  # type: ignore[method-assign]
