"""Kill -9 of the gateway's processes, each role in its turn."""

import os
import random
import signal
import sys

from gateway import Gateway
from running import wait_until

ROLES = ("ingest", "writer", "supervisor")


def roles(kills: int, rng: random.Random) -> list[str]:
    """Draw whom to kill, each role at least once, in any order."""
    drawn = [*ROLES, *rng.choices(ROLES, k=kills - len(ROLES))]
    rng.shuffle(drawn)
    return drawn


def kill(gateway: Gateway, role: str, rng: random.Random) -> None:
    """Kill one process; a killed supervisor is started again at once, as a service manager does."""
    running = wait_until(lambda: {n: p for n, p in gateway.pids().items() if n.startswith(role)}, f"{role} runs")
    name = rng.choice(sorted(running))
    sys.stdout.write(f"kill {name}\n")
    os.kill(running[name], signal.SIGKILL)
    if role == "supervisor":
        gateway.supervisor.wait()
        gateway.launch()
