"""
The engines as plain dictionaries: the model that the others are compared with, and a store for tests.

Nothing here is durable. The promises are those of the contracts; the kit in tests/engines runs them for every
engine alike. It ships with the product because users test their own code with it.

    rows.py        what there is to remember, and how a state changes
    recording.py   groups of arrivals -> conversions
    leasing.py     batches: lease, reclaim, split, and what became of them
    tidying.py     retention and erasure
    exporting.py   all about a person, and the search for it
    reading.py     stories and counts
"""

from twinbeam.engines.memory.journal import MemoryJournal
from twinbeam.engines.memory.store import MemoryStore

__all__ = ["MemoryJournal", "MemoryStore"]
