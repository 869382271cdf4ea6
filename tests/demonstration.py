"""The demo as `make demo` runs it, on free ports: the processes, and what it prints of where they are."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

_RUN = (
    "from twinbeam.demo.run import run_demo; from twinbeam.demo.environment import PreferredPorts; "
    "raise SystemExit(run_demo(seed=1, ports=PreferredPorts()))"
)
_LINES = 12  #: of what it prints, up to the last address


class Addresses:
    """Where the parts of a running demo are, and the one-time link for the pages."""

    def __init__(self, printed: str) -> None:
        self.link = re.search(r"http://\S+/welcome/\S+", printed)[0]
        _, self.shop, self.twinbeam, self.tiktok, _, self.intake = re.findall(r"http://[\d.:]+", printed)


@contextmanager
def a_demo() -> Iterator[Addresses]:
    """Start it, and end it as Ctrl-C does."""
    with subprocess.Popen([sys.executable, "-c", _RUN], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Addresses("".join(islice(process.stdout, _LINES)))
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0
