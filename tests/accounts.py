"""Other accounts of this machine, for tests that run as root: processes, and files of theirs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway import Gateway
from running import PATIENCE_SECONDS
from twinbeam.demo.processes import clean_environment

#: An account that nobody has: nothing on the machine belongs to it but what a test gives it.
SOMEBODY = 47_110

#: Only root has files of several accounts; a check counts its part where it can be tried.
is_root = os.geteuid() == 0 and shutil.which("setpriv") is not None
needs_root = pytest.mark.skipif(not is_root, reason="only root can give files to another account")


def as_somebody(arguments: list[str]) -> list[str]:
    """
    Let a command run as that account.

    It may read every file, since the Python that runs these tests may lie in root's home; it may write only its own.
    """
    return [
        *(str(shutil.which("setpriv")), f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"),
        *(
            "--inh-caps=-all,+dac_read_search",
            "--ambient-caps=+dac_read_search",
            "--bounding-set=-all,+dac_read_search",
        ),
        *arguments,
    ]


def belongs_to_somebody(path: Path) -> Path:
    """Give a file or a folder with all that is in it to that account."""
    for entry in [path, *path.rglob("*")]:
        os.chown(entry, SOMEBODY, SOMEBODY)
    return path


def owners_in(*folders: Path) -> set[int]:
    """Tell to whom anything in these folders belongs, and they themselves."""
    return {path.stat().st_uid for folder in folders for path in [folder, *folder.rglob("*")]}


class SomebodysGateway(Gateway):
    """A gateway whose commands and processes run as that account."""

    def __init__(self, folder: Path, tiktok_url: str, wishes: Mapping[str, object]) -> None:
        super().__init__(folder, tiktok_url, wishes)
        self.command = tuple(as_somebody(list(self.command)))


def run(gateway: Gateway, *arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command with a gateway's settings as whoever runs the tests."""
    return subprocess.run(
        [sys.executable, "-m", "twinbeam", *arguments],
        input=told,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        env=clean_environment(gateway.settings),
        cwd="/",
        check=False,
    )
