"""A whole gateway, `twinbeam serve`, as a person starts it; and what its processes cost."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from processes import House, cpu_seconds, furnish, get, program, wait_for

from twinbeam.demo.processes import HOST, free_port

LOOK_SECONDS = 0.5


class Gateway(Struct, frozen=True):
    """A running gateway."""

    house: House
    intake: int  #: port
    pages: int  #: port
    supervisor: int  #: process id

    def pids(self) -> dict[str, int]:
        """Name its processes."""
        children = Path(f"/proc/{self.supervisor}/task/{self.supervisor}/children").read_text().split()
        return {"supervisor": self.supervisor} | {_name(int(pid)): int(pid) for pid in children}

    def lag_seconds(self) -> float:
        """Ask how old the oldest unrecorded event is."""
        return float(msgspec.json.decode(get(self.pages, "/readyz"))["lag_seconds"])


class LagWatch(threading.Thread):
    """Looks at the record lag twice a second, on a thread so that the load generator does not wait for it."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(daemon=True)
        self._gateway = gateway
        self._over = threading.Event()
        self.lags: list[float] = []

    def run(self) -> None:
        """Look until told to stop."""
        while not self._over.wait(LOOK_SECONDS):
            self.lags.append(self._gateway.lag_seconds())

    def stop(self) -> list[float]:
        """End, and give what was seen."""
        self._over.set()
        self.join()
        return self.lags


class Spent:
    """Processor time of some processes from now on."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self._before = {name: cpu_seconds(pid) for name, pid in pids.items()}

    def shares(self, seconds: float) -> dict[str, float]:
        """Give each process's percent of one core since."""
        return {name: 100 * (cpu_seconds(pid) - self._before[name]) / seconds for name, pid in self._pids.items()}


@contextmanager
def serving(folder: Path, sink_port: int) -> Iterator[Gateway]:
    """Run a furnished gateway that delivers to a sink on this machine; all settings but the addresses are defaults."""
    house, intake, pages = furnish(folder), free_port(), free_port()
    settings = house.settings(
        listen=f"{HOST}:{intake}", dashboard=f"{HOST}:{pages}", tiktok_url=f"http://{HOST}:{sink_port}"
    )
    with program(["-m", "twinbeam", "serve"], folder / "serve", settings) as process:
        wait_for(intake, "/readyz")
        wait_for(pages, "/readyz")
        yield Gateway(house, intake, pages, process.pid)


def _name(pid: int) -> str:
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    module = next((word for word in command if word.startswith(b"twinbeam.app.")), b"child")
    return module.decode().rpartition(".")[2]
