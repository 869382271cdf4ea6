"""
Break one promise of the gateway on purpose, in every process that a test starts: a check that stays green is blind.

Python imports this file by itself where its folder is on PYTHONPATH; the gateway holds no code for it. With
SABOTAGE=NAME it runs `parts/NAME.py`, which replaces what keeps the promise.
"""

import importlib.util
import os
from pathlib import Path

PARTS = Path(__file__).with_name("parts")


def apply(name: str) -> None:
    """Run the part of this name in this process; raises FileNotFoundError if there is none."""
    spec = importlib.util.spec_from_file_location(f"sabotage_{name}", PARTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


if os.environ.get("SABOTAGE"):
    apply(os.environ["SABOTAGE"])
