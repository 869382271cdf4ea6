"""A real browser, a showroom served to it, and what is asked of every page it shows."""

import shutil
import socket
from contextlib import contextmanager
from threading import Thread
from time import monotonic

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from showroom import Showroom
from twinbeam.core.clock import HandClock

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: Texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, AA).
_PALE = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = {};
  const pixel = (colour) => (known[colour] ??= draw(colour));
  const draw = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, ground) => [0, 1, 2].map((i) => (top[i] * top[3] + ground[i] * (255 - top[3])) / 255);
  const light = (colour) => {
    const [r, g, b] = colour.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const behind = (node) => (node ? over(pixel(getComputedStyle(node).backgroundColor), behind(node.parentElement)) : [255, 255, 255]);
  const pale = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.getClientRects().length || node.closest("svg, noscript")) continue;
    const ground = behind(node);
    const lights = [light(ground), light(over(pixel(getComputedStyle(node).color), ground))];
    if (Math.max(...lights) / Math.min(...lights) < 4.5) pale.push(walk.currentNode.data.trim());
  }
  return pale;
}"""


class RunningClock(HandClock):
    """A clock that begins where a HandClock does and goes on by itself, for pages that are watched."""

    def __init__(self) -> None:
        super().__init__()
        self._began = monotonic()

    def now_ms(self) -> int:
        return super().now_ms() + round((monotonic() - self._began) * 1_000)

    def monotonic(self) -> float:
        return self.now_ms() / 1_000


@contextmanager
def a_browser():
    """Start Chromium; raises with the remedy where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise RuntimeError("Chromium is not installed; run scripts/need-chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


class Served:
    """A showroom behind a server on a free port; whoever comes is an owner, unless they have to sign in."""

    def __init__(self, room: Showroom, *, signed_in: bool = True) -> None:
        self.room = room
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        app = _as_owner(room) if signed_in else room.app
        # A slow page may keep the browser from a connection for longer than the usual 5 s: no answer is lost for that.
        config = uvicorn.Config(
            app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1, timeout_keep_alive=600
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()

    def stop(self) -> None:
        """Hang up on everybody; a second call does nothing."""
        self.room.stopping = True
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


def _as_owner(room: Showroom):
    """Give the app of a showroom to which every request is an owner's."""
    cookie = room.signed_in()["cookie"].encode()

    async def app(scope, receive, send):
        await room.app({**scope, "headers": [*scope["headers"], (b"cookie", cookie)]}, receive, send)

    return app


class Visit:
    """One page in a browser window of its own, and what it complained about or fetched."""

    def __init__(self, browser: Browser, url: str, **context) -> None:
        self._context = browser.new_context(**context)
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self.fetched: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.fetched.append(request.url))
        self.page.goto(url)

    def overflow(self) -> int:
        """Tell by how many pixels the page is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    def pale(self) -> list[str]:
        """List the texts that are hard to read."""
        return self.page.evaluate(_PALE)

    def ground(self) -> str:
        """Tell the colour of the page's ground."""
        return self.page.evaluate("getComputedStyle(document.body).backgroundColor")

    def close(self) -> None:
        self._context.close()


def by_menu(page: Page, name: str) -> None:
    """Go to a page that stands in the menu of the head."""
    page.locator("details.more summary").click()
    page.locator("details.more").get_by_role("link", name=name).click()
