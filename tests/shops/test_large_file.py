"""A large file is imported quickly and in little memory, and an import that is killed goes on where it was."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from importing import recorded, rows_of, said
from twinbeam.cli.setup import opened_store
from twinbeam.core.rules import ConsentRules, PixelRules

CODE = "C4A5B6C7D8E9F0G1H2I3"
ROWS = int(os.environ.get("IMPORT_ROWS") or 20_000)  #: 1000000 takes some minutes
LEAST_ROWS_PER_SECOND, MOST_MEGABYTES = 3_000, 200

pytestmark = [pytest.mark.slow, pytest.mark.alone]


def a_file(folder):
    path, when = folder / "orders.csv", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3_600))
    with path.open("w") as file:
        file.write("order_id,value,currency,paid_at,email,country\n")
        file.writelines(f"{n},{n % 500 + 1}.99,EUR,{when},ada{n}@shop.example,DE\n" for n in range(1, ROWS + 1))
    return str(path)


def an_import(file, *, kill_at=0):
    """Import in a process of its own; killed once so many records are done. Give its processor seconds and its memory."""
    words = [
        sys.executable,
        "-m",
        "twinbeam",
        "import",
        "orders",
        file,
        "--pixel",
        CODE,
        "--consent-basis",
        "terms",
        "--yes",
    ]
    if not kill_at:
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        process, kilobytes = subprocess.Popen(words, stdout=subprocess.DEVNULL), 0
        while process.poll() is None:
            kilobytes = most_of(process.pid) or kilobytes
            time.sleep(0.02)
        assert process.returncode == 0
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime, kilobytes // 1_024
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and done() < kill_at:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return 0, 0


def most_of(pid):
    """Give the most memory of a process so far, in kB: what getrusage gives of a child holds its parent's as well."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def done():
    with opened_store() as store:
        rows = store._db.execute("SELECT coalesce(max(done), 0) FROM file_import").fetchone()
    return rows[0]


def installed(folder, monkeypatch):
    folder.mkdir()
    monkeypatch.setenv("TWINBEAM_DATA", str(folder / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(folder / "keyring.json"))
    monkeypatch.setenv("TWINBEAM_DISK_RESERVE_MB", "1")
    said("pixels", "add", CODE)


@pytest.mark.shops("import")
def test_a_large_file_is_imported_and_goes_on_after_a_kill(tmp_path, monkeypatch, record_property):
    file, ledgers = a_file(tmp_path), []
    for name, kill_at in (("whole", 0), ("killed", ROWS // 3)):
        installed(tmp_path / name, monkeypatch)
        if kill_at:
            an_import(file, kill_at=kill_at)
            assert 0 < done() < ROWS
            assert re.search(
                r"\d+ records are imported already",
                said("import", "orders", file, "--pixel", CODE, "--consent-basis", "terms", "--yes"),
            )
        else:
            seconds, megabytes = an_import(file)
        store = recorded(PixelRules(consent=ConsentRules(policy="not_required")))
        ledgers.append({row.place.order_id: row.facts for row in rows_of(store)})
        (conversions,) = store._db.execute("SELECT count(*) FROM conversion").fetchone()
        store.close()
        assert (len(ledgers[-1]), conversions) == (ROWS, ROWS)
    rate, equal = round(ROWS / seconds), "equal" if ledgers[0] == ledgers[1] else "different"
    record_property(
        "figures",
        f"import {ROWS} rows: {rate} rows/s ({LEAST_ROWS_PER_SECOND}), {megabytes} MB ({MOST_MEGABYTES}), killed and resumed {equal}",
    )
    assert equal == "equal"
    assert megabytes <= MOST_MEGABYTES
    assert rate >= LEAST_ROWS_PER_SECOND / 3  # a busy or slow machine; the figure stands in `make check-shops`
