"""What `SABOTAGE=NAME` does to tests: this process and all that it starts run with one promise broken."""

import os
import runpy
from collections.abc import Mapping
from pathlib import Path

import twinbeam

FOLDER = Path(__file__).with_name("sabotage")
NAMES = sorted(path.stem for path in (FOLDER / "parts").glob("*.py"))


def chosen() -> str:
    """Give the name of the promise that is to be broken, or nothing."""
    return os.environ.get("SABOTAGE", "")


def environment() -> Mapping[str, str]:
    """Give the variables by which a process of the gateway is sabotaged as well."""
    if not chosen():
        return {}
    source = Path(twinbeam.__file__).parents[1]
    return {"SABOTAGE": chosen(), "PYTHONPATH": f"{FOLDER}{os.pathsep}{source}"}


def break_this_process() -> None:
    """Break the promise here, where tests call rooms and engines themselves; the file does it as it is run."""
    if chosen():
        runpy.run_path(str(FOLDER / "sitecustomize.py"))
