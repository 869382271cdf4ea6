"""
A large file is imported quickly and in little memory beside a gateway that records it, and goes on after a kill -9.

IMPORT_ROWS says how large; `make check-shops` takes a million.
"""

import contextlib
import hashlib
import os
import re
import resource
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from gateway import Gateway
from running import wait_until
from twinbeam.app.keyring import open_keyring
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.settings import load

CODE = "C4A5B6C7D8E9F0G1H2I3"
ROWS = int(os.environ.get("IMPORT_ROWS") or 20_000)
LEAST_ROWS_PER_SECOND, MOST_MEGABYTES = 3_000, 200
PATIENCE = 60 + ROWS / 200  #: seconds for all of it on a busy machine
NOWHERE = "http://127.0.0.1:9"  #: where nobody listens: what was recorded is not sent

pytestmark = [pytest.mark.slow, pytest.mark.alone]


def a_file(folder):
    path, when = folder / "orders.csv", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3_600))
    with path.open("w") as file:
        file.write("order_id,value,currency,paid_at,email,country\n")
        file.writelines(f"{n},{n % 500 + 1}.99,EUR,{when},ada{n}@shop.example,DE\n" for n in range(1, ROWS + 1))
    return str(path)


@contextlib.contextmanager
def a_gateway(folder):
    folder.mkdir()
    gateway = Gateway(folder, NOWHERE, {})
    gateway.told("pixels", "add", CODE, "--consent", "not_required")
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()


def begun(gateway, file):
    words = ("import", "orders", file, "--pixel", CODE, "--consent-basis", "terms", "--yes")
    return subprocess.Popen(
        [*gateway.command, *words],
        env={**os.environ, **gateway.settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def an_import(gateway, file):
    """Import in a process of its own; give what it said, its processor seconds and its memory."""
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    process, kilobytes = begun(gateway, file), 0
    while process.poll() is None:
        kilobytes = most_of(process.pid) or kilobytes
        time.sleep(0.02)
    with process.stdout:
        said = process.stdout.read()
    assert process.returncode == 0, said
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return said, ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime, kilobytes // 1_024


def a_killed_import(gateway, file):
    process = begun(gateway, file)
    wait_until(lambda: process.poll() is not None or asked(gateway, DONE) >= ROWS // 3, "a third is done", PATIENCE)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert 0 < asked(gateway, DONE) < ROWS


def most_of(pid):
    """Give the most memory of a process so far, in kB: what getrusage gives of a child holds its parent's as well."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) if found else 0
    return 0


DONE = "SELECT coalesce(max(done), 0) FROM file_import"
RECORDED = "SELECT coalesce(max(id), 0) FROM conversion"


def asked(gateway, sql):
    """Ask the store a number, beside whoever writes it."""
    with contextlib.closing(sqlite3.connect(f"file:{gateway.data}/store.db?mode=ro", uri=True, timeout=30)) as db:
        return db.execute(sql).fetchone()[0]


def ledger_of(gateway):
    """Give how many orders there are, and a hash of all that is stated of them, whatever their order."""
    settings, orders, total, last = load(gateway.settings), 0, 0, 0
    with contextlib.closing(SqliteSetup(settings.data, open_keyring(settings))) as store:
        while page := store.orders.orders_of("main", after=last):
            orders, last = orders + len(page), page[-1].id
            for row in page:
                told = msgspec.msgpack.encode((row.place.order_id, row.facts))
                total += int.from_bytes(hashlib.sha256(told).digest())
    return orders, total


@pytest.mark.shops("import")
def test_a_large_file_is_imported_and_goes_on_after_a_kill(tmp_path, record_property):
    file, ledgers = a_file(tmp_path), []
    for name in ("whole", "killed"):
        with a_gateway(tmp_path / name) as gateway:
            if name == "killed":
                a_killed_import(gateway, file)
            said, *used = an_import(gateway, file)
            assert ("records are imported already; going on behind them" in said) == (name == "killed")
            wait_until(lambda here=gateway: asked(here, RECORDED) == ROWS, "all is recorded", PATIENCE)
            ledgers.append(ledger_of(gateway))
        if name == "whole":
            seconds, megabytes = used
    rate, equal = round(ROWS / seconds), "equal" if ledgers[0] == ledgers[1] else "different"
    record_property(
        "figures",
        f"import {ROWS} rows: {rate} rows/s ({LEAST_ROWS_PER_SECOND}), {megabytes} MB ({MOST_MEGABYTES}), killed and resumed {equal}",
    )
    assert (ledgers[0][0], equal) == (ROWS, "equal")
    assert megabytes <= MOST_MEGABYTES
    assert rate >= LEAST_ROWS_PER_SECOND / 3  # a busy or slow machine; the figure stands in `make check-shops`
