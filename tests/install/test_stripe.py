"""
The sample of docs/howto/stripe.md as it stands there, by Stripe's own library, and what Stripe then delivers.

Stripe itself is played: its API takes the session, and its webhook tells of it with what the sample wrote down.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest

from gateway import PIXEL, a_shop
from running import ask
from shop_systems import a_stripe_event, a_stripe_session, encoded, stripe_headers
from shoppers import GRANTED, a_purchase

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "howto" / "stripe.md").read_text()
LIBRARY = ROOT / "build" / "stripe"
(SAMPLE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(CREATE,) = re.findall(r"twinbeam (sources create lamps --kind stripe .*?) --secret-stdin", PAGE)
(EVENTS,) = re.findall(r"and these events: (.*?)\.$", PAGE, re.MULTILINE)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RUN = """
import json, os, sys
stripe.api_key, stripe.api_base = "sk_test_x", os.environ["STRIPE"]
print(checkout(*json.loads(sys.argv[1])).id)
"""
CHECK = """
import json, os, sys
import stripe
body, header, secret = sys.stdin.read(), sys.argv[1], sys.argv[2]
print(stripe.Webhook.construct_event(body, header, secret).type)
"""

needs_library = pytest.mark.skipif(
    not LIBRARY.is_dir(), reason="Stripe's library is not here; see scripts/need-samples"
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("shop"), join_window_seconds=0) as opened:
        command = CREATE.replace("C4A5B6C7D8E9F0G1H2I3", PIXEL).split()
        opened.gateway.told(*command, "--secret-stdin", told=SECRET)
        opened.gateway.arrange("pixels", "set", PIXEL, "purchase_means=paid")
        yield opened


@pytest.fixture
def api() -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """Stripe's API as far as a session goes: it takes the form and names the session."""
    forms: list[dict[str, list[str]]] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            forms.append(parse_qs(self.rfile.read(length).decode()))
            body = json.dumps({"id": "cs_live_sample", "object": "checkout.session"}).encode()
            self.send_response(200 if self.path == "/v1/checkout/sessions" else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Taking)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", forms
    server.shutdown()
    server.server_close()
    thread.join()


def by_library(code, *arguments, stdin=None, **more):
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(LIBRARY), **more},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def deliver(shop, what, kind, **fields):
    body = encoded(a_stripe_event(what, kind, created=int(time.time()), **fields))
    headers = stripe_headers(body, int(time.time()), SECRET)
    deadline = time.monotonic() + 20
    while True:  # a running gateway knows a new source within a second
        answer = ask(f"{shop.gateway.intake}/in/stripe/lamps", "POST", headers=headers, body=body)
        if answer.status != 401 or time.monotonic() > deadline:
            return answer


@needs_library
def test_the_sample_ties_a_session_to_its_visit_and_its_payment_counts_once(shop, api):
    address, forms = api
    seen = a_purchase(None, order_id=None, checkout_token="cs_live_sample", visitor_id="v-1", consent=GRANTED)
    receipt = shop.post(seen, key=shop.keys["browser"])["receipt"]
    visit = {"ttclid": "E.C.P.sample", "ttp": "ttp-1", "consent_receipt": receipt, "visitor_id": "v-1"}
    visit |= {"ip": "203.0.113.77", "user_agent": "Mozilla/5.0", "url": "https://shop.example/lamps"}
    order = {"lines": [{"price": "price_1", "quantity": 1}], "customer": "42"}
    assert by_library(SAMPLE + RUN, json.dumps([order, visit]), STRIPE=address) == "cs_live_sample"
    (form,) = forms
    metadata = {name[9:-1]: values[0] for name, values in form.items() if name.startswith("metadata[")}
    assert metadata["twinbeam_visitor"] == "v-1"

    session = a_stripe_session("sample", metadata=metadata, payment_status="unpaid")
    assert deliver(shop, session, "checkout.session.completed").status == 202
    shop.wait_steady()
    assert {it["state"] for it in shop.stories(order_id="pi_sample")} == {"held"}
    paid = session | {"payment_status": "paid"}
    for kind in ("checkout.session.async_payment_succeeded", "payment_intent.succeeded", "charge.succeeded") * 2:
        assert deliver(shop, paid, kind).status == 202
    shop.wait_steady()
    [story] = shop.stories(order_id="pi_sample")
    assert (story["state"], story["value"], story["currency"]) == ("delivered", 89.9, "EUR")
    assert sorted(story["channels"]) == ["browser", "webhook"]
    assert len([it for it in shop.tiktok.counted() if it["event_id"] == story["event_id"]]) == 1


@needs_library
def test_what_the_tests_sign_stripes_own_library_takes():
    body = json.dumps(a_stripe_event(a_stripe_session()))
    header = stripe_headers(body.encode(), int(time.time()), SECRET)["Stripe-Signature"]
    assert by_library(CHECK, header, SECRET, stdin=body) == "checkout.session.completed"


def test_every_event_of_the_page_means_something(shop):
    for kind in re.findall("`(.*?)`", EVENTS):
        answer = deliver(shop, {"id": "x_1", "amount": 1, "currency": "eur", "charge": "ch_1"}, kind)
        assert "not_used" not in str(answer.body), kind
