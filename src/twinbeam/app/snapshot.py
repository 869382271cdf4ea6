"""The directory of keys and pixels as a file, so that intake works while the store is away."""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from twinbeam.core.errors import StorageBusy, StorageDamaged
from twinbeam.core.rules import WorkspaceRules
from twinbeam.core.story import KeyRow, PixelRow, SourceRow
from twinbeam.core.values import KeyKind
from twinbeam.pipeline.accept.directory import AccessKey, Directory, PixelEntry, SignedSource, place

FILE = "directory.json"
DRAFT = f"{FILE}.new"  #: of whoever writes; what a killed one left is written over


class SnapshotStore(Protocol):
    """The part of a store that knows keys and pixels."""

    def pixels(self) -> list[PixelRow]:
        """List the configured pixels."""
        ...

    def access_keys(self) -> list[KeyRow]:
        """List the keys, revoked ones too."""
        ...

    def signed_sources(self) -> list[SourceRow]:
        """List the sources that sign what they send."""
        ...

    def workspaces(self) -> dict[str, WorkspaceRules]:
        """Return what was decided about each workspace, by its name."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Let nobody else change the store meanwhile."""
        ...


def directory_of(store: SnapshotStore) -> Directory:
    """Put together what intake may know; revoked keys are not in it, tokens never are, and secrets only sealed."""
    keys = {
        key.hash: AccessKey(key.id, KeyKind(key.kind), key.workspace, key.source, tuple(key.routes), key.shop)
        for key in store.access_keys()
        if key.revoked_ms is None
    }
    pixels = {
        place(row.workspace, row.code): PixelEntry(
            row.code,
            row.workspace,
            row.event_source,  # type: ignore[arg-type]
            row.rules,
            row.name,
            row.confirming_until_ms,
            row.stopped is not None,
        )
        for row in store.pixels()
    }
    sources = {
        row.name: SignedSource(
            row.name, row.workspace, row.secrets, tuple(row.routes), row.shop, row.dialect, row.rules
        )
        for row in store.signed_sources()
    }
    return Directory(keys, pixels, store.workspaces(), sources)


def is_published(directory: Directory, folder: Path) -> bool:
    """Return whether the snapshot says what a directory says; raises OSError."""
    target = folder / FILE
    return target.exists() and target.read_bytes() == directory.encode()


def publish(store: SnapshotStore, folder: Path) -> None:
    """
    Write the snapshot in one step if the store says something else; raises OSError and StorageError.

    It is read and written while nobody changes the store: whoever is slow never puts an older one over a newer.
    """
    if is_published(directory_of(store), folder):
        return
    with store.transaction():
        target = folder / FILE
        draft = target.with_name(DRAFT)
        draft.touch(mode=0o600)
        _write(draft, directory_of(store).encode())
        draft.replace(target)


def _write(path: Path, content: bytes) -> None:
    """Write durably: a rename may reach the disk before what the file holds, and power may fail in between."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


class SnapshotFile:
    """The latest readable snapshot; a damaged or missing file leaves the one before in force."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._seen = (0, 0)
        self.current = Directory()
        self._was_read = False
        try:
            self.refresh()
        except (StorageDamaged, OSError):
            self._seen = (0, 0)  # the next look, which may report it, finds it again

    def in_force(self) -> Directory:
        """
        Return the snapshot that counts; raises StorageBusy before one was read.

        Without it nobody's key is known, and who is told that theirs is wrong may throw their events away.
        """
        if not self._was_read:
            raise StorageBusy("the snapshot of keys and pixels was not read yet")
        return self.current

    def refresh(self) -> bool:
        """Read the file if it changed; tells whether it did. Raises OSError, and StorageDamaged for one of no use."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return False
        seen = (found.st_mtime_ns, found.st_ino)
        if seen == self._seen:
            return False
        content = self._path.read_bytes()  # what could not be opened is tried again at the next look
        self._seen = seen
        self.current = Directory.decode(content)
        self._was_read = True
        return True
