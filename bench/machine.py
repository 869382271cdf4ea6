"""What the numbers were measured on, and how quick its disk is to sync."""

import os
import platform
import sqlite3
import subprocess
import sys
import time
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from statistics import median

from msgspec import Struct

_SYNCS = 1_000
_PACES = 10
_PIECE = 10_000  #: numbers that are hashed and kept: about 10 ms on a quick core
_OBJECTS = 1 << 20  #: about 64 MB
_STEPS = 50_000
_SPREAD = 1_103_515_245  #: multiplied by it, places seem random
_PAGE = b"\0" * 4096
_PACKAGES = ("uvicorn", "uvloop", "httptools", "msgspec", "cryptography", "aiohttp")


class Disk(Struct, frozen=True):
    """The disk of the benchmark's folder."""

    device: str
    file_system: str
    sync_ms: float  #: median of 4 kB appends, each followed by fdatasync
    sync_p99_ms: float


class Machine(Struct, frozen=True):
    """One computer and its software."""

    cpu: str
    mhz: int
    cores: int
    memory_gib: float
    kernel: str
    virtual: bool
    python: str
    sqlite: str
    packages: dict[str, str]
    disk: Disk
    load_before: float  #: load average of the last minute, before the first measurement


def describe(folder: Path) -> Machine:
    """Look the machine over; `folder` says which disk is meant."""
    cpu = _table(Path("/proc/cpuinfo").read_text())
    memory_kib = int(_table(Path("/proc/meminfo").read_text())["MemTotal"].split()[0])
    return Machine(
        cpu=cpu.get("model name", platform.machine()),
        mhz=round(float(cpu.get("cpu MHz", "0"))),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(memory_kib / 1024**2, 1),
        kernel=platform.release(),
        virtual="hypervisor" in cpu.get("flags", ""),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        packages={name: version(name) for name in _PACKAGES},
        disk=_disk(folder),
        load_before=round(os.getloadavg()[0], 2),
    )


def paces() -> list[float]:
    """
    Time a fixed piece of Python a few times, in ms.

    A shared machine may be three times slower an hour later; this tells such an hour from a slower program.
    """
    return [_piece() for _ in range(_PACES)]


def _piece() -> float:
    began = time.perf_counter()
    kept = {}
    for number in range(_PIECE):
        text = f"order-{number}"
        kept[text] = sha256(text.encode()).hexdigest()
    return (time.perf_counter() - began) * 1_000


def walks() -> list[float]:
    """
    Time scattered steps through a table of small objects a few times, in ns a step.

    The table lies in no core's own cache, so this tells how quick memory and the shared cache are: neighbours fight for
    both, while a piece of work that fits the core's cache goes on as before.
    """
    table = [str(number) for number in range(_OBJECTS)]
    return [_walk(table, begin) for begin in range(_PACES)]


def _walk(table: list[str], place: int) -> float:
    began = time.perf_counter()
    for _ in range(_STEPS):
        place = (place * _SPREAD + len(table[place]) + 1) % _OBJECTS
    return (time.perf_counter() - began) / _STEPS * 1e9


def is_in_memory(folder: Path) -> bool:
    """Tell whether a folder's files never reach a disk."""
    return _mount(folder)[1] in {"tmpfs", "ramfs"}


def commit() -> tuple[str, int]:
    """Give the checkout's commit and the number of tracked files that differ from it."""
    found = _git("rev-parse", "HEAD").strip() or "unknown"
    return found, len(_git("status", "--porcelain", "--untracked-files=no").splitlines())


def _git(*arguments: str) -> str:
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=False)
    return done.stdout


def _table(text: str) -> dict[str, str]:
    """Read `name : value` lines; the first of a name counts."""
    pairs = [line.partition(":") for line in text.splitlines() if ":" in line]
    return {name.strip(): value.strip() for name, _, value in reversed(pairs)}


def _disk(folder: Path) -> Disk:
    device, kind = _mount(folder)
    times = sorted(_sync_times(folder / "sync-probe"))
    return Disk(device, kind, round(median(times), 3), round(times[int(len(times) * 0.99)], 3))


def _sync_times(path: Path) -> list[float]:
    times = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            began = time.perf_counter()
            file.write(_PAGE)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1_000)
    path.unlink()
    return times


def _mount(folder: Path) -> tuple[str, str]:
    """Find the device and the kind of file system a folder is on."""
    place = str(folder.resolve()) + "/"
    mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text().splitlines()]
    inside = [(len(at), device, kind) for device, at, kind in mounts if place.startswith(at.rstrip("/") + "/")]
    _, device, kind = max(inside)
    return device, kind


if __name__ == "__main__":
    sys.stdout.write(f"{describe(Path.cwd())}\n")
