"""The snippets for nginx and Caddy, in front of servers that remember what reached them."""

import os
import shutil
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from backends import HOST, Backend, Reached
from proxying import certificate_for
from running import Program, ask, wait_until
from twinbeam.demo.processes import free_port

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "install"
CADDY = shutil.which("caddy") or shutil.which("caddy", path=ROOT / "build" / "caddy" / "usr" / "bin")
EVENTS_HOST = "events.shop.example"

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
{user}
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/twinbeam-upstream.conf;
    server {{
        listen {host}:{port};
        include {folder}/twinbeam-same-host.conf;
        location / {{ proxy_pass http://{host}:{shop}; }}
    }}
    include {folder}/twinbeam-own-host.conf;
}}
"""

CADDYFILE = """
{{
	admin off
	auto_https off
}}
:{port} {{
	bind {host}
	import {snippet}
	reverse_proxy {host}:{shop}
}}
"""


class Front:
    """A web server of the shop, the gateway and the shop itself behind it."""

    def __init__(self, port: int, folder: Path, gateway: Backend, shop: Backend) -> None:
        self.url = f"http://{HOST}:{port}"
        self.folder, self.gateway, self.shop = folder, gateway, shop
        self.own_port = free_port()

    def ask(self, target: str, method: str = "GET", body: bytes | None = None, **headers: str) -> str:
        """Make a request, and tell who has answered."""
        return ask(self.url + target, method, body=body, headers=headers).body.decode()

    def last(self) -> Reached:
        return self.gateway.requests[-1]


@contextmanager
def nginx(front: Front) -> Iterator[Front]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None, "nginx is not installed; run scripts/need-nginx"
    folder = front.folder
    certificate = certificate_for(EVENTS_HOST, folder / "certificate.pem")
    for file in sorted((INSTALL / "nginx").glob("*.conf")):
        text = file.read_text().replace("127.0.0.1:8700", f"{HOST}:{front.gateway.port}")
        text = text.replace("listen 443 ssl", f"listen {HOST}:{front.own_port} ssl")
        for name in ("fullchain", "privkey"):
            text = text.replace(f"/etc/letsencrypt/live/{EVENTS_HOST}/{name}.pem", str(certificate))
        (folder / file.name).write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""  # else its worker could not reach this folder
    port = front.url.rpartition(":")[2]
    text = NGINX.format(folder=folder, user=user, host=HOST, port=port, shop=front.shop.port)
    (folder / "nginx.conf").write_text(text)
    yield from started(front, [program, "-e", f"{folder}/nginx.log", "-c", f"{folder}/nginx.conf"])


@contextmanager
def caddy(front: Front) -> Iterator[Front]:
    if CADDY is None:
        pytest.skip("Caddy is not here; scripts/need-caddy fetches it")
    snippet = front.folder / "same-host.caddy"
    text = (INSTALL / "caddy" / "same-host.caddy").read_text()
    snippet.write_text(text.replace("127.0.0.1:8700", f"{HOST}:{front.gateway.port}"))
    port = front.url.rpartition(":")[2]
    text = CADDYFILE.format(host=HOST, port=port, snippet=snippet, shop=front.shop.port)
    (front.folder / "Caddyfile").write_text(text)
    yield from started(front, [CADDY, "run", "--config", f"{front.folder}/Caddyfile", "--adapter", "caddyfile"])


def started(front: Front, command: list[str]) -> Iterator[Front]:
    homes = {"HOME": str(front.folder), "XDG_DATA_HOME": str(front.folder), "XDG_CONFIG_HOME": str(front.folder)}
    running = Program(command, front.folder / "out", homes, front.folder)
    try:
        wait_until(lambda: is_up(front, running), "the web server comes up")
        front.shop.requests.clear()
        yield front
    finally:
        running.stop()


def is_up(front: Front, running: Program) -> bool:
    try:
        return front.ask("/") == "shop"
    except OSError:
        assert running.process.poll() is None, (front.folder / "out.err").read_text()
        return False


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def front(request, tmp_path_factory):
    with ExitStack() as open_:
        gateway, shop = (open_.enter_context(Backend(name).serving()) for name in ("gateway", "shop"))
        bare = Front(free_port(), tmp_path_factory.mktemp("front"), gateway, shop)
        yield open_.enter_context(request.param(bare))


@pytest.mark.parametrize(
    "target",
    ["/t.js?key=tbb_a%2Fb&mode=own", "/t/e?key=tbb_1&a=0", "/t/k?key=tbb_1", "/t/CKm-l73rlw/own.js"],
)
def test_what_begins_with_the_tags_name_reaches_the_gateway_as_it_is(front, target):
    assert front.ask(target) == "gateway"
    assert front.last().target == target


@pytest.mark.parametrize("target", ["/", "/t", "/tx", "/thanks", "/t.json", "/t.js.map", "/shop/t.js", "/v1/events"])
def test_everything_else_is_the_shops(front, target):
    seen = len(front.gateway.requests)
    assert front.ask(target) == "shop"
    assert len(front.gateway.requests) == seen


def test_the_shops_session_and_passwords_stay_with_the_shop(front):
    front.ask("/t/e", "POST", b"{}", Cookie="session=secret", Authorization="Basic c2hvcDpzZWNyZXQ=")
    reached = front.last()
    assert (reached.method, reached.body) == ("POST", b"{}")
    assert not reached.headers.keys() & {"cookie", "authorization"}
    front.ask("/cart", Cookie="session=secret", Authorization="Basic c2hvcDpzZWNyZXQ=")
    assert front.shop.requests[-1].headers["cookie"] == "session=secret"


def test_what_tells_the_gateway_about_page_and_visitor_arrives(front):
    sent = {
        "Origin": "https://shop.example",
        "User-Agent": "Mozilla/5.0 (iPhone)",
        "Sec-GPC": "1",
        "Host": "shop.example",
    }
    sent |= {"Sec-Fetch-Site": "same-origin", "Content-Type": "text/plain"}
    front.ask("/t/e", "POST", b"{}", **sent)
    assert {name: front.last().headers.get(name.lower()) for name in sent} == sent


def test_nobody_can_pass_for_another_visitor(front):
    front.ask("/t/e", "POST", b"{}", **{"X-Forwarded-For": "203.0.113.9"})
    assert front.last().headers["x-forwarded-for"].split(",")[-1].strip() == HOST


def test_the_cookie_that_the_gateway_sets_reaches_the_page(front):
    assert ask(f"{front.url}/t/k", "POST", body=b"{}").headers["set-cookie"] == "from=gateway"


def test_a_body_at_the_gateways_limit_passes(front):
    assert front.ask("/t/e", "POST", b"x" * 1_048_576) == "gateway"
    assert len(front.last().body) == 1_048_576


def test_browser_keys_stay_out_of_the_access_log(front):
    front.ask("/t/e?key=tbb_in_no_log", "POST", b"{}")
    front.ask("/seen-in-the-log")
    logs = [file.read_text() for file in front.folder.glob("*.log")] + [(front.folder / "out.err").read_text()]
    assert not any("tbb_in_no_log" in text for text in logs)


# ---- a host of its own ----


def test_nginx_hands_everything_of_the_own_host_on_with_the_servers_key(tmp_path):
    with ExitStack() as open_:
        gateway, shop = (open_.enter_context(Backend(name).serving()) for name in ("gateway", "shop"))
        front = open_.enter_context(nginx(Front(free_port(), tmp_path, gateway, shop)))
        trusting = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
        trusting.check_hostname = False  # the address is this machine's
        connection = HTTPSConnection(HOST, front.own_port, context=trusting, timeout=10)
        connection.request("POST", "/v1/events", b"{}", {"Authorization": "Bearer tbs_1", "Host": EVENTS_HOST})
        assert connection.getresponse().read() == b"gateway"
        connection.close()
        assert front.last().target == "/v1/events"
        assert front.last().headers["authorization"] == "Bearer tbs_1"
        assert front.last().headers["x-forwarded-for"] == HOST


@pytest.mark.skipif(CADDY is None, reason="Caddy is not here; scripts/need-caddy fetches it")
def test_the_caddy_of_compose_hands_on_the_gateway_and_to_this_machine_the_pages(tmp_path):
    with ExitStack() as open_:
        gateway, pages = (open_.enter_context(Backend(name).serving()) for name in ("gateway", "pages"))
        public, private = free_port(), free_port()
        text = (INSTALL / "compose" / "Caddyfile").read_text()
        for written, real in (("8700", gateway.port), ("8701", pages.port), ("8781", private)):
            assert f":{written} " in text
            text = text.replace(f":{written} ", f":{real} ")
        (tmp_path / "Caddyfile").write_text("{\n\tadmin off\n}\n" + text)
        settings = {"GATEWAY_HOST": f"http://{HOST}:{public}", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
        command = [CADDY, "run", "--config", f"{tmp_path}/Caddyfile", "--adapter", "caddyfile"]
        running = Program(command, tmp_path / "out", settings, tmp_path)
        open_.callback(running.stop)
        front = Front(public, tmp_path, gateway, pages)
        wait_until(lambda: answers(front), "Caddy comes up")
        front.ask("/v1/events", "POST", b"{}", Authorization="Bearer tbs_1")
        assert front.last().headers["authorization"] == "Bearer tbs_1"
        assert front.last().headers["x-forwarded-for"] == HOST
        assert ask(f"http://{HOST}:{private}/", headers={"Host": "localhost:8701"}).body == b"pages"
        assert pages.requests[-1].headers["host"] == HOST


def answers(front: Front) -> bool:
    try:
        return front.ask("/healthz") == "gateway"
    except OSError:
        return False
