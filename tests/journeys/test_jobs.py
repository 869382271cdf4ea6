"""What a running gateway does again and again, as `twinbeam jobs` tells it; a killed writer leaves no lease in the way."""

import json
import os
import signal
import time

import pytest

from gateway import a_shop
from running import wait_until
from twinbeam.jobs.scheduler import LEASE_SECONDS

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("jobs"), join_window_seconds=0) as shop:
        yield shop


def jobs(shop):
    return {run["name"]: run for run in json.loads(shop.gateway.told("jobs", "--json"))}


def test_each_job_runs_and_tells_when_it_ran_and_when_it_will(shop):
    wait_until(lambda: jobs(shop) and all(run["last_ms"] for run in jobs(shop).values()), "each of them ran")
    runs = jobs(shop)
    assert set(runs) == {
        "alerts",
        "alert_messages",
        "alert_volumes",
        "settings",
        "metrics",
        "machine",
        "checkpoints",
        "housekeeping",
        "earlier_journals",
        "order_retention",
        "overdue",
        "person_requests",
        "removed",
        "resends",
        "restored",
        "token_checks",
        "pixel_import",
        "pixel_weeks",
        "product_feeds",
        "check_notes",
        "checks",
        "content_matches",
        "delivered_counts",
        "lookups",
    }
    assert all(run["next_ms"] > run["last_ms"] and not run["trouble"] for run in runs.values())
    told = shop.gateway.told("jobs")
    assert "overdue             1 s  20" in told
    assert f"Of the {len(runs)} jobs none failed" in shop.gateway.run("doctor").stdout


def test_after_a_kill_the_next_writer_waits_for_nobodys_lease_and_after_a_stop_nobody_holds_it(shop):
    wait_until(lambda: jobs(shop), "somebody leads")
    before = time.time() * 1_000
    os.kill(shop.gateway.pid("writer"), signal.SIGKILL)

    def goes_on():
        return (jobs(shop)["housekeeping"]["last_ms"] or 0) > before

    wait_until(goes_on, "the next one goes on", LEASE_SECONDS - 5)
    shop.gateway.stop()
    assert {run["next_ms"] for run in jobs(shop).values()} == {None}
    assert "with the next start" in shop.gateway.told("jobs")
