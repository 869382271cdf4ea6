"""Where TikTok tells of its outages: who is believed, what is kept before it is answered, and any bytes at all."""

import asyncio
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi import ask
from twinbeam.alerts.incidents import read_notice
from twinbeam.app.incidents import status_keys
from twinbeam.core.clock import HandClock
from twinbeam.engines.keyring import KeyRing, add_key, keep_newest
from twinbeam.observe.tiktok_status import MOST_BYTES, TikTokStatus

KEY = "the-key_of_it"
HERE = f"/in/tiktok-status/{KEY}"
NOTICE = b'{"object":14,"entry":[{"incident_id":"INC-1","incident_event_type":"CREATE"}]}'


def told(body, *, path=HERE, method="POST", trouble=None):
    """Post a body; give the status of the answer and what was kept."""
    kept = []

    def keep(incidents):
        if trouble:
            raise trouble
        kept.extend(incidents)

    app = TikTokStatus(lambda: [KEY, "older"], keep, HandClock())
    answer = asyncio.run(ask(app, path, method=method, body=body))
    return answer.status, [it.id for it in kept]


def test_a_notice_is_kept_before_it_is_answered():
    assert told(NOTICE) == (200, ["INC-1"])
    assert told(NOTICE, path="/in/tiktok-status/older") == (200, ["INC-1"])
    assert told(NOTICE, trouble=OSError(28, "No space left on device")) == (503, [])


def test_the_address_of_a_new_key_of_the_ring_is_known_at_once_and_that_of_a_dropped_one_no_more(tmp_path):
    KeyRing.open_or_create(tmp_path / "keyring.json")
    ring = KeyRing.open(tmp_path / "keyring.json")
    (old,) = status_keys(ring)
    app = TikTokStatus(partial(status_keys, ring), lambda _: None, HandClock())

    def answered(key):
        return asyncio.run(ask(app, f"/in/tiktok-status/{key}", method="POST", body=NOTICE)).status

    add_key(tmp_path / "keyring.json")
    new, *_ = status_keys(KeyRing.open(tmp_path / "keyring.json"))
    assert [answered(new), answered(old)] == [200, 200]
    keep_newest(tmp_path / "keyring.json")
    assert [answered(new), answered(old)] == [200, 404]


@pytest.mark.parametrize(
    "path", ["/in/tiktok-status/", f"{HERE}x", "/in/tiktok-status/" + "\u20ac", "/in/tiktok-status"]
)
def test_whoever_does_not_know_the_key_gets_what_an_address_without_a_route_gets(path):
    assert told(NOTICE, path=path) == (404, [])


def test_only_a_post_is_one_and_what_is_no_notice_or_too_large_is_refused():
    assert told(b"", method="GET") == (404, [])
    assert told(b"{}") == (400, [])
    assert told(b'{"object":14,"entry":[]}') == (200, [])
    assert told(b" " * (MOST_BYTES + 1)) == (413, [])


@given(st.one_of(st.binary(max_size=200), st.sampled_from([b'{"object":14,"x":' + b"[" * 60_000, b'{"object":1e400}'])))
def test_any_bytes_are_a_notice_or_none(body):
    found = read_notice(body, 0)
    assert found is None or isinstance(found, list)


@given(st.text(max_size=300))
def test_an_incidents_id_is_short_and_plain_whatever_was_sent(text):
    body = msgspec.json.encode({"object": 14, "entry": [{"incident_id": text, "incident_level": text}]})
    for it in read_notice(body, 0) or ():
        assert len(it.id) <= 100
        assert all(char.isascii() and (char.isalnum() or char in "-_") for char in it.id)
        assert it.level in ("low disruption", "major disruption", "no level")
