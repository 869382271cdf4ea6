"""The samples of docs/howto/install-plain-page.md as they stand there, against a real gateway."""

import hashlib
import hmac
import json
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from gateway import a_shop
from running import Program, ask, wait_until
from twinbeam.demo.processes import HOST, free_port

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "howto" / "install-plain-page.md").read_text()
DJANGO = ROOT / "build" / "django"
SECRET = "5f4dcc3b5aa765d61d8327deb882cf99"

PHP_SHOP = """<?php
function take_payment(array $post): array
{
    return [
        'id' => $post['order_id'], 'email' => $post['email'], 'paid_at' => time(), 'total' => 49.9, 'currency' => 'EUR',
        'contents' => [['content_id' => 'hat', 'quantity' => 2, 'price' => 24.95]],
    ];
}
function save(array $order): void
{
    file_put_contents('saved.json', json_encode($order));
}
"""

PYTHON_SHOP = """
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def take_payment(post):
    return {
        "id": post["order_id"], "email": post["email"], "paid_at": int(time.time()), "total": 49.9, "currency": "EUR",
        "contents": [{"content_id": "hat", "quantity": 2, "price": 24.95}],
    }


def save(order):
    Path("saved.json").write_text(json.dumps(order))
"""

DJANGO_SITE = """
import sys
from django.urls import path

if __name__ == "__main__":
    from django.conf import settings
    from django.core.management import execute_from_command_line

    settings.configure(
        DEBUG=False, SECRET_KEY="s", ALLOWED_HOSTS=["*"], ROOT_URLCONF="site_of_a_shop", INSTALLED_APPS=[],
        MIDDLEWARE=[], TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["."]}],
    )
    execute_from_command_line(["manage", "runserver", "--noreload", "--nothreading", "--skip-checks", sys.argv[1]])
else:
    from views import order
    urlpatterns = [path("order.php", order)]
"""


def block(language, begins):
    """Give the one code block of the page that begins so."""
    [found] = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if begins in text]
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("shop"), join_window_seconds=0) as opened:
        yield opened


def php(folder, address):
    program = shutil.which("php")
    if not program:
        pytest.skip("PHP is not here; scripts/need-samples fetches it")
    (folder / "twinbeam.php").write_text(block("php", "function report_purchase"))
    (folder / "order.php").write_text(block("php", "require 'twinbeam.php'"))
    (folder / "shop.php").write_text(PHP_SHOP)
    return [program, "-d", "variables_order=EGPCS", "-S", address, "-t", str(folder)], {}


def django(folder, address):
    if not DJANGO.is_dir():
        pytest.skip("Django is not here; scripts/need-samples fetches it")
    (folder / "twinbeam.py").write_text(block("python", "def report_purchase"))
    (folder / "views.py").write_text(block("python", "from django.shortcuts"))
    (folder / "order.html").write_text(block("html", "json_script"))
    (folder / "shop.py").write_text(PYTHON_SHOP)
    (folder / "site_of_a_shop.py").write_text(DJANGO_SITE)
    # In front of everything: the shop's own `twinbeam` is meant, as in a shop that has no gateway installed.
    return [sys.executable, "-S", "site_of_a_shop.py", address], {"PYTHONPATH": f"{folder}:{DJANGO}"}


class Site:
    """A shop's own back end, and one visitor's browser with the tag."""

    def __init__(self, shop, folder, url):
        self.shop, self.folder, self.url = shop, folder, url

    def browse(self, path, body):
        address = f"{self.shop.gateway.intake}{path}?key={self.shop.keys['browser']}"
        answer = ask(address, "POST", body=json.dumps(body).encode(), headers={"Content-Type": "text/plain"})
        assert answer.status == 202, answer.body
        return answer.json

    def buy(self, order_id, **fields):
        """Send the form; give what the page behind it hands to `ttq.track`."""
        form = {"order_id": order_id, "email": "ada@example.com"}
        form |= {f"twinbeam_{name}": fields.get(name, "") for name in hidden_fields()}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Mozilla/5.0 (iPhone)"}
        answer = ask(f"{self.url}/order.php", "POST", body=urlencode(form).encode(), headers=headers)
        assert answer.status == 200, answer.body
        text = answer.body.decode()
        assert "ttq.track('Purchase'" in text
        return json.loads(re.search(r"\{.*\}", text)[0])

    def saved(self):
        return json.loads((self.folder / "saved.json").read_text())


def hidden_fields():
    return re.findall(r'name="twinbeam_(\w+)"', block("html", "<form"))


@contextmanager
def a_site(shop, folder, language, key: str) -> Iterator[Site]:
    address = f"{HOST}:{free_port()}"
    command, more = language(folder, address)
    settings = {"EVENTS_URL": shop.gateway.intake, "EVENTS_KEY": key, "ORDER_SECRET": SECRET, **more}
    running = Program(command, folder / "site", settings, folder)
    try:
        wait_until(lambda: is_up(f"http://{address}/nothing"), f"the site comes up: {folder}/site.err")
        yield Site(shop, folder, f"http://{address}")
    finally:
        running.stop()


@pytest.fixture(params=[php, django], ids=["php", "django"])
def language(request):
    return request.param


@pytest.fixture
def site(language, shop, tmp_path):
    with a_site(shop, tmp_path, language, shop.keys["server"]) as opened:
        yield opened


def is_up(url):
    try:
        return ask(url).status
    except OSError:
        return False


def order_of(site):
    return f"{site.folder.name}-{time.monotonic_ns()}"


def token_of(order_id):
    return hmac.new(SECRET.encode(), order_id.encode(), hashlib.sha256).hexdigest()


def event_id_of(order_id):
    """Give the id that the gateway makes of an order token: docs/reference/identifiers.md, "The recipe"."""
    return "token-" + hashlib.sha256(f"token\nPurchase\n{token_of(order_id)}".encode()).hexdigest()[:32]


GRANTED = {"ad_storage": "granted", "ad_user_data": "granted", "source": "cookiebot"}


def test_page_and_server_report_one_purchase_and_the_receipt_permits_the_servers_copy(site):
    order_id, visitor = order_of(site), f"v-{time.monotonic_ns()}"
    view = {"event": "ViewContent", "event_id": f"view-{order_id}", "visitor_id": visitor, "consent": GRANTED}
    receipt = site.browse("/v1/events", {"events": [view]})["receipt"]
    asked = site.buy(
        order_id,
        visitor_id=visitor,
        consent_receipt=receipt,
        ttclid="E.C.P.click",
        page_url="https://shop.example/cart",
    )
    assert site.saved()["reported"] is True
    purchase = {"event": "Purchase", "order_id": asked["order_id"], "order_token": asked["order_token"]}
    site.browse("/v1/events", {"events": [{**purchase, "visitor_id": visitor, "consent": GRANTED}]})
    [story] = wait_until(
        lambda: [s for s in site.shop.stories(5, order_id=order_id) if len(s["copies"]) == 2], "both copies are one"
    )
    assert story["state"] == "delivered"
    assert {copy["channel"] for copy in story["copies"]} == {"browser", "server"}
    [counted] = [event for event in site.shop.tiktok.counted() if event["order_id"] == order_id]
    assert counted["event_id"] == event_id_of(order_id)
    assert {"email", "ttclid", "user_agent"} <= set(counted["user_keys"])
    assert counted["value"] == 49.9


def test_without_a_permission_the_order_is_held_and_the_forms_empty_fields_do_no_harm(site):
    order_id = order_of(site)
    site.buy(order_id)
    assert site.saved()["reported"] is True
    assert site.shop.story(event_id_of(order_id), wait=0)["state"] == "held"
    assert [event for event in site.shop.tiktok.counted() if event["order_id"] == order_id] == []


def test_a_gateway_that_refuses_leaves_the_order_to_be_reported_later_and_the_visitor_is_thanked(
    language, shop, tmp_path
):
    with a_site(shop, tmp_path, language, "tbs_mistyped") as site:
        order_id = order_of(site)
        site.buy(order_id)
        assert site.saved()["reported"] is False
        assert "invalid_write_key" in (tmp_path / "site.err").read_text()
    assert shop.stories(order_id=order_id) == []


def test_the_order_token_is_the_one_that_the_reference_describes(site):
    order_id = order_of(site)
    assert site.buy(order_id)["order_token"] == token_of(order_id)
