"""A module imports only from floors below its own, and rooms meet in the flow alone; as `make lint` sees to it."""

import os
import subprocess
import sys

import pytest

from house_tree import root
from running import PATIENCE_SECONDS


@pytest.mark.house("floors")
def test_every_import_goes_down(record_property):
    linted = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        env={**os.environ, "PYTHONPATH": str(root() / "src")},
        cwd=root(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    record_property("figures", "floors ok" if linted.returncode == 0 else "floors broken")
    assert linted.returncode == 0, linted.stdout
