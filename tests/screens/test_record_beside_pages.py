"""Recording while people read the pages: what a gateway records a second, beside what it records alone."""

import threading
import time
from statistics import median

import pytest

from gateway import a_shop
from running import ask, wait_until
from shoppers import a_purchase

pytestmark = [pytest.mark.alone, pytest.mark.long, pytest.mark.screens("record")]

EVENTS = 5_000
IN_ONE_REQUEST = 500
TURNS = 5
LEAST = 0.8
EVERY_SECONDS = 0.2  #: five pages a second: a team that looks at everything
PAGES = ("/", "/pixels", "/issues", "/conversions", "/debugger", "/reconciliation")


def test_recording_keeps_its_pace_while_pages_are_read(tmp_path, record_property):
    with a_shop(tmp_path, join_window_seconds=0) as shop:
        cookie = shop.gateway.signed_in()
        turns = iter(range(1_000))

        def pace():
            """Give how many events are recorded a second, from the first request until all are."""
            number = next(turns)
            began = time.monotonic()
            for first in range(0, EVENTS, IN_ONE_REQUEST):
                events = [a_purchase(f"{number}-{n}") for n in range(first, first + IN_ONE_REQUEST)]
                shop.post(*events)
            wait_until(lambda: shop.gateway.pending() == 0, "all is recorded")
            return EVENTS / (time.monotonic() - began)

        def read(stop, opened):
            while not stop.wait(EVERY_SECONDS):
                path = PAGES[len(opened) % len(PAGES)]
                assert ask(f"{shop.gateway.pages}{path}", headers=cookie).status == 200
                opened.append(path)

        pace()  # the first turn warms up
        shares, opened = [], []
        for _ in range(TURNS):
            alone = pace()
            stop = threading.Event()
            reader = threading.Thread(target=read, args=(stop, opened))
            reader.start()
            shares.append(pace() / alone)
            stop.set()
            reader.join()
        share = median(shares)
    record_property("figures", f"record beside page load {share:.2f} of alone ({LEAST}; 5 pages a second)")
    assert len(opened) > TURNS
    assert share >= LEAST
