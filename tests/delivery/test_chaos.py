"""
Everything goes wrong at once: each event still has one outcome, with a cause, and counts once.

CHAOS_EVENTS says how many there are; `make chaos` takes 100,000.
"""

import os
import random
import sys
import time
from itertools import cycle

import pytest

from chaos import PIXELS, Poster, a_play, begin_trouble, end_trouble, furnish
from gateway import a_shop
from killing import kill, roles
from shoppers import a_seed
from verdict import fates_of, judged
from witness import Witness

pytestmark = [pytest.mark.journey, pytest.mark.alone, pytest.mark.delivery("chaos", "lose", "double")]

EVENTS = int(os.environ.get("CHAOS_EVENTS") or 5_000)
POSTERS = 4
PER_SECOND = 400.0  #: a rate that two cores carry beside TikTok's side and the trouble
KILL_SECONDS = (2.5, 4.0)  #: between two kills
LEAST_SHARE = 0.9999
BACKOFF_SECONDS = 900  #: what failed ten times may wait for so long, and a pixel that is closed for five minutes
PATIENCE = 120 + EVENTS / 200 + BACKOFF_SECONDS


def test_each_event_ends_once_and_with_a_cause(tmp_path, record_property):
    rng, play = random.Random(a_seed()), a_play(EVENTS)
    with a_shop(tmp_path, ingest_processes=2) as shop:
        key = furnish(shop)
        begin_trouble(shop.tiktok)
        share = (len(play) // POSTERS // len(PIXELS) + 1) * len(PIXELS)
        parts = [play[first : first + share] for first in range(0, len(play), share)]
        posters = [Poster(shop.gateway.intake, key, part, per_second=PER_SECOND / POSTERS) for part in parts]
        with Witness(shop) as witness:
            for poster in posters:
                poster.start()
            kills = kill_until_posted(shop, posters, witness, rng)
            shop.gateway.wait_ready()
            end_trouble(shop)
            began = time.monotonic()
            shop.wait_steady(PATIENCE)
            tell(f"all is sent {time.monotonic() - began:.0f} s after the trouble")
        verdict = judged(play, fates_of(shop, play), witness.requests)
        tell(f"{kills} kills, {witness.looks} looks at the books, {len(witness.requests)} requests")
        tell(", ".join(f"{what} {n}" for what, n in sorted(verdict.outcomes.items())))
    once = f"once {verdict.once} of {verdict.arriving} (at least {LEAST_SHARE * 100:.2f} %)"
    explained = "rest explained" if not verdict.unexplained else f"unexplained {len(verdict.unexplained)}"
    record_property("figures", f"chaos {EVENTS}: {once}, {explained}, doubled {len(verdict.doubled)}")
    assert [said for poster in posters for said in poster.surprises] == []
    assert witness.broken == []
    assert witness.looks > kills, "hardly anybody looked at the books"
    assert (verdict.doubled, verdict.unexplained, verdict.changed) == ([], [], [])
    assert verdict.once >= LEAST_SHARE * verdict.arriving > 0.8 * EVENTS


def kill_until_posted(shop, posters, witness, rng):
    """Kill each role in turn until everything is posted, and let TikTok's side turn its switches; give how many."""
    kills, victims = 0, cycle(roles(6, rng))
    while any(poster.is_alive() for poster in posters):
        time.sleep(rng.uniform(*KILL_SECONDS))
        witness.turn()
        kill(shop.gateway, next(victims), rng)
        kills += 1
        posted, waits = sum(poster.posted for poster in posters), shop.gateway.pending()
        tell(f"posted {posted} of {EVENTS}, {kills} kills, {waits} to be recorded")
    return kills


def tell(text):
    """Say how far it is; seen with -s."""
    sys.stderr.write(f"chaos: {text}\n")
    sys.stderr.flush()
