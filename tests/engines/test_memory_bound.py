"""What the store keeps in memory for keys that wait to be written does not grow with the events recorded."""

import pytest

from engines.kit.harness import Harness
from signals import a_signal
from twinbeam.engines.stores.sqlite import deferred_index
from twinbeam.pipeline.record.contract import Numbered

pytestmark = pytest.mark.outside("memory")

SPAN = 4_096
GROUP = 128


@pytest.mark.slow
def test_keys_wait_in_memory_for_a_sweep_and_no_longer(monkeypatch: pytest.MonkeyPatch, h: Harness) -> None:
    monkeypatch.setattr(deferred_index, "SWEEP_EVENTS", SPAN)
    pending = []
    for seq, first in enumerate(range(0, 5 * SPAN, GROUP), 1):
        group = [a_signal(f"e-{n}", visitor=f"v-{n}") for n in range(first, first + GROUP)]
        h.store.record(h.engine.reader.journal_id, [Numbered(seq, group)], h.now())
        pending.append((h.store._dedup.pending(), h.store._visitor_keys.pending()))
    settled = pending[2 * SPAN // GROUP :]
    for index in (0, 1):
        most = max(each[index] for each in settled)
        assert most <= SPAN, "more keys wait than two sweeps bring"
        assert min(each[index] for each in settled) > 0.8 * most, "it still grows"
