"""Opening the store for a command, and handing changes to a running gateway."""

from collections.abc import Iterator
from contextlib import contextmanager

from twinbeam.app.ring import open_ring
from twinbeam.app.snapshot import publish
from twinbeam.core.clock import SystemClock
from twinbeam.core.errors import ConfigError, StorageDamaged
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.settings import Settings, load

WORKSPACE = "main"  #: the one workspace a single shop never has to name


@contextmanager
def opened_store() -> Iterator[SqliteSetup]:
    """Open the store beside a running gateway, if there is one; what changed is in force within a second."""
    settings = load()
    ring = open_ring(settings)
    try:
        store = SqliteSetup(settings.data, ring)
    except StorageDamaged as error:
        raise ConfigError(f"The store in {settings.data} is damaged ({error}); put back its backup.") from error
    try:
        yield store
        publish(store, settings.data)
    finally:
        store.close()


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return SystemClock().now_ms()


def settings() -> Settings:
    """Give the settings in force."""
    return load()
