"""
The gateway and TikTok's side as real processes, for journeys: free ports, one folder, and always an end.

    with a_shop(folder, join_window_seconds=0) as shop:
        shop.post(a_purchase("order-1"))
        assert shop.story("order-1")["state"] == "delivered"
"""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from arranging import arranged
from one_time_link import form_token, opened
from running import CHECKOUT, PATIENCE_SECONDS, Answer, Installation, Program, answers, ask, wait_until
from twinbeam.core.errors import StorageBusy
from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.demo.processes import HOST, clean_environment, free_port
from twinbeam.engines.journals.sqlite import SqliteJournalReader, slots
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader
from twinbeam.settings import load

PIXEL = "C0JOURNEYPIXELCODE01"
TOKEN = "journey-token-7d1f4c2a9b"
#: A trial is a request of its own, which TikTok's side would note: tests that are about it ask for one.
TOKEN_TOLD = ("--token-stdin", "--untried")
_UNDER_WAY = UNSENT - {State.HELD}


class TikTokSide:
    """The emulator as a process, and its control API."""

    def __init__(self, folder: Path, installed: Installation = CHECKOUT) -> None:
        port = free_port()
        self.url = f"http://{HOST}:{port}"
        self.expected_faults: set[str] = set()
        arguments = [*installed.emulator, "--host", HOST, "--port", str(port)]
        self._program = Program(arguments, folder / "emulator", installed.environment, folder)
        wait_until(lambda: answers(f"{self.url}/_control"), "the emulator comes up")
        self.add_pixel(PIXEL, TOKEN)

    def add_pixel(self, code: str, token: str, advertiser: str = "7000000000000000001") -> None:
        """Make a pixel, and a token that may write to it."""
        self.post("accounts", pixels=[{"code": code, "advertiser_id": advertiser}])
        self.post("accounts", tokens=[{"token": token, "advertiser_ids": [advertiser]}])

    def post(self, path: str, **body: Any) -> Any:
        """Tell the control API something."""
        answer = ask(f"{self.url}/_control/{path}", "POST", body=json.dumps(body).encode())
        assert answer.status == 200, answer.body
        return answer.json

    def get(self, path: str, **query: Any) -> Any:
        """Ask the control API something."""
        answer = ask(f"{self.url}/_control/{path}?{urlencode(query)}")
        assert answer.status == 200, answer.body
        return answer.json

    def trouble(self, kind: str, **script: Any) -> None:
        """Let something go wrong from now on."""
        self.post("trouble", kind=kind, **script)

    def heal(self) -> None:
        """Take all scripted trouble away."""
        ask(f"{self.url}/_control/trouble", "DELETE")

    def all_of(self, path: str, **query: Any) -> list[Any]:
        """Read a list of the control API to its end."""
        items: list[Any] = []
        page = {"next": 0, "more": True}
        while page["more"]:
            page = self.get(path, after=page["next"], limit=10_000, **query)
            items += page["items"]
        return items

    def counted(self, **query: Any) -> list[Any]:
        """List the events that count."""
        return self.all_of("counted", **query)

    def requests(self, **query: Any) -> list[Any]:
        """List the requests as they came, whatever became of them."""
        return [call for call in self.all_of("requests", **query) if call["method"] == "POST"]

    def stop(self) -> list[str]:
        """End it and give the grave faults nobody expected."""
        try:
            grave = self.get("faults", grave=1, limit=1_000)["items"]
        finally:
            self._program.stop()
        return [f"{fault['rule']}: {fault}" for fault in grave if fault["rule"] not in self.expected_faults]


class Gateway:
    """`twinbeam serve` on ports and in folders of its own; may be stopped, killed and started again."""

    def __init__(
        self, folder: Path, tiktok_url: str, wishes: Mapping[str, object], installed: Installation = CHECKOUT
    ) -> None:
        self.folder = folder
        self.data = folder / "state"
        self.log = folder / "gateway.err"
        intake = free_port()
        pages = next(port for port in iter(free_port, None) if port != intake)  # now and then one is drawn twice
        self.intake, self.pages = f"http://{HOST}:{intake}", f"http://{HOST}:{pages}"
        self.command = installed.twinbeam
        self._environment = installed.environment
        own = {
            "data": self.data,
            "keyring": folder / "keyring.json",
            "listen": urlsplit(self.intake).netloc,
            "dashboard": urlsplit(self.pages).netloc,
            "tiktok_url": tiktok_url,
            "disk_reserve_mb": 1,
        }
        chosen = {f"TWINBEAM_{name.upper()}": str(value) for name, value in {**own, **wishes}.items()}
        self.settings = {**installed.environment, **chosen}
        self._program: Program | None = None
        self._owner: dict[str, str] = {}  #: the cookie of whoever signed in

    @property
    def supervisor(self) -> subprocess.Popen[bytes]:
        assert self._program is not None, "the gateway was never started"
        return self._program.process

    @property
    def is_running(self) -> bool:
        return self._program is not None and self._program.process.poll() is None

    def run(self, *arguments: str, told: str = "", **wishes: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours to its end."""
        return subprocess.run(
            [*self.command, *arguments],
            input=told,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            env=clean_environment({**self.settings, **wishes}),
            cwd=self.folder,
            check=False,
        )

    def told(self, *arguments: str, told: str = "") -> str:
        """Run a command that must work, and give what it printed."""
        done = self.run(*arguments, told=told)
        assert done.returncode == 0, f"twinbeam {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def arrange(self, *arguments: str, told: str = "") -> str:
        """Carry out a command that must work, without a process of its own where ours would be the same."""
        if (self.command, self._environment) != (CHECKOUT.twinbeam, CHECKOUT.environment):
            return self.told(*arguments, told=told)
        return arranged(self.settings, *arguments, told=told)

    def launch(self) -> None:
        """Start it without waiting."""
        self._program = Program([*self.command, "serve"], self.log, self.settings, self.folder)

    def start(self) -> None:
        """Start it and wait until both sides are ready."""
        self.launch()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until events are taken and stories are told."""
        for url in (self.intake, self.pages):
            wait_until(lambda url=url: answers(f"{url}/readyz"), f"the gateway is ready; see {self.log}")

    def stop(self) -> int:
        """Stop it, whatever state it is in; gives the exit status."""
        with contextlib.suppress(KeyError, ProcessLookupError):
            os.kill(self.pid("writer"), signal.SIGCONT)
        return self._program.stop() if self._program is not None else 0

    def lines(self) -> list[dict[str, Any]]:
        """Read the log; what is not a line of ours is given as its text."""
        texts = self.log.read_text().splitlines()
        return [json.loads(text) if text.startswith("{") else {"event": text} for text in texts]

    def pids(self) -> dict[str, int]:
        """Name the running processes: supervisor, writer, ingest-0 and on."""
        started = {line["child"]: line["pid"] for line in self.lines() if line["event"] == "child.started"}
        return {"supervisor": self.supervisor.pid} | {name: pid for name, pid in started.items() if is_ours(pid)}

    def pid(self, name: str) -> int:
        """Give the process id of one of them; raises KeyError while it does not run."""
        return self.pids()[name]

    def signed_in(self) -> dict[str, str]:
        """Give what an owner's browser sends with each request; the first time by a one-time link."""
        if not self._owner:
            self._owner = {"Cookie": opened(self.arrange("users", "link").strip())}
        return self._owner

    def page(self, path: str) -> Answer:
        """Look at a page as an owner."""
        return ask(f"{self.pages}{path}", headers=self.signed_in())

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form of a page as an owner."""
        body = urlencode({"csrf": form_token(self.page("/account")), **fields}).encode()
        return ask(f"{self.pages}{path}", "POST", body=body, headers=self.signed_in())

    def is_steady(self) -> bool:
        """Tell whether nothing waits to be recorded, sent or answered; what is held waits for somebody's word."""
        return answers(f"{self.intake}/readyz") and self.pending() == 0 and not _UNDER_WAY & set(self.states())

    def states(self) -> dict[str, int]:
        """Count the conversions by state, straight from the store: metrics are up to a second old."""
        with contextlib.closing(SqliteReader(self.data)) as reader:
            return reader.states()

    def pending(self) -> int:
        """Count the events that are durable and not yet recorded, straight from the files."""
        settings = load(self.settings)
        ring = KeyRing.open(settings.keyring)
        with contextlib.closing(SqliteReader(self.data)) as store:
            recorded = store.cursors()
        waiting = 0
        for path in slots(settings.journal_folder):
            with contextlib.suppress(StorageBusy), contextlib.closing(SqliteJournalReader(path, ring)) as journal:
                waiting += journal.newest()[1] - recorded.get(journal.journal_id, (0, 0))[1]
        return max(0, waiting)

    def gauge(self, name: str) -> float:
        """Read one metric; a sum over its labels."""
        text = ask(f"{self.pages}/metrics").body.decode()
        lines = [line.rpartition(" ") for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        assert lines, f"there is no metric {name}"
        return sum(float(value) for _, _, value in lines)


def is_ours(pid: int) -> bool:
    """Tell whether a process of the gateway runs under this number."""
    try:
        return b"twinbeam" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class Shop:
    """A furnished gateway: a pixel, a key of each kind, and what a shop does with them."""

    def __init__(self, gateway: Gateway, tiktok: TikTokSide, consent: str) -> None:
        self.gateway = gateway
        self.tiktok = tiktok
        self.gateway.arrange("pixels", "add", PIXEL, "--consent", consent, *TOKEN_TOLD, told=TOKEN)
        self.keys = {kind: self.make_key(kind, PIXEL) for kind in ("server", "browser", "read")}

    def make_key(self, kind: str, *pixels: str, shop: str = "") -> str:
        """Make a key for some pixels, and wait until a running gateway knows it."""
        allowed = [word for code in pixels for word in ("--pixel", code)]
        whose = ["--shop", shop] if shop else []
        key = self.gateway.arrange("keys", "create", kind, "--source", f"shop-{kind}", *whose, *allowed).strip()
        if self.gateway.is_running:
            wait_until(lambda: self.send(b"", key=key).status != 401, "the new key is known", 3)
        return key

    def add_pixel(self, code: str, token: str = "") -> str:
        """Add another pixel and give a server key for it."""
        self.gateway.arrange("pixels", "add", code, *(TOKEN_TOLD if token else ()), told=token)
        return self.make_key("server", code)

    def send(
        self, body: bytes, *, key: str = "", headers: Mapping[str, str] | None = None, method: str = "POST"
    ) -> Answer:
        """Make any request to the intake; with the server key unless another is given."""
        credentials = {"Authorization": f"Bearer {key or self.keys['server']}"}
        return ask(f"{self.gateway.intake}/v1/events", method, body=body, headers=credentials | dict(headers or {}))

    def post(self, *events: Mapping[str, Any], **how: Any) -> Any:
        """Post events that must be taken, and give the answer."""
        answer = self.send(json.dumps({"events": events}).encode(), **how)
        assert answer.status == 202, answer.body
        return answer.json

    def stories(self, wait: float = 0, **query: str) -> list[dict[str, Any]]:
        """Ask what became of an event or an order; nothing known is an empty list."""
        asked = urlencode({**query, "wait": wait})
        headers = {"Authorization": f"Bearer {self.keys['read']}"}
        answer = ask(f"{self.gateway.pages}/v1/conversions?{asked}", headers=headers)
        assert answer.status in (200, 404), answer.body
        return answer.json["conversions"] if answer.status == 200 else []

    def story(self, event_id: str, wait: float = 10) -> dict[str, Any]:
        """Tell what became of the one event of this id, once it is known."""
        found = wait_until(lambda: self.stories(wait, event_id=event_id), f"the story of {event_id}")
        assert len(found) == 1, found
        return found[0]

    def wait_steady(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until everything accepted is recorded and has left."""
        wait_until(self.gateway.is_steady, "everything is recorded and sent", seconds)


@contextmanager
def a_shop(
    folder: Path, *, consent: str = "require", installed: Installation = CHECKOUT, **wishes: object
) -> Iterator[Shop]:
    """Bring a shop up; at the end nothing runs, and TikTok's side has found nothing wrong that nobody expected."""
    tiktok = TikTokSide(folder, installed)
    faults: list[str] = []
    try:
        gateway = Gateway(folder, tiktok.url, wishes, installed)
        try:
            shop = Shop(gateway, tiktok, consent)
            gateway.start()
            yield shop
        finally:
            gateway.stop()
    finally:
        faults += tiktok.stop()
    assert not faults, "\n".join(faults)
