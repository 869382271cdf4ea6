"""Which process listens on a port, as Linux tells it in /proc; elsewhere nothing is known."""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from twinbeam.settings import Address

_PROC = Path("/proc")
_LISTENING = "0A"
_ANY = ("0.0.0.0", "::")  # noqa: S104 -- recognised, not bound


def sockets_at(address: Address) -> set[int]:
    """Return the sockets that listen at an address, by their inodes."""
    host = {"localhost": "127.0.0.1"}.get(address.host, address.host)
    return {inode for at, port, inode in _listening() if port == address.port and (at == host or at in _ANY)}


def sockets_of(pid: int) -> set[int]:
    """Return the sockets that a process has open; none where we may not look."""
    found = set()
    with suppress(OSError):
        for handle in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError, ValueError):
                found.add(int(str(handle.readlink()).removeprefix("socket:[").removesuffix("]")))
    return found


def holders(inodes: set[int]) -> list[int]:
    """Return the processes that have one of these sockets, as far as we may look."""
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())
    return sorted(pid for pid in pids if inodes & sockets_of(pid))


def runs(pid: int, program: str) -> bool:
    """Return whether a process may be running a program: only where it is known does a number that was reused count."""
    try:
        return program in (_PROC / str(pid) / "cmdline").read_text()
    except OSError:
        return True


def name_of(pid: int) -> str:
    """Name the program that a process runs."""
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return "?"


def _listening() -> Iterator[tuple[str, int, int]]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING:
                    host, _, port = fields[1].partition(":")
                    yield _host(host), int(port, 16), int(fields[9])


def _host(text: str) -> str:
    """Read an address as /proc writes it: words of 32 bits, each in the machine's own order."""
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, packed)
