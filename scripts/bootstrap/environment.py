"""
Make .venv from a lock file, with nothing but a Python 3.11 or newer.

A Debian python3 has neither ensurepip nor pip, so the wheel of pip that lies beside this file does the installing,
straight from the archive. Every file it installs must match its hash in the lock.
Usage: environment.py run|dev
"""

import hashlib
import os
import stat
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = ROOT / ".venv"
PIP = HERE / "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"


def main() -> None:
    """Bring .venv to the state of one lock file; a second run with the same lock does nothing."""
    wanted = sys.argv[1]
    if sys.version_info < (3, 11):
        sys.exit(
            f"Twinbeam needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 ..."
        )
    if hashlib.sha256(PIP.read_bytes()).hexdigest() != PIP_SHA256:
        sys.exit(f"{PIP} is not the file it should be; check out the repository again.")
    if is_current(wanted) or is_current("dev"):  # dev holds everything that run does
        return
    print(f"Setting up .venv from requirements/{wanted}.lock (about half a minute) ...", flush=True)
    if not (VENV / "bin" / "python").exists():
        venv.create(VENV, symlinks=True, with_pip=False)
    warn_of_what_only_root_can_run()
    install(lock_of(wanted))
    stand_in()
    stamp_of(wanted).write_text(state_of(wanted))


def warn_of_what_only_root_can_run() -> None:
    """Say so where root makes an environment that the service's own user could not start."""
    if os.geteuid() != 0:
        return
    interpreter = VENV / "bin" / "python"
    closed = closed_to_others(interpreter.resolve()) or closed_to_others(interpreter)
    if closed is not None:
        print(
            f"Only root can run this .venv: its Python is {interpreter.resolve()}, and others may not enter {closed}.\n"
            "A service that runs as another user cannot start it. For one, run this again with a Python and a\n"
            "checkout that everybody may read:  make clean && make setup-run PYTHON=/usr/bin/python3",
            file=sys.stderr,
            flush=True,
        )


def closed_to_others(file: Path) -> Path | None:
    """Give the outermost folder on the way to a program that keeps other users out, or the program; None if none."""
    way = [folder for folder in reversed(file.absolute().parents) if not folder.stat().st_mode & stat.S_IXOTH]
    may_run = stat.S_IROTH | stat.S_IXOTH
    return way[0] if way else None if file.stat().st_mode & may_run == may_run else file


def lock_of(wanted: str) -> Path:
    """Name the lock file."""
    return ROOT / "requirements" / f"{wanted}.lock"


def stamp_of(wanted: str) -> Path:
    """Name the file that says what was installed."""
    return VENV / f"{wanted}.sha256"


def state_of(wanted: str) -> str:
    """Tell what .venv should hold: the lock, for this Python."""
    return hashlib.sha256(lock_of(wanted).read_bytes() + sys.version.encode()).hexdigest()


def is_current(wanted: str) -> bool:
    """Tell whether .venv holds just that."""
    return stamp_of(wanted).exists() and stamp_of(wanted).read_text() == state_of(wanted)


def install(lock: Path) -> None:
    """Install a lock's packages, hashes checked, wheels only."""
    command = [
        str(VENV / "bin" / "python"),
        str(PIP / "pip"),
        *("install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location"),
        *("--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", str(lock)),
    ]
    if subprocess.run(command, check=False).returncode:
        sys.exit(
            "The packages could not be installed. Is the package index reachable (pip config, proxy)?\n"
            "Nothing else was changed; run the same command again once it is."
        )


def stand_in() -> None:
    """Let the environment import the packages from src/, and give it the command."""
    packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(VENV), "platbase": str(VENV)}))
    (packages / "twinbeam-checkout.pth").write_text(f"{ROOT / 'src'}\n")
    command = VENV / "bin" / "twinbeam"
    command.write_text(f"#!{VENV / 'bin' / 'python'}\nfrom twinbeam.__main__ import main\n\nmain()\n")
    command.chmod(0o755)


if __name__ == "__main__":
    main()
