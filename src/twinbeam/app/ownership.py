"""
Whose files these are: an installation belongs to one account, and no other may work in it.

What another account leaves there, root above all, stops the gateway at its next start or restart. So everything that
opens the key ring asks here first, before it touches anything.
"""

import os
import pwd
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from twinbeam.app.erasures import log_path
from twinbeam.core.errors import ConfigError
from twinbeam.engines.stores.sqlite.store import FILE
from twinbeam.settings import Settings, spelled_out

ROOT = 0
#: What the gateway opens in its folders; a file of another name harms nobody.
_OPENED = re.compile(
    r"store\.(db(-wal|-shm)?|lock)|journal-\d+\.[a-z]+(-wal|-shm)?|directory\.json|clock\.json|journal-folders\.json|losses\.jsonl|serve\.lock|metrics"
)
#: What may lie in a folder that is the gateway's alone: these, and what was kept of them.
_OURS = re.compile(
    r"(store|serve|directory|clock|losses|journal-folders|journal-\d+)\..+|metrics|old|before-\d+|restored-journals|restore\.part"
)
_OTHERS = 0o007
_GROUP_AND_OTHERS = 0o077
_STICKY = 0o1000
_MOST_NAMED = 3


def check(settings: Settings) -> None:
    """Raise ConfigError, with the command that mends it, unless this installation belongs to the account that runs."""
    me, owner = os.geteuid(), owner_of(settings)
    if owner is not None and owner != me:
        raise ConfigError(_not_yours(settings, owner, me))
    if me != ROOT and (foreign := foreign_files(settings, me)):
        raise ConfigError(f"{_named(foreign)}, and this runs as {account(me)}: run {give(me, foreign)}")


def owner_of(settings: Settings) -> int | None:
    """Return the account that an installation belongs to, by its store or folder; None where nothing is there yet."""
    store, folder = _uid(settings.data / FILE), _uid(settings.data)
    if store is not None:
        return store
    if folder is None:
        return _owner_of_place(settings)
    if folder == ROOT and os.geteuid() != ROOT and os.access(settings.data, os.W_OK | os.X_OK, effective_ids=True):
        return None  # a volume that its group may write to, as Kubernetes mounts it
    return folder


def foreign_files(settings: Settings, uid: int) -> list[Path]:
    """List the files of an installation that belong to another account than this one."""
    return [path for path in _files(settings) if _uid(path) not in (None, uid)]


def open_folders(settings: Settings) -> list[Path]:
    """List the folders of the installation into which every account of the machine may look."""
    folders = dict.fromkeys((settings.data, settings.journal_folder))
    return [folder for folder in folders if folder.is_dir() and folder.stat().st_mode & _OTHERS]


def tighten(folder: Path) -> bool:
    """Keep all other accounts out of a folder that is the gateway's alone; False where it is not, or not ours."""
    found = folder.stat()
    alone = all(_OURS.fullmatch(entry.name) for entry in folder.iterdir())
    if found.st_uid != os.geteuid() or found.st_mode & _STICKY or not alone:
        return False
    folder.chmod(found.st_mode & ~_GROUP_AND_OTHERS & 0o7777)
    return True


def account(uid: int) -> str:
    """Name an account, for people."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def give(uid: int, paths: Sequence[Path]) -> str:
    """Write the command that gives files to an account."""
    name = account(uid)
    whom = f"{uid}:{uid}" if name.startswith("uid ") else f"{name}:"  # no account, no group of its own
    return shlex.join(["sudo", "chown", "-R", whom, *map(str, paths)])


def run_as(uid: int, settings: Settings, words: Sequence[str]) -> str:
    """Write the command that runs ours as another account, with the same settings."""
    name = account(uid)
    if name.startswith("uid "):
        before = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    elif shutil.which("sudo") or os.geteuid() != ROOT:
        before = ["sudo", "-u", name]
    else:
        before = ["runuser", "-u", name, "--"]
    places = {"TWINBEAM_DATA": str(settings.data), "TWINBEAM_KEYRING": str(settings.keyring)}
    said = [f"{variable}={value}" for variable, value in {**spelled_out(), **places}.items()]
    return shlex.join([*before, "env", *said, *_program(), *words])


def _not_yours(settings: Settings, owner: int, me: int) -> str:
    told = f"The data folder {settings.data} belongs to {account(owner)}, and this runs as {account(me)}"
    if owner == ROOT:
        paths = list(dict.fromkeys((settings.data, settings.journal_folder)))
        return f"{told}: run {give(me, paths)} if the gateway runs as {account(me)}"
    return f"{told}, whose files would stop the gateway: run {run_as(owner, settings, _words())}"


def _owner_of_place(settings: Settings) -> int | None:
    """Return who owns the key ring, or the folder in which the data folder would be made, where that is not root."""
    if os.geteuid() != ROOT:
        return None
    made_in = next(parent for parent in settings.data.parents if parent.exists())
    owners = (_uid(settings.keyring), _uid(made_in))
    return next((uid for uid in owners if uid not in (None, ROOT)), None)


def _files(settings: Settings) -> Iterator[Path]:
    for folder in dict.fromkeys((settings.data, settings.journal_folder)):
        yield from (path for path in _entries(folder) if _OPENED.fullmatch(path.name))
    yield from _entries(settings.data / "metrics")
    yield from (settings.keyring, log_path(settings))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # there is none, or whoever opens it will say why it cannot be read


def _uid(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None


def _named(paths: Sequence[Path]) -> str:
    more = len(paths) - _MOST_NAMED
    names = ", ".join(str(path) for path in paths[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    owners = sorted({account(uid) for path in paths if (uid := _uid(path)) is not None})
    return f"{names} belong{'s' if len(paths) == 1 else ''} to {' and '.join(owners)}"


def _program() -> list[str]:
    called = Path(sys.argv[0])
    return [str(called.absolute())] if called.name == "twinbeam" else [sys.executable, "-m", "twinbeam"]


def _words() -> list[str]:
    """Return the words of the command that runs; what follows may be a key or an address, and is left out."""
    given = sys.argv[1:]
    words = list(takewhile(re.compile("[a-z]+").fullmatch, given))[:2]
    return words if len(words) == len(given) else [*words, "..."]
