"""A gateway that works on for a long time takes no more and more memory."""

import json
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway import Gateway, Shop, TikTokSide
from running import CHECKOUT, Program, answers, wait_until
from shoppers import a_view
from twinbeam.demo.processes import HOST, free_port
from twinbeam.engines.stores.sqlite.deferred_index import SWEEP_EVENTS

pytestmark = [pytest.mark.journey, pytest.mark.alone, pytest.mark.long]

GROUP = 500
#: Keys wait in memory for a sweep over SWEEP_EVENTS; after two of them as many are written as come in, and the caches
#: of SQLite are full: measured, the writer went from 65 to 84 MB in 1.05 million events, and stayed there.
UNTIL_SETTLED = 2 * SWEEP_EVENTS + 50_000
MORE = 250_000
MOST_GROWTH_BYTES = 3 * 1024**2  #: 12 bytes an event; whatever is kept of each takes more


class Sink(TikTokSide):
    """TikTok's side without a memory of its own: it takes everything and counts."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://{HOST}:{port}"
        arguments = [*CHECKOUT.emulator, "sink", "--host", HOST, "--port", str(port)]
        self._program = Program(arguments, folder / "sink", CHECKOUT.environment, folder)
        wait_until(lambda: answers(self.url), "the sink comes up")

    def stop(self) -> list[str]:
        self._program.stop()
        return []


#: A journal's page cache fills as the journal grows, and no further.
JOURNAL_CACHE_BYTES = 16 * 1024**2


def anonymous_bytes(pid: int) -> int:
    """Give the memory that is a process's own, without what it maps of files."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1_024 * next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))


def test_the_writers_memory_is_bounded_however_many_events_it_records(tmp_path):
    tiktok = Sink(tmp_path)
    gateway = Gateway(tmp_path, tiktok.url, {})
    try:
        shop = Shop(gateway, tiktok, "require")
        gateway.start()
        writer, ingest = gateway.pid("writer"), gateway.pid("ingest-0")
        post(shop, 0, UNTIL_SETTLED)
        settled = [anonymous_bytes(pid) for pid in (writer, ingest)]
        post(shop, UNTIL_SETTLED, UNTIL_SETTLED + MORE)
        grown, more = [anonymous_bytes(pid) - before for pid, before in zip((writer, ingest), settled, strict=True)]
        assert (gateway.pid("writer"), gateway.pid("ingest-0")) == (writer, ingest), "a process was started again"
        assert grown <= MOST_GROWTH_BYTES, f"the writer grew by {grown} bytes in {MORE} events"
        assert more <= MOST_GROWTH_BYTES + JOURNAL_CACHE_BYTES, f"ingest grew by {more} bytes"
    finally:
        gateway.stop()
        tiktok.stop()


def post(shop: Shop, first: int, end: int) -> None:
    """Post events of ever new visitors, and wait until all are recorded and delivered."""
    connection = HTTPConnection(urlsplit(shop.gateway.intake).netloc, timeout=60)
    headers = {"Authorization": f"Bearer {shop.keys['server']}"}
    for start in range(first, end, GROUP):
        events = [a_view(f"soak-{n}", visitor_id=f"visitor-{n // 2}") for n in range(start, start + GROUP)]
        connection.request("POST", "/v1/events", json.dumps({"events": events}), headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()[:12]) == (202, b'{"accepted":')
        if start % 20_000 == 0:  # so that no backlog takes memory for itself
            wait_until(lambda: shop.gateway.pending() < 5_000, "the writer keeps up", 120)
    connection.close()
    shop.wait_steady(300)
