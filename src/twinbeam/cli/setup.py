"""Opening the store for a command, and handing changes to a running gateway."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twinbeam.admin.contract import Actor, Admin
from twinbeam.app.keyring import open_keyring
from twinbeam.app.ownership import account, check
from twinbeam.app.presence import check_store, remember_store
from twinbeam.app.snapshot import publish
from twinbeam.core.clock import SystemClock
from twinbeam.core.errors import ConfigError, StorageDamaged, StorageError
from twinbeam.engines.stores.sqlite.store import FILE, SqliteReader, SqliteSetup
from twinbeam.settings import Settings, load, sudo_user


@contextmanager
def opened_store(*, begins: bool = False) -> Iterator[SqliteSetup]:
    """
    Open the store beside a running gateway, if there is one; what changed is in force within a second.

    Whoever only reads publishes nothing, and so never waits for a turn to write; what others changed, they publish.
    Only a command that `begins` an installation makes a store; for all others it raises ConfigError where none is.
    """
    settings = load() if begins else with_store()
    ring = open_keyring(settings)
    check_store(settings)
    with _named(settings.data):
        try:
            store = SqliteSetup(settings.data, ring)
        except StorageDamaged as error:
            raise ConfigError(f"The store in {settings.data} is damaged ({error}); put back its backup.") from error
        try:
            remember_store(settings)
            yield store
            if store.has_changed:
                publish(store, settings.data)
        finally:
            store.close()


def with_store() -> Settings:
    """Return the settings in force; raises ConfigError where they lead to no store, and makes nothing."""
    settings = load()
    check(settings)
    check_store(settings)
    if not (settings.data / FILE).exists():
        raise ConfigError(
            f"There is no store in {settings.data}. Set TWINBEAM_DATA to the gateway's data folder. "
            "To begin a new one, add a pixel: twinbeam pixels add CODE"
        )
    return settings


@contextmanager
def opened_reader() -> Iterator[SqliteReader]:
    """Open the store for reading beside whoever writes; it is brought to this release's form before."""
    with opened_store():
        reader = SqliteReader(load().data)
        try:
            yield reader
        finally:
            reader.close()


@contextmanager
def opened_admin(*, begins: bool = False) -> Iterator[Admin]:
    """Open the store for what an owner does, on behalf of whoever runs the command; see `opened_store`."""
    with opened_store(begins=begins) as store:
        yield Admin(store, actor(), SystemClock())


@contextmanager
def _named(data: Path) -> Iterator[None]:
    """Name the store in trouble of no known kind, which is that its files cannot be opened or written."""
    try:
        yield
    except StorageError as error:
        if type(error) is not StorageError:
            raise
        me = account(os.getuid())
        raise ConfigError(
            f"The store {data / 'store.db'} cannot be used ({error}). Let {me} write to the folder {data} and to "
            "what is in it, or run this as the account that the gateway runs as; TWINBEAM_DATA names another folder."
        ) from error


def actor() -> Actor:
    """
    Return who runs the command, for the audit: who logged in, else who called sudo, else the account it runs as.

    Nearly always the service's account runs it, on behalf of somebody who may. The kernel keeps who logged in, through
    sudo, su and runuser; what sudo says stands in the environment, so it counts only where nobody logged in.
    """
    return Actor(_known_account(_login()) or _known_account(sudo_user()) or account(os.getuid()))


def _login() -> str:
    try:
        return os.getlogin()
    except OSError:
        return ""  # a container, or a timer: nobody did


def _known_account(name: str) -> str:
    """Return the name if it is an account's: anything may stand in the environment, and lines of the audit stay."""
    try:
        return pwd.getpwnam(name).pw_name
    except (KeyError, ValueError):
        return ""


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return SystemClock().now_ms()


def settings() -> Settings:
    """Return the settings in force."""
    return load()
