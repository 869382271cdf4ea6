"""What one core must carry, measured in CPU time so that a busy machine does not matter."""

import json
import time

import pytest

from emulator_sender import TOKEN, event, request
from tiktok_emulator.call import Call
from tiktok_emulator.clock import Clock
from tiktok_emulator.dispatcher import Dispatcher
from tiktok_emulator.routes import ENDPOINTS
from tiktok_emulator.switches import Switches
from tiktok_emulator.world import World

TRACK = "/open_api/v1.3/event/track/"
HEADERS = ((b"access-token", TOKEN.encode()),)


def per_second(bodies):
    """Answer requests; give how many per second of CPU."""
    dispatcher = Dispatcher(World(Clock(), Switches(max_queries_per_second=0)), ENDPOINTS)
    calls = [Call(method="POST", path=TRACK, headers=HEADERS, body=body) for body in bodies]
    start = time.process_time()
    for call in calls:
        assert dispatcher.answer(call).status == 200
    return len(calls) / (time.process_time() - start)


@pytest.mark.long
def test_full_batches_run_at_20_000_events_a_second():
    bodies = [json.dumps(request(*(event(event_id=f"{n}-{i}") for i in range(1_000)))).encode() for n in range(30)]
    assert per_second(bodies) * 1_000 > 20_000


@pytest.mark.long
def test_single_events_run_at_2_000_a_second():
    bodies = [json.dumps(request(event(event_id=str(n)))).encode() for n in range(5_000)]
    assert per_second(bodies) > 4_000
