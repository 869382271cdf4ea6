"""`.venv` as `make setup-run` makes it: what only root could run is told when it is made."""

import os
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import sabotaged
from accounts import as_somebody, is_root, needs_root
from running import PATIENCE_SECONDS

BOOTSTRAP = Path(__file__).parents[2] / "scripts" / "bootstrap"

part = pytest.mark.outside("venv") if is_root else lambda test: test


@pytest.fixture
def checkout():
    """A checkout with the real bootstrap and nothing to install, where everybody may read: pytest's folders are closed."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(BOOTSTRAP, folder / "scripts" / "bootstrap", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "requirements").mkdir()
        (folder / "requirements" / "run.lock").write_text("")
        yield folder


def made(checkout, python):
    """Make `.venv` by a Python."""
    return subprocess.run(
        [str(python), str(checkout / "scripts" / "bootstrap" / "environment.py"), "run"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
        cwd=checkout,
        env={**os.environ, **sabotaged.environment()},
    )


def a_python_in(folder, mode):
    """Put this Python's interpreter into a folder with these rights."""
    folder.mkdir()
    python = folder / "python3"
    python.symlink_to(Path(sys._base_executable).resolve())
    folder.chmod(mode)
    return python


def closed_to_others(file):
    spec = spec_from_file_location("environment", BOOTSTRAP / "environment.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.closed_to_others(file)


@needs_root
@part
@pytest.mark.slow
def test_an_environment_that_only_root_can_run_is_told_when_it_is_made(checkout):
    done = made(checkout, a_python_in(checkout / "home", 0o700))
    assert done.returncode == 0, done.stderr
    assert "Only root can run this .venv" in done.stderr
    assert "make setup-run PYTHON=/usr/bin/python3" in done.stderr


@needs_root
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="this machine has no Python of its own")
@pytest.mark.slow
def test_one_that_everybody_can_run_is_made_in_silence(checkout):
    done = made(checkout, "/usr/bin/python3")
    assert (done.returncode, done.stderr) == (0, "")
    interpreter = str(checkout / ".venv" / "bin" / "python")
    arguments = [word for word in as_somebody([interpreter, "-c", ""]) if "dac_read_search" not in word]
    assert subprocess.run(arguments, check=False, cwd="/").returncode == 0


def test_it_names_the_outermost_folder_in_the_way(checkout):
    python = a_python_in(checkout / "home", 0o700)
    assert closed_to_others(python) == checkout / "home"
    (checkout / "home").chmod(0o711)
    assert closed_to_others(python) is None


def test_a_program_that_others_may_not_run_is_named_itself(checkout):
    program = checkout / "program"
    program.touch(mode=0o750)
    program.chmod(0o750)
    assert closed_to_others(program) == program
    program.chmod(0o755)
    assert closed_to_others(program) is None
