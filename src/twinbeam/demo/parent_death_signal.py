"""
Run a program that ends with its parent: `python parent_death_signal.py PARENT PROGRAM ARGUMENT...`.

Run as a file and on the standard library alone, so that it costs milliseconds. Where the kernel offers no such
signal (anything but Linux), the program runs all the same and is stopped by the demo's own ending only.
"""

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h; survives execve


def main(parent: int, program: list[str]) -> None:
    """Ask the kernel for SIGTERM at the parent's death, then become the program; returns only by raising OSError."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)  # it died before the kernel was asked
    os.execv(program[0], program)  # noqa: S606 -- becoming the given program is this file's purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
