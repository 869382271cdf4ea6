"""What holds for all tests."""

from hypothesis import HealthCheck, settings

import longest_first
import new_stores
import sabotaged

# A busy machine breaks no law: how long an example takes says nothing. And a change fails for what it changes: the
# examples of `make test` are the same for the same code, those of `make test-long` are many, and others each time;
# `make test-fast` tries few.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None
)
settings.register_profile("few", settings.get_profile("unhurried"), max_examples=25)
settings.register_profile("thorough", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=1_000)
settings.load_profile("unhurried")

sabotaged.break_this_process()
new_stores.make_quickly()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: longest_first.place(item.nodeid))
