"""Makes syncs 2 ms slower for one process, where a C compiler is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("slow_sync.c")
EXTRA_MS = 2.0
_PROBE = (
    "import os,sys,time; f=open(sys.argv[1],'wb'); f.write(b'x'); f.flush(); t=time.perf_counter(); "
    "os.fdatasync(f.fileno()); os.fsync(f.fileno()); print((time.perf_counter()-t)*500)"
)


def compiled(folder: Path) -> Path | None:
    """Compile the shim; None where there is no compiler or where the shim has no effect."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    target = folder / "slow_sync.so"
    built = subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", target, SOURCE, "-ldl"], check=False)
    return target if built.returncode == 0 and _works(target, folder / "slow-probe") else None


def _works(shim: Path, probe: Path) -> bool:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROBE, probe],
        env={"LD_PRELOAD": str(shim)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0 and float(done.stdout) >= EXTRA_MS
