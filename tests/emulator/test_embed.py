"""The emulator as an object in a Python program."""

import threading

import pytest

from emulator_sender import PIXEL, Sender, event
from tiktok_emulator.embed import Emulator


def test_it_starts_answers_and_stops():
    with Emulator() as tiktok, Sender(tiktok.url) as sender:
        assert sender.track(event()).code == 0
        assert (tiktok.totals()["counted"], len(tiktok.overview())) == (1, 1)
    with Sender(tiktok.url) as sender, pytest.raises(ConnectionRefusedError):
        sender.track(event())


def test_what_was_received_can_be_read_after_it_stopped():
    with Emulator() as tiktok, Sender(tiktok.url) as sender:
        sender.track(event())
    assert [each["event_id"] for each in tiktok.counted()] == ["order-1"]


def test_switches_can_be_given_at_the_start_and_survive_a_reset():
    with Emulator(http_status_mode="always200") as tiktok, Sender(tiktok.url) as sender:
        tiktok.switch(http_status_mode="portal")
        assert sender.track(event(event_id=5)).status == 400
        tiktok.reset()
        assert sender.track(event(event_id=5)).status == 200


def test_an_unknown_switch_is_refused():
    with pytest.raises(ValueError, match="no_such_switch"):
        Emulator(no_such_switch=1)


def test_a_taken_port_is_an_os_error():
    with Emulator() as tiktok, pytest.raises(OSError, match="in use"):
        Emulator(port=int(tiktok.url.rpartition(":")[2])).start()


def test_reading_while_senders_send_sees_whole_requests(tiktok):
    def send(number):
        with Sender(tiktok.url) as sender:
            for i in range(20):
                sender.track(*(event(event_id=f"{number}-{i}-{j}") for j in range(10)))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    seen = []
    while any(each.is_alive() for each in threads):
        seen.append(len(tiktok.counted()))
    for each in threads:
        each.join()
    assert len(tiktok.counted(pixel=PIXEL)) == 800
    assert all(count % 10 == 0 for count in seen)


def test_cards_are_read_as_the_pages_show_them(tiktok, sender):
    sender.track(event(event_id=..., event_time=tiktok.now_ms // 1000))
    assert [each["id"] for each in tiktok.diagnostics(PIXEL)] == ["server_only_no_dedup"]
