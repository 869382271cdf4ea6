"""The processes that are measured: started as the supervisor starts them, pinned to a core, always stopped."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from socket import socket

from msgspec import Struct
from workload import PIXEL

from twinbeam.app.snapshot import publish
from twinbeam.app.supervisor import listen
from twinbeam.core.rules import Route
from twinbeam.core.story import KeyRow
from twinbeam.core.values import KeyKind
from twinbeam.demo import parent_death_signal
from twinbeam.demo.processes import HOST, clean_environment
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.pipeline.accept.directory import fingerprint, mint
from twinbeam.settings import Address

WORKSPACE = "default"
SOURCE = "shop"
TOKEN = "bench-token-0123456789"
PATIENCE_SECONDS = 30.0
PLAIN = Path(__file__).with_name("plain.py")


class House(Struct, frozen=True):
    """A furnished data folder: one pixel with a token, one server key."""

    folder: Path
    key: str

    @property
    def data(self) -> Path:
        """Where store and journals are."""
        return self.folder / "data"

    @property
    def keyring(self) -> Path:
        """The key file."""
        return self.folder / "keyring.json"

    def settings(self, **more: object) -> dict[str, str]:
        """Give the environment of a process of this house."""
        values = {"data": self.data, "keyring": self.keyring, **more}
        return {f"TWINBEAM_{name.upper()}": str(value) for name, value in values.items()}


class Running(Struct, frozen=True):
    """A process that serves."""

    process: subprocess.Popen[bytes]
    port: int


def furnish(folder: Path) -> House:
    """Set up what `twinbeam pixels add` and `twinbeam keys create` would."""
    folder.mkdir(parents=True)
    house = House(folder, mint(KeyKind.SERVER))
    store = SqliteSetup(house.data, KeyRing.open_or_create(house.keyring))
    now_ms = time.time_ns() // 1_000_000
    store.save_pixel(workspace=WORKSPACE, code=PIXEL, event_source="web", name="bench", now_ms=now_ms)
    store.save_token(workspace=WORKSPACE, code=PIXEL, token=TOKEN, now_ms=now_ms)
    store.add_key(KeyRow("bench", fingerprint(house.key), "server", WORKSPACE, SOURCE, [Route(PIXEL)], now_ms, None))
    publish(store, house.data)
    store.close()
    return house


@contextmanager
def ingest(house: House, core: int, preload: Path | None = None) -> Iterator[Running]:
    """Run an ingest process on slot 0, on one core."""
    extra = {"LD_PRELOAD": str(preload)} if preload else {}
    _made(house.data / "metrics")
    settings = house.settings() | extra
    with _serving(["-m", "twinbeam.app.ingest", "0"], house.folder / "ingest", settings, core) as running:
        wait_for(running.port, "/readyz")
        yield running


@contextmanager
def plain(kind: str, folder: Path, core: int) -> Iterator[Running]:
    """Run one of the servers that store nothing, on one core."""
    with _serving([str(PLAIN), kind], folder / f"server-{kind}", {}, core) as running:
        wait_for(running.port, "/")
        yield running


@contextmanager
def program(arguments: Sequence[str], log: Path, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python ARGUMENTS` for the length of the block; it ends with us, whatever happens to us."""
    with _started(arguments, log, settings, ()) as process:
        yield process


def wait_for(port: int, path: str) -> None:
    """Wait until a GET is answered without an error."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(port, path):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing answers at {HOST}:{port}{path}")
        time.sleep(0.05)


def cpu_seconds(pid: int) -> float:
    """Give the processor time a process has used so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def get(port: int, path: str) -> bytes:
    """Read a page."""
    connection = HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 400
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def _serving(arguments: Sequence[str], log: Path, settings: Mapping[str, str], core: int) -> Iterator[Running]:
    """Hand a process its listening socket and its lifeline, as the supervisor does."""
    listener, lifeline = listen(Address(HOST, 0)), os.pipe()
    handles = (listener.fileno(), lifeline[0])
    try:
        with _started([*arguments, *map(str, handles)], log, settings, handles) as process:
            os.sched_setaffinity(process.pid, {core})
            yield Running(process, _port(listener))
    finally:
        listener.close()
        for end in lifeline:
            os.close(end)


@contextmanager
def _started(
    arguments: Sequence[str], log: Path, settings: Mapping[str, str], handles: Sequence[int]
) -> Iterator[subprocess.Popen[bytes]]:
    with log.with_suffix(".out").open("wb") as out, log.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", parent_death_signal.__file__, str(os.getpid()), sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=clean_environment(settings),
            pass_fds=handles,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _port(listener: socket) -> int:
    return int(listener.getsockname()[1])
