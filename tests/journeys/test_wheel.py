"""The wheel, installed alone: no checkout near it, and nothing of the packages that only development needs."""

import os
import re
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path
from zipfile import ZipFile

import pytest

from gateway import a_shop
from running import CHECKOUT, Installation
from shoppers import a_purchase

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
PIP = next((ROOT / "scripts" / "bootstrap").glob("pip-*.whl"))


def ran(*command: str | Path, **more) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    ran(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Installation:
    """A fresh environment with what requirements/run.lock names, and the wheel."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    packages = Path(ran(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    for name, version in locked():
        link(distribution(name), version, packages)
    flags = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    ran(python, PIP / "pip", "install", *flags, wheel)
    command = str(folder / "bin" / "twinbeam")
    return Installation((command,), (command, "emulator"), {"PYTHONPATH": ""})


def locked() -> list[tuple[str, str]]:
    """List names and versions of the lock that users install."""
    text = (ROOT / "requirements" / "run.lock").read_text()
    return re.findall(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", text, re.MULTILINE)


def link(package: Distribution, version: str, packages: Path) -> None:
    """Put an installed package into another environment without a copy or a download."""
    assert package.version == version
    for top in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
        (packages / top).symlink_to(Path(str(package.locate_file(top))))


def test_the_wheel_holds_both_packages_whole_and_nothing_else(wheel):
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"twinbeam", "tiktok_emulator"}
    beside_code = [file for package in ("twinbeam", "tiktok_emulator") for file in (ROOT / "src" / package).rglob("*")]
    expected = {str(file.relative_to(ROOT / "src")) for file in beside_code if file.is_file()}
    assert {name for name in expected if "__pycache__" not in name} <= set(names)
    told = {f"twinbeam/web/documentation/{page.relative_to(ROOT)}" for page in (ROOT / "docs").rglob("*.md")}
    assert told <= set(names)
    assert not any("__pycache__" in name or name.endswith((".pyc", ".db")) for name in names)


def test_the_lock_holds_every_package_the_wheel_asks_for(wheel):
    with ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(metadata).decode()
    asked = re.findall(r"^Requires-Dist: ([A-Za-z0-9._-]+)[^;\n]*$", text, re.MULTILINE)
    assert len(asked) >= 5
    assert {name.lower() for name in asked} <= {name.lower() for name, _ in locked()}
    assert "License-Expression: Apache-2.0" in text


def test_the_installed_command_comes_from_the_wheel_alone(installed, tmp_path):
    python = Path(installed.twinbeam[0]).parent / "python"
    asked = "import sys, twinbeam, tiktok_emulator; print(twinbeam.__file__, tiktok_emulator.__file__, *sys.path)"
    where = ran(python, "-c", asked, cwd=tmp_path, env={"PATH": os.defpath})
    assert str(ROOT) not in where
    assert str(python.parents[1]) in where
    for absent in ("pytest", "hypothesis", "mypy"):
        done = subprocess.run([str(python), "-c", f"import {absent}"], capture_output=True, check=False)
        assert done.returncode != 0, f"{absent} is in the way: a missing dependency could hide behind it"


def test_an_event_goes_from_end_to_end_without_the_checkout(installed, tmp_path):
    assert installed != CHECKOUT
    with a_shop(tmp_path, installed=installed) as shop:
        assert "twinbeam serve" in shop.gateway.told("--help")
        shop.post(a_purchase("from-a-wheel"))
        assert shop.story("from-a-wheel")["state"] == "delivered"
        assert "FAIL" not in shop.gateway.told("doctor")
        assert "from-a-wheel" in shop.gateway.told("find", "--event-id", "from-a-wheel")
        processes = [Path(f"/proc/{pid}/environ").read_bytes() for pid in shop.gateway.pids().values()]
        assert not any(str(ROOT / "src").encode() in environment for environment in processes)
