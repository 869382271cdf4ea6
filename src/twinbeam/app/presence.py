"""
Whether the store that belongs to this data folder is there.

A store that vanished (a disk that is not mounted, a folder that was cleaned) must not begin anew by itself: every key
would be unknown, and senders who are told so may throw their events away. So it is remembered beside the key ring, and
in what the writer leaves in the data folder, that there was one.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from twinbeam.app.snapshot import FILE as SNAPSHOT
from twinbeam.core.errors import ConfigError
from twinbeam.engines.stores.sqlite.store import FILE as STORE
from twinbeam.settings import Settings

NEW_STORE = "twinbeam doctor --new-store"


def marker_path(settings: Settings) -> Path:
    """Return where it is remembered: beside the key ring, which lies elsewhere than the data."""
    return settings.keyring.with_suffix(".stores")


def missing_store(settings: Settings) -> str:
    """Return one sentence that the store is missing and how that is known, or nothing."""
    store = settings.data / STORE
    if store.exists() or not (evidence := next(_evidence(settings), "")):
        return ""
    return f"The store {store} is missing, but {evidence} says that there was one."


def check_store(settings: Settings) -> None:
    """Raise ConfigError, with the mend, where the store has vanished."""
    if told := missing_store(settings):
        raise ConfigError(
            f"{told} Mount its disk, or put back its backup; to begin with an empty store, run: {NEW_STORE}"
        )


def remember_store(settings: Settings) -> None:
    """Note that this data folder has a store; where the note cannot be written, the data folder's own traces do."""
    folders = _remembered(settings)
    if str(settings.data) not in folders:
        _write(settings, [*folders, str(settings.data)])


def forget_store(settings: Settings, mark: str) -> Path | None:
    """Set the traces of a store that is lost aside, so that a new one may be begun; gives the folder they are in."""
    _write(settings, [folder for folder in _remembered(settings) if folder != str(settings.data)])
    traces = [*_traces(settings), *settings.data.glob(f"{STORE}-*")]
    if not traces:
        return None
    aside = settings.data / f"before-{mark}"
    aside.mkdir(mode=0o700)
    for trace in traces:
        trace.rename(aside / trace.name)
    return aside


def _evidence(settings: Settings) -> Iterator[Path]:
    if str(settings.data) in _remembered(settings):
        yield marker_path(settings)
    yield from _traces(settings)


def _traces(settings: Settings) -> Iterator[Path]:
    """Yield what only a writer leaves, and only when it has a store."""
    snapshot = settings.data / SNAPSHOT
    if snapshot.exists():
        yield snapshot
    yield from sorted(settings.journal_folder.glob("journal-*.confirmed"))


def _remembered(settings: Settings) -> list[str]:
    try:
        folders = json.loads(marker_path(settings).read_text())["folders"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [folder for folder in folders if isinstance(folder, str)] if isinstance(folders, list) else []


def _write(settings: Settings, folders: list[str]) -> None:
    target = marker_path(settings)
    draft = target.with_name(f"{target.name}.{uuid4().hex}")
    with suppress(OSError):  # the service may not be allowed to write there; commands are
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"folders": folders}) + "\n")
        draft.replace(target)
