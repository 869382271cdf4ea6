"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# A busy machine breaks no law: how long an example takes says nothing.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("unhurried"), max_examples=1_000)  # make test-long
settings.load_profile("unhurried")
