"""The samples of docs/howto/webhooks.md as they stand there, against a real gateway."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway import PIXEL, a_shop
from shoppers import GRANTED, a_purchase

pytestmark = pytest.mark.journey

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "webhooks.md").read_text()
BY_LIBRARY, BY_HAND = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
CALL = 'Webhook(os.environ["WEBHOOK_SECRET"]).sign(message, now, body)'
OWN_CALL = 'sign(os.environ["WEBHOOK_SECRET"], message, int(now.timestamp()), body)'
SAMPLES = {
    "library": BY_LIBRARY,
    "by hand": BY_LIBRARY.replace("from standardwebhooks import Webhook\n", BY_HAND).replace(CALL, OWN_CALL),
}
RUN = "\nimport sys\nprint(json.dumps(report_purchase(json.loads(sys.argv[1]))))\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("shop"), join_window_seconds=0) as opened:
        made = opened.gateway.told("sources", "create", "till", "--pixel", PIXEL, "--json")
        opened.secret = json.loads(made)["secret"]
        yield opened


def report(shop, sample, secret=None, **order):
    """Run a sample for an order; give its exit code, and what it prints."""
    usual = {"id": "1001", "token": "t-1001", "email": "ada@shop.example", "total": 49.9, "currency": "EUR"}
    written = json.dumps(usual | {"paid_at": int(time.time()), "consent_receipt": ""} | order)
    done = subprocess.run(
        [sys.executable, "-c", SAMPLES[sample] + RUN, written],
        env={**os.environ, "EVENTS_URL": shop.gateway.intake, "WEBHOOK_SECRET": secret or shop.secret},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout or done.stderr


def taken(shop, sample, **order):
    """Run a sample until the gateway, which knows a new secret within a second, takes what it signs."""
    deadline = time.monotonic() + 20
    while True:
        code, told = report(shop, sample, **order)
        if code == 0 or "401" not in told or time.monotonic() > deadline:
            break
    assert code == 0, told
    return json.loads(told)


@pytest.mark.parametrize(("sample", "order"), [("library", "1001"), ("by hand", "1002")])
def test_a_sample_reports_an_order_which_joins_the_browsers_copy(shop, sample, order):
    seen = a_purchase(None, order_id=order, order_token=f"t-{order}", consent=GRANTED, visitor_id=f"v-{order}")
    receipt = shop.post(seen, key=shop.keys["browser"])["receipt"]
    answer = taken(shop, sample, id=order, token=f"t-{order}", consent_receipt=receipt)
    assert (answer["accepted"], answer["rejected"], answer["dropped"]) == (1, [], [])
    assert taken(shop, sample, id=order, token=f"t-{order}", consent_receipt=receipt) == answer  # a redelivery
    shop.wait_steady()
    [story] = shop.stories(order_id=order)
    assert sorted(story["channels"]) == ["browser", "webhook"]
    assert story["state"] == "delivered"
    assert len([it for it in shop.tiktok.counted() if it["event_id"] == story["event_id"]]) == 1


def test_a_secret_changes_over_without_a_lost_delivery_and_an_old_one_ends(shop):
    old, grant = shop.secret, {"consent_receipt": "", "token": "t-1003", "id": "1003"}
    taken(shop, "library", **grant)
    shop.secret = json.loads(shop.gateway.told("sources", "rotate", "till", "--json"))["secret"]
    taken(shop, "library", **grant)
    assert report(shop, "library", secret=old, **grant)[0] == 0
    shop.gateway.told("sources", "retire", "till")
    deadline = time.monotonic() + 20
    while (told := report(shop, "library", secret=old, **grant))[0] == 0:
        assert time.monotonic() < deadline
    assert "401" in told[1]
    taken(shop, "library", **grant)


def test_no_secret_reaches_a_file_a_log_or_the_list(shop):
    lines = json.dumps(shop.gateway.lines()) + shop.gateway.told("sources", "list") + shop.gateway.told("audit")
    plain = shop.secret.removeprefix("whsec_")
    assert plain not in lines
    files = [path for path in shop.gateway.data.rglob("*") if path.is_file()]
    assert files
    assert not [path.name for path in files if plain.encode() in path.read_bytes()]
