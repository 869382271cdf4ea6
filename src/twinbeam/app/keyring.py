"""The key ring of this installation; a new one is made only where nothing was sealed before."""

from twinbeam.app import ownership
from twinbeam.app.presence import missing_store
from twinbeam.core.errors import ConfigError
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import FILE
from twinbeam.settings import Settings


def open_keyring(settings: Settings) -> KeyRing:
    """Open the key ring; raises ConfigError with the fix, above all when its file is lost or another account's."""
    ownership.check(settings)
    store = settings.data / FILE
    if (store.exists() or missing_store(settings)) and not settings.keyring.exists():
        raise ConfigError(
            f"The key file {settings.keyring} is missing, but {store} was sealed with it: put back its backup, "
            "or set TWINBEAM_KEYRING to where it is. Without it tokens and waiting events cannot be read."
        )
    return KeyRing.open_or_create(settings.keyring)
