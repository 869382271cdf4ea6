"""The intake behind Debian's nginx, as `docs/howto/operate.md` sets it up."""

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway import Shop, a_shop
from running import Answer, Program, ask, wait_until
from served import Peer, answers_in
from shoppers import a_view
from twinbeam.demo.processes import HOST, free_port

pytestmark = pytest.mark.journey

_CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream twinbeam {{
        server {upstream};
        keepalive 32;
        keepalive_timeout 20s;
    }}
    server {{
        listen {host}:{port};
        client_max_body_size 1m;
        location / {{
            proxy_pass http://twinbeam;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
        location /unbuffered/ {{
            proxy_pass http://twinbeam/;
            proxy_http_version 1.1;
            proxy_request_buffering off;
        }}
    }}
}}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[Shop]:
    with a_shop(tmp_path_factory.mktemp("behind"), join_window_seconds=0, trusted_proxies=HOST) as opened:
        yield opened


@pytest.fixture(scope="module")
def nginx(shop, tmp_path_factory) -> Iterator[int]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None, "nginx is not installed; run scripts/need-nginx"
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # else its worker could not reach this folder
    upstream = urlsplit(shop.gateway.intake).netloc
    config.write_text(_CONFIG.format(folder=folder, user=user, upstream=upstream, host=HOST, port=port))
    running = Program([program, "-e", str(folder / "nginx.log"), "-c", str(config)], folder / "out", {}, folder)
    try:
        wait_until(lambda: _is_up(port, folder), "nginx comes up")
        yield port
    finally:
        running.stop()


def _is_up(port: int, folder: Path) -> bool:
    try:
        return ask(f"http://{HOST}:{port}/healthz").status == 200
    except OSError:
        assert "emerg" not in (folder / "out.err").read_text()
        return False


def posted(shop: Shop, port: int, name: str, path: str = "/v1/events", **headers: str) -> Answer:
    body = json.dumps({"events": [a_view(name)]}).encode()
    credentials = {"Authorization": f"Bearer {shop.keys['server']}"}
    return ask(f"http://{HOST}:{port}{path}", "POST", body=body, headers=credentials | headers)


@pytest.mark.outside("edge")
def test_what_comes_through_nginx_is_taken_once_each(shop, nginx):
    names = [f"through-{n}" for n in range(1_000)]
    with ThreadPoolExecutor(16) as senders:
        statuses = list(senders.map(lambda name: posted(shop, nginx, name).status, names))
    assert statuses == [202] * len(names)
    shop.wait_steady()
    assert {event["event_id"] for event in shop.tiktok.counted()} >= set(names)


def test_an_unbuffered_body_and_one_in_chunks_arrive(shop, nginx):
    assert posted(shop, nginx, "unbuffered", "/unbuffered/v1/events").status == 202
    body = json.dumps({"events": [a_view(f"chunk-{n}") for n in range(300)]}).encode()
    frames = b"".join(
        b"%x\r\n%b\r\n" % (len(part), part) for part in (body[n : n + 777] for n in range(0, len(body), 777))
    )
    for place in ("", "/unbuffered"):
        head = f"POST {place}/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.keys['server']}\r\n"
        peer = Peer(
            nginx,
            head.encode() + b"Transfer-Encoding: chunked\r\n\r\n",
            frames + b"0\r\nX-Forwarded-For: 8.8.8.8\r\n\r\n",
        )
        answer = peer.answer()
        peer.close()
        assert (answer.status, json.loads(answer.body)["accepted"]) == (202, 300)


def test_the_visitors_address_is_the_one_that_the_nearest_proxy_wrote(shop, nginx):
    """Neither what a visitor writes in front of it counts, nor a trailer, which some proxies hand on."""
    body = json.dumps({"events": [a_view("from-afar")]}).encode()
    target = f"/v1/events?key={shop.keys['browser']}"
    written = {"X-Forwarded-For": "9.9.9.9, 8.8.4.4", "User-Agent": "Mozilla/5.0"}
    assert ask(f"http://{HOST}:{nginx}{target}", "POST", body=body, headers=written).status == 202
    trailing = json.dumps({"events": [a_view("trailing")]}).encode()
    head = f"POST {target} HTTP/1.1\r\nX-Forwarded-For: 1.1.1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    frames = b"%x\r\n%b\r\n0\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n" % (len(trailing), trailing)
    peer = Peer(urlsplit(shop.gateway.intake).port, head + frames)
    assert peer.answer().status == 202
    peer.close()
    shop.story("from-afar")
    shop.story("trailing")
    shop.wait_steady()
    sent = {event["event_id"]: json.dumps(event) for event in shop.tiktok.counted(full=1)}
    assert "8.8.4.4" in sent["from-afar"]
    assert "1.1.1.1" in sent["trailing"]
    assert "9.9.9.9" not in str(sent)


def test_an_offer_of_http_2_is_no_hindrance(shop, nginx):
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQ"}
    assert posted(shop, nginx, "offered", **offer).status == 202
    assert posted(shop, urlsplit(shop.gateway.intake).port, "offered-directly", **offer).status == 202


def test_refusals_come_through(shop, nginx):
    assert ask(f"http://{HOST}:{nginx}/v1/events", "POST", body=b"{}").status == 401
    peer = Peer(
        nginx,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        + b"".join(b"x-%d: y\r\n" % n for n in range(120))
        + b"\r\n",
    )
    assert [answer.status for answer in answers_in(peer.rest())] == [431]
    peer.close()
