"""Opening the store for a command, and handing changes to a running gateway."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twinbeam.app.ownership import account
from twinbeam.app.presence import check_store, remember_store
from twinbeam.app.ring import open_ring
from twinbeam.app.snapshot import directory_of, publish
from twinbeam.core.clock import SystemClock
from twinbeam.core.errors import ConfigError, StorageDamaged, StorageError
from twinbeam.core.rules import FIRST_SHOP, MAIN
from twinbeam.core.story import PixelRow
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.settings import Settings, load


@contextmanager
def opened_store() -> Iterator[SqliteSetup]:
    """Open the store beside a running gateway, if there is one; what changed is in force within a second."""
    settings = load()
    ring = open_ring(settings)
    check_store(settings)
    with _named(settings.data):
        try:
            store = SqliteSetup(settings.data, ring)
        except StorageDamaged as error:
            raise ConfigError(f"The store in {settings.data} is damaged ({error}); put back its backup.") from error
        try:
            remember_store(settings)
            yield store
            publish(directory_of(store), settings.data)
        finally:
            store.close()


@contextmanager
def _named(data: Path) -> Iterator[None]:
    """Name the store in trouble of no known kind, which is that its files cannot be opened or written."""
    try:
        yield
    except StorageError as error:
        if type(error) is not StorageError:
            raise
        raise ConfigError(
            f"The store {data / 'store.db'} cannot be used ({error}). Let {who()} write to the folder {data} and to "
            "what is in it, or run this as the account that the gateway runs as; TWINBEAM_DATA names another folder."
        ) from error


def meant_for(workspace: str) -> str:
    """Give what the command in a hint needs so that it is meant for a workspace: nothing for a single shop's."""
    return "" if workspace == MAIN else f" --workspace {workspace}"


def known_workspace(store: SqliteSetup, name: str) -> str:
    """Give the name of a workspace that was added, or that every installation has; raises ConfigError."""
    if name != MAIN and name not in store.workspaces():
        raise ConfigError(f"There is no workspace {name}; add it first: twinbeam workspaces add {name}")
    return name


def known_shop(store: SqliteSetup, workspace: str, name: str | None) -> str:
    """
    Give a shop as ids bear its name, which is empty for the workspace's first; raises ConfigError.

    Nobody has to name the only one.
    """
    known = store.shops(workspace)
    which = f"--shop {' or --shop '.join(known)}"
    if name is None and len(known) > 1:
        raise ConfigError(f"There are several shops here; say which one is meant: {which}.")
    if name is not None and name not in known:
        add = f"twinbeam shops add {name}{meant_for(workspace)}"
        raise ConfigError(f"There is no shop {name}; known are {', '.join(known)}. Add it first: {add}")
    return "" if name in (None, FIRST_SHOP) else name


def known_pixel(store: SqliteSetup, workspace: str, code: str) -> PixelRow:
    """Give a pixel that was added; raises ConfigError."""
    for row in store.pixels():
        if (row.workspace, row.code) == (workspace, code):
            return row
    raise ConfigError(_not_there(workspace, code, [row.workspace for row in store.pixels() if row.code == code]))


def _not_there(workspace: str, code: str, others: list[str]) -> str:
    """Say that a pixel is not in a workspace, and offer it where it is."""
    elsewhere = meant_for(workspace)
    where = f" in workspace {workspace}" if elsewhere or others else ""
    add = f"twinbeam pixels add {code}{elsewhere}"
    if not others:
        return f"There is no pixel {code}{where}; add it first: {add}"
    meant = " or ".join(f"say{meant_for(other)}" if other != MAIN else "leave --workspace out" for other in others)
    return (
        f"There is no pixel {code}{where}, but there is one in workspace {' and '.join(others)}: "
        f"{meant}, or add it here: {add}"
    )


def who() -> str:
    """Name the account that runs the command, for the audit."""
    return account(os.getuid())


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return SystemClock().now_ms()


def settings() -> Settings:
    """Give the settings in force."""
    return load()
