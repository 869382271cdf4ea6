"""Checks of what runs: whether the gateway of this data folder has its ports, and who may see its pages."""

import os
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from twinbeam.app.journal_folders import LOCK
from twinbeam.cli.doctor import listeners
from twinbeam.cli.doctor.check_result import CheckResult
from twinbeam.settings import MEND_PAGES, Address, Settings
from twinbeam.surroundings import is_loopback

_PATIENCE_SECONDS = 2.0
_VARIABLES = {"intake": "TWINBEAM_LISTEN", "dashboard": "TWINBEAM_DASHBOARD"}


def sides(settings: Settings) -> Iterator[CheckResult]:
    """Ask both sides for a sign of life, and tell whether it is this gateway's."""
    pid = running(settings.data)
    yield _side("intake", settings.listen, pid)
    yield _side("dashboard", settings.dashboard, pid)


def pages(settings: Settings) -> Iterator[CheckResult]:
    """Look whether other machines reach the pages without TLS."""
    if not is_loopback(settings.dashboard.host):
        at = f"{settings.dashboard.host}:{settings.dashboard.port}"
        yield CheckResult(f"The pages listen at {at} without TLS: passwords would travel in the open.", MEND_PAGES)


def running(folder: Path) -> int | None:
    """Return the process that runs the gateway of a data folder, by the name in its lock."""
    with suppress(OSError, ValueError):
        pid = int((folder / LOCK).read_text())
        os.kill(pid, 0)
        return pid if listeners.runs(pid, "twinbeam") else None
    return None


def _side(side: str, address: Address, pid: int | None) -> CheckResult:
    status = _health(address)
    if status is None:
        return _silent(side, address, pid)
    at = listeners.sockets_at(address)
    if pid is not None and (not at or at & listeners.sockets_of(pid)):  # none is known where there is no /proc
        return _said(side, address, status)
    others = ", ".join(f"pid {other} ({listeners.name_of(other)})" for other in listeners.holders(at))
    runs = f"runs as pid {pid} and does not listen there" if pid is not None else "does not run"
    return CheckResult(
        f"What answers at {address.url} is not the {side} of this data folder"
        f"{f' but {others}' if others else ''}; its gateway {runs}.",
        fix=f"Stop that program, or give this gateway another port with {_VARIABLES[side]}.",
    )


def _silent(side: str, address: Address, pid: int | None) -> CheckResult:
    if pid is None:
        return CheckResult(f"Nothing answers at {address.url}: the {side} does not run.", is_note=True)
    return CheckResult(
        f"The gateway runs as pid {pid}, and nothing answers at {address.url}.",
        fix=f"Give this command the gateway's own settings ({_VARIABLES[side]}), or look at the gateway's log.",
    )


def _said(side: str, address: Address, status: int) -> CheckResult:
    if status == HTTPStatus.OK:
        return CheckResult(f"The {side} answers at {address.url}.")
    return CheckResult(
        f"The {side} at {address.url} answers {status}.", fix="Look at the gateway's log, and restart it."
    )


def _health(address: Address) -> int | None:
    connection = HTTPConnection(urlsplit(address.url).netloc, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except HTTPException:
        return 0  # somebody speaks, and no HTTP
    except OSError:
        return None
    finally:
        connection.close()
