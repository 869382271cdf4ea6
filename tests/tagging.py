"""
A shop's pages in Chromium, with the emulator's copy of TikTok's script, the tag, and a real gateway behind them.

The shop's own web server hands the tag's paths on to the gateway, as Caddy or nginx would, so that all of it is one
host. Every name leads to this machine; `*.example` is what pages, scripts and cookies see.
"""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page, Request

from arranging import at_home
from gateway import Shop, TikTokSide, a_shop
from running import PATIENCE_SECONDS, ask, wait_until
from shoppers import a_purchase
from tiktok_emulator.base_code import base_code
from twinbeam.admin import keys, pixels, tokens
from twinbeam.admin.snippet import head_lines
from twinbeam.cli.setup import opened_admin
from twinbeam.core.rules import MAIN, Route
from twinbeam.core.values import KeyKind

T = TypeVar("T")

HOST = "www.shop.example"
SECURE = "www.shop.localhost"  #: to Chromium as good as TLS: it asks for Brotli there, and hashes by itself
ADDRESS = "8.8.4.4"  # what the shop's server says of its visitors: an address that TikTok can use
CHROME = (  # as people have it: one that says that it has no head is a crawler
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.example 127.0.0.1",
]
DENIED = "gtag('consent', 'default', {ad_storage: 'denied', ad_user_data: 'denied', ad_personalization: 'denied'})"
GRANT = "gtag('consent', 'update', {ad_storage: 'granted', ad_user_data: 'granted', ad_personalization: 'granted'})"
REFUSE = "gtag('consent', 'update', {ad_storage: 'denied', ad_user_data: 'denied', ad_personalization: 'denied'})"
GTAG = "<script>window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments) }</script>"
OUTBOX = "JSON.parse(localStorage.getItem('tb_outbox') || '[]').length"  #: what the tag could not bring away yet


class Web(ThreadingHTTPServer):
    """A shop's web server: pages by path, and the gateway below the tag's name."""

    daemon_threads = True

    def __init__(self, intake: str) -> None:
        self.intake = urlsplit(intake).netloc
        self.site = ""  #: the shop's own back end, where it has one: host and port
        self.pages: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []  #: method and path of all that came for the gateway
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        self.handing_on = 0  #: requests that are with the gateway
        self.counting = threading.Lock()
        self.forms: list[dict[str, str]] = []  #: what came for the shop itself
        self.delays: dict[str, float] = {}  #: by the beginning of a path: how many seconds the gateway seems to need
        self.refusals: dict[str, list[int]] = {}  #: likewise: what it answers first, one status after the other
        super().__init__(("127.0.0.1", 0), Answering)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def handle_error(self, *_) -> None:
        """Take it calmly when a closing browser drops its connections."""


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Web

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/t.js" or path.startswith("/t/"):
            self.hand_on(b"")
        elif (page := self.server.pages.get(path)) is None:
            if self.server.site:
                self.answer(*self.ask(self.server.site, b""))
            else:
                self.answer(404, (), b"")
        else:
            headers = {"Content-Type": "text/html; charset=utf-8", **self.server.headers}
            self.answer(200, headers.items(), page.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if urlsplit(self.path).path in self.server.pages:
            self.server.forms.append(dict(parse_qsl(body.decode(), keep_blank_values=True)))
            self.do_GET()
        elif self.server.site and not self.path.startswith(("/t/", "/v1/")):
            self.answer(*self.ask(self.server.site, body))
        else:
            self.hand_on(body)

    do_OPTIONS = do_POST  # noqa: N815 -- the name that http.server looks for

    def hand_on(self, body: bytes) -> None:
        """Do what a reverse proxy does; the host stays, the visitor's address is added."""
        self.server.asked.append((self.command, self.path))
        time.sleep(
            max((delay for begin, delay in self.server.delays.items() if self.path.startswith(begin)), default=0)
        )
        for begin, statuses in self.server.refusals.items():
            if self.path.startswith(begin) and statuses:
                self.answer(statuses.pop(0), (), b"")
                return
        with self.server.counting:
            self.server.handing_on += 1
        try:
            answer = self.ask(self.server.intake, body)
            if body:  # noted once the gateway has it: who then waits for a steady gateway waits for this
                self.server.bodies.append((urlsplit(self.path).path, json.loads(body)))
        finally:
            with self.server.counting:
                self.server.handing_on -= 1
        self.answer(*answer)

    def ask(self, place: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        with closing(HTTPConnection(place, timeout=30)) as connection:
            connection.request(self.command, self.path, body, {**headers, "X-Forwarded-For": ADDRESS})
            answer = connection.getresponse()
            hops = {"connection", "content-length", "transfer-encoding"}
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in hops]
            return answer.status, kept, answer.read()

    def answer(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


def snippet(key: str, **attributes: str) -> str:
    """Give the head's first lines, as `twinbeam tag snippet` prints them."""
    return "".join(head_lines(key, "/t", attributes, nonce="", sri=False))


class Plot(NamedTuple):
    """Where a shop can be opened: its pixels, and its keys by their kind."""

    codes: list[str]
    keys: dict[str, str]


def furnish(groups: list[list[str]]) -> list[Plot]:
    """Make pixels with a token each, and for each group of them its keys, where the environment says."""
    made = []
    with opened_admin() as admin:
        for codes in groups:
            for code in codes:
                pixels.add(admin, pixels.NewPixel(code, consent="require"))
                pixels.decide(admin, MAIN, code, {"native_wait_seconds": "0"})
                tokens.save(admin, MAIN, code, f"token-of-{code}")
            routes = tuple(map(Route, codes))
            created = {it: keys.create(admin, keys.NewKey(KeyKind(it), it, routes)) for it in ("browser", "server")}
            made.append(Plot(codes, {kind: key.text for kind, key in created.items()}))
    return made


class Street:
    """A gateway, TikTok's side and a browser; shops are opened on it one by one, each with a pixel of its own."""

    def __init__(self, shop: Shop, browser: Browser) -> None:
        self.shop = shop
        self.browser = browser
        self._plots: list[Plot] = []
        self._count = 0

    def plot(self, pixels: int) -> Plot:
        """Give pixels that nobody has used, and their keys; made by the dozen, because a gateway needs a while to know them."""
        if pixels > 1:
            return self._furnish([self._codes(pixels)])[0]
        if not self._plots:
            self._plots = self._furnish([self._codes(1) for _ in range(12)])
        return self._plots.pop(0)

    def _codes(self, pixels: int) -> list[str]:
        self._count += pixels
        return [f"C0TAGSITUATION{self._count - each:06}" for each in range(pixels)]

    def _furnish(self, groups: list[list[str]]) -> list[Plot]:
        for code in itertools.chain(*groups):
            self.shop.tiktok.add_pixel(code, f"token-of-{code}")
        made = at_home(self.shop.gateway.settings, lambda: furnish(groups))
        last = made[-1].keys["server"]
        wait_until(lambda: self.shop.send(b"", key=last).status != 401, "the new keys are known")
        for plot in made:  # one visitor in ten minutes gets the part that looks at the page: not those of these tests
            ask(f"{self.shop.gateway.intake}/t.js?key={plot.keys['browser']}")
        return made

    @contextmanager
    def opened(self, *, pixels: int = 1, **context: Any) -> Iterator["Corner"]:
        """Open a shop, and a browser window for its visitor."""
        plot = self.plot(pixels)
        web = Web(self.shop.gateway.intake)
        visited = self.browser.new_context(**{"user_agent": CHROME, **context})
        corner = Corner(self.shop, plot, web, visited)
        try:
            yield corner
        finally:
            visited.close()
            web.shutdown()
            web.server_close()


class Corner:
    """One shop on the street, and one visitor's browser."""

    def __init__(self, shop: Shop, plot: Plot, web: Web, context: BrowserContext) -> None:
        self.shop = shop
        self.codes, self.keys = plot
        self.web = web
        self.tiktok: TikTokSide = shop.tiktok
        self.script_host = f"http://analytics.tiktok.example:{urlsplit(self.tiktok.url).port}"
        self.allowed = False  #: whether this visitor has given a permission
        self.early: list[str] = []  #: requests about the visitor before that
        self.early_native: list[str] = []  #: requests to TikTok before that
        self.refusals = 0  #: statements of a refusal by tokens that the shop's server knows as well
        self.fetched: list[Request] = []
        self.complaints: list[str] = []
        self.window(context)

    def window(self, context: BrowserContext) -> None:
        """Watch a browser window of this visitor's from now on."""
        self.context = context
        context.on("request", self._asked)
        context.on("requestfinished", lambda request: self.fetched.append(request))  # noqa: PLW0108 -- it needs a function
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _asked(self, request: Request) -> None:
        if request.url.startswith(self.script_host):
            if not self.allowed:
                self.early_native.append(request.url)
        elif request.method == "POST" and _says(request):
            self.refusals += 1
        elif request.method != "GET" and not self.allowed and not self._is_own(request.url):
            self.early.append(request.url)

    def _is_own(self, url: str) -> bool:
        """Tell whether a request is the shop's own affair, such as an order."""
        return bool(self.web.site) and not urlsplit(url).path.startswith(("/t/", "/v1/"))

    def base(self, code: str = "") -> str:
        """Give TikTok's base code as a shop has it in its pages."""
        return base_code(code or self.codes[0], self.script_host)

    def head(self, before: str = "", base: str | None = None, **attributes: str) -> str:
        """Give the head of a page: consent tool, tag, TikTok's base code."""
        code = self.base() if base is None else base
        return f"{GTAG}<script>{before}</script>{snippet(self.keys['browser'], **attributes)}{code}"

    def slow_script(self, seconds: float) -> None:
        """Let TikTok's script need so long to come, until `tiktok.heal`."""
        trouble = {"kind": "delay", "path": "/i18n/pixel/events.js", "seconds": seconds}
        ask(f"{self.tiktok.url}/_control/trouble", "POST", body=json.dumps(trouble).encode())

    def page(self, path: str, *calls: str, head: str | None = None, **how: Any) -> None:
        """Put a page on the web server, with calls in scripts at the end of its body."""
        body = "".join(f"<script>{call}</script>" for call in calls)
        self.web.pages[path] = (
            "<!doctype html><html><head><title>Shop</title><link rel=icon href=data:,>"
            f"{self.head(**how) if head is None else head}</head><body><h1>Shop</h1>{body}</body></html>"
        )

    def url(self, path: str, host: str = HOST) -> str:
        return f"http://{host}:{self.web.port}{path}"

    def visit(self, path: str, page: Page | None = None, *, allowed: bool | None = None, host: str = HOST) -> Page:
        """Open a page; `allowed` tells that the visitor permitted before, or that the page grants by itself."""
        self.allowed = self.allowed if allowed is None else allowed
        page = page or self.context.new_page()
        page.goto(self.url(path, host))
        return page

    def answer(self, page: Page, *, yes: bool) -> None:
        """Click in the banner."""
        self.allowed = yes or self.allowed
        page.evaluate(f"banner({json.dumps(yes)})")

    def rule(self, *assignments: str, shows: str = "") -> None:
        """Decide rules of the pixel; where they show in the tag's own file, wait until they do."""
        self.shop.gateway.arrange("pixels", "set", self.codes[0], *assignments)
        address = f"{self.shop.gateway.intake}/t.js?key={self.keys['browser']}"
        wait_until(lambda: shows.encode() in ask(address).body, f"the tag says {shows}")

    def order(self, order_id: str, **fields: Any) -> None:
        """Let the shop's server report an order; it knows nothing of the banner."""
        event = a_purchase(None, order_id=order_id, user=None, consent=None, **fields)
        self.shop.post(event, key=self.keys["server"])

    def counted(self, *, pageviews: bool = False) -> list[dict[str, Any]]:
        """List what TikTok counts for this shop, without page views unless they are asked for."""
        found = [event for event in self.tiktok.counted() if event["pixel"] in self.codes]
        return [event for event in found if pageviews or event["event"] != "Pageview"]

    def expect(self, *wanted: tuple[str, str], pageviews: bool = False) -> list[dict[str, Any]]:
        """Wait until TikTok counts these events, each with the side or sides it heard of it, and nothing else."""
        got: list[tuple[str, str]] = []

        def there() -> bool:
            got[:] = sorted((event["event"], event["connection"]) for event in self.counted(pageviews=pageviews))
            return got == sorted(wanted)

        try:
            self.until(there, f"TikTok counts {sorted(wanted)}", 20)
            self.shop.wait_steady()
            assert there()
        except AssertionError as error:
            raise AssertionError(f"{error}; it counts {got}; the gateway got {self.told()}") from None
        return self.counted(pageviews=pageviews)

    def until(self, find: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS) -> T:
        """Look until there is something to find; meanwhile the browser may tell what it does."""
        deadline = time.monotonic() + seconds
        while not (found := find()):
            assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s; the gateway got {self.told()}"
            self.listen()
        return found

    def listen(self) -> None:
        """Hear what the browser has to tell: it is heard only while something is asked of it."""
        pages = self.context.pages
        if not pages:
            time.sleep(0.03)
            return
        with suppress(Error):  # it may be closing just now
            pages[-1].wait_for_timeout(30)

    def sent(self, path: str = "/t/e") -> list[dict[str, Any]]:
        """List the events, or statements, that came for the gateway; of what is just answered it waits for the note."""
        wait_until(lambda: not self.web.handing_on, "the gateway has answered")
        return [each for where, body in self.web.bodies if where == path for each in next(iter(body.values()))]

    def told(self) -> list[tuple[str, str]]:
        """List what the tag told of events, and of what TikTok's script did with them."""
        return [(event["event"], event["native"]) for event in self.sent()]

    def findings(self) -> set[str]:
        """List what the tag found out about the pages."""
        return {finding for event in self.sent() for finding in event.get("observed", [])}


def _says(request: Request) -> bool:
    """Tell whether a request is a statement about consent by tokens that the shop's server knows as well."""
    return any(path in request.url for path in ("/t/c?", "/v1/consent?")) and '"visitor_id"' not in (
        request.post_data or ""
    )


@contextmanager
def a_street(folder: Path, browser: Browser) -> Iterator[Street]:
    """Bring the gateway and TikTok's side up."""
    with a_shop(folder, trusted_proxies="127.0.0.1", join_window_seconds=0) as shop:
        yield Street(shop, browser)
