"""How many claims of strangers are believed, and remembered."""

from twinbeam.pipeline.record.claims import About, ClaimLimits

HOUR_MS = 3_600_000


def order(n: int) -> About:
    return About(n.to_bytes(16, "big"), is_order=True)


def look(n: int) -> About:
    return About(n.to_bytes(16, "big"), is_order=False)


def test_orders_and_what_leads_to_them_are_counted_apart() -> None:
    limits = ClaimLimits(per_visit=2, events_per_order=3)
    assert [limits.believe(b"v", 0, look(n), 0) for n in range(7)] == [True] * 6 + [False]
    assert [limits.believe(b"v", 0, order(n), 0) for n in range(3)] == [True, True, False]


def test_an_hour_later_everything_is_forgotten() -> None:
    limits = ClaimLimits(per_visit=2)
    assert [limits.believe(b"v", 1, order(n), n) for n in range(3)] == [True, True, False]
    assert [limits.believe(b"v", 1, order(n), HOUR_MS) for n in (2, 3)] == [True, False]
    assert [limits.believe(b"v", 1, order(n), HOUR_MS + 1) for n in (3, 4)] == [True, False]


def test_strangers_without_end_are_not_remembered_without_end() -> None:
    limits = ClaimLimits(sources=100, most=150)
    for n in range(1_000):
        assert limits.believe(n.to_bytes(8, "big"), 1 + n, order(n), 0)
        assert limits.believe(b"v", 1 + n, look(n), 0) or n >= 100
        sources, claims = limits.remembered
        assert sources <= 100
        assert claims <= 150


def test_what_is_forgotten_counts_no_more() -> None:
    limits = ClaimLimits()
    for n in range(60):
        limits.believe(b"v", 1, look(n), 0)
        limits.believe(b"w", 1, look(n), 0)
    assert limits.remembered == (3, 180)
    limits.believe(b"v", 1, look(0), HOUR_MS)
    assert limits.remembered == (3, 62)
