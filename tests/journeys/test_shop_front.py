"""The demo as a person meets it: its shop in Chromium, beside seeded shoppers, up to what TikTok counts."""

import re
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import Visit, a_browser
from demonstration import Addresses, a_demo
from one_time_link import opened
from running import PATIENCE_SECONDS, ask, wait_until
from tagging import CHROME

pytestmark = [pytest.mark.journey, pytest.mark.tag("shop")]

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
PIXEL = "CTWINBEAMDEMOSHOP002"
LOADS = 5  #: a machine that has other things to do makes tasks long as well; a page's own are long each time
LONG_TASKS = """
  window.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries())).observe({ type: "longtask", buffered: true });
"""
#: Hold the page up on purpose, and wait until that is told: what was before has been told by then.
HELD_UP = """() => new Promise((resolve) => setTimeout(() => {
  const start = performance.now();
  while (performance.now() < start + 60);
  const look = () => {
    const before = longTasks.filter((task) => task.startTime + task.duration <= start);
    if (longTasks.length > before.length) resolve(before.map((task) => task.duration));
    else setTimeout(look, 20);
  };
  look();
}))"""


class Demo:
    """Where the parts of a running demo are, and what TikTok's side tells of the shop's pixel."""

    def __init__(self, found: Addresses) -> None:
        self._cookie = ""
        self.link, self.shop, self.twinbeam, self.tiktok = found.link, found.shop, found.twinbeam, found.tiktok

    def cookie(self) -> dict[str, str]:
        """Give the cookie of whoever opened the link that the demo prints."""
        self._cookie = self._cookie or opened(self.link)
        name, _, value = self._cookie.partition("=")
        return {"name": name, "value": value, "url": self.twinbeam}

    def counted(self) -> list[dict[str, Any]]:
        """List what TikTok counts, page views aside."""
        return [event for event in self._told("counted") if event["event"] != "Pageview"]

    def diagnostics(self) -> list[dict[str, Any]]:
        return self._told("diagnostics")

    def _told(self, what: str) -> list[dict[str, Any]]:
        return ask(f"{self.tiktok}/_control/{what}?pixel={PIXEL}&limit=1000").json["items"]


class Person(Visit):
    """A visitor of the shop in a browser window of their own."""

    def __init__(self, browser: Browser, demo: Demo, path: str = "/?ttclid=E.C.P.ad", **context) -> None:
        super().__init__(browser, "about:blank", **{"user_agent": CHROME, "viewport": PHONE, **context})
        self.demo = demo
        self.page.on("response", self._answered)
        self._known = len(demo.counted())
        self.page.goto(demo.shop + path)

    def _answered(self, response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def answer(self, word: str) -> None:
        """Press a button of the banner."""
        self.page.get_by_role("button", name=word, exact=True).click()
        expect(self.page.locator("#consent")).to_be_hidden()

    def signs_in(self) -> None:
        """Be the owner of the gateway as well, in the same browser."""
        self._context.add_cookies([self.demo.cookie()])

    def to_checkout(self, lamp: str = "Heron desk lamp") -> None:
        """Look at a lamp, put it into the cart, and go to the checkout."""
        self.page.goto(self.demo.shop)
        self.page.get_by_role("link", name=lamp).click()
        self.page.get_by_role("button", name="Add to cart").click()
        self.page.get_by_role("link", name="Go to the cart").click()
        self.page.get_by_role("link", name="Check out").click()
        expect(self.page.get_by_role("heading", name="Check out")).to_be_visible()

    def pay(self) -> None:
        """Press the button twice, as people do; the form is filled in already."""
        # Both on the button: where the next page comes between two clicks of a mouse, the second one is for that.
        self.page.get_by_role("button", name="Pay").evaluate("button => { button.click(); button.click() }")
        expect(self.page.get_by_role("heading", name="Thank you!")).to_be_visible()

    def reads(self, words: str) -> None:
        """Wait until the page says what became of it."""
        expect(self.page.locator("#sentence")).to_contain_text(words, timeout=PATIENCE_SECONDS * 1_000)

    def counted(self) -> list[tuple[str, str]]:
        """List what TikTok counts since this person came, each with the side or sides it heard of it."""
        return sorted((event["event"], event["connection"]) for event in islice(self.demo.counted(), self._known, None))

    def expect_counted(self, *events: str) -> None:
        """Wait until TikTok counts these events, each from both sides, and nothing else."""
        wanted = sorted((event, "both") for event in events)
        wait_until(lambda: self.counted() == wanted, f"TikTok counts {wanted}, not {self.counted()}")

    def asked_about(self) -> list[str]:
        """List the requests that tell anybody of the visit."""
        tiktok = urlsplit(self.demo.tiktok).netloc
        return [url for url in self.fetched if urlsplit(url).netloc == tiktok or re.search(r"/t/[ek]\?", url)]


@pytest.fixture(scope="module")
def demo():
    with a_demo() as found:
        yield Demo(found)


@pytest.fixture(scope="module")
def browser():
    with a_browser() as browser:
        yield browser


@pytest.fixture
def comes(browser, demo):
    """Let people into the shop; in the end no page of theirs has complained."""
    people = []

    def come(*path: str, **context) -> Person:
        people.append(Person(browser, demo, *path, **context))
        return people[-1]

    yield come
    for person in people:
        person.close()
    assert [text for person in people for text in person.complaints] == []


def test_a_person_buys_and_watches_one_purchase_arrive_from_both_sides(comes, demo):
    person = comes()
    person.answer("Accept")
    person.to_checkout()
    person.pay()
    person.reads("Accepted by TikTok")
    expect(person.page.locator(".progress li.arrived")).to_have_count(3)
    person.expect_counted("ViewContent", "AddToCart", "InitiateCheckout", "Purchase")
    order = person.page.locator(".id").inner_text()

    person.page.reload()
    person.page.go_back()
    person.page.get_by_role("button", name="Pay").click()
    expect(person.page.locator(".id")).to_have_text(order)
    person.page.get_by_role("link", name="Back to the lamps").click()
    person.page.get_by_role("link", name="Moon pendant").click()
    person.expect_counted("ViewContent", "ViewContent", "AddToCart", "InitiateCheckout", "Purchase")

    [purchase] = [event for event in demo.counted() if event["event"] == "Purchase"]
    assert (purchase["value"], purchase["currency"], purchase["order_id"]) == (89, "EUR", order)
    assert (purchase["browser_copies"], purchase["server_copies"]) == (1, 1)
    assert {"ttclid", "ttp", "email", "phone", "ip", "user_agent", "first_name"} <= set(purchase["user_keys"])
    assert demo.diagnostics() == []


def test_the_page_leads_to_the_orders_own_story(comes, demo):
    person = comes()
    person.answer("Accept")
    person.to_checkout("Fern floor lamp")
    person.pay()
    person.reads("Accepted by TikTok")
    order = person.page.locator(".id").inner_text()
    person.signs_in()
    person.page.get_by_role("link", name="Watch it in Twinbeam").click()
    assert re.fullmatch(rf"{demo.twinbeam}/events/\d+", person.page.url)
    expect(person.page.get_by_role("main")).to_contain_text(order)
    person.page.go_back()
    counts = person.page.get_by_role("link", name="What TikTok counted").get_attribute("href")
    assert b"Purchase" in ask(counts).body


def test_a_refusal_keeps_all_of_it_here(comes):
    person = comes()
    person.answer("Refuse")
    person.to_checkout()
    person.pay()
    person.reads("The visitor declined advertising consent")
    expect(person.page.locator("#refused")).to_be_visible()
    assert person.asked_about() == []
    assert person.counted() == []
    assert {cookie["name"] for cookie in person.page.context.cookies()} == {"consent", "orders"}
    person.signs_in()
    person.page.get_by_role("link", name="Watch it in Twinbeam").click()
    expect(person.page.get_by_role("main")).to_contain_text("The visitor declined advertising consent")


def test_an_answer_that_comes_after_the_order_sends_what_was_held(comes):
    person = comes()
    person.to_checkout()
    person.pay()
    expect(person.page.locator("#from-server")).to_have_class("arrived", timeout=PATIENCE_SECONDS * 1_000)
    person.reads("Send consent.")
    assert person.asked_about() == []
    person.answer("Accept")
    person.reads("Accepted by TikTok")
    person.expect_counted("Purchase")


def test_a_withdrawal_ends_what_was_allowed(comes):
    person = comes("/lamps/moon?ttclid=E.C.P.ad")
    person.answer("Accept")
    person.expect_counted("ViewContent")
    person.page.get_by_role("button", name="Change your consent").click()
    expect(person.page.locator("#consent-now")).to_have_text("You have accepted.")
    person.answer("Refuse")
    wait_until(lambda: not _marks(person.page), "the cookies are gone")
    asked = person.asked_about()
    person.to_checkout()
    assert person.asked_about() == asked
    assert person.counted() == [("ViewContent", "both")]


def _marks(page: Page) -> set[str]:
    return {cookie["name"] for cookie in page.context.cookies()} & {"_tb", "_ttp", "ttclid"}


def test_a_question_is_one_lead_however_often_its_page_is_shown(comes):
    person = comes("/question")
    person.answer("Accept")
    person.page.get_by_role("button", name="Send").dblclick()
    person.reads("Accepted by TikTok")
    person.page.reload()
    person.page.goto(f"{person.demo.shop}/lamps/pebble")
    person.expect_counted("Lead", "ViewContent")
    assert person.demo.diagnostics() == []


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "wide"])
def test_the_pages_fit_their_window_and_can_be_read(comes, viewport):
    person = comes("/nothing-here", viewport=viewport)
    assert person.complaints.pop(0).startswith("404 ") is True
    person.complaints.clear()  # the console says the same
    looked = [_look(person)]
    for path in ("/", "/lamps/garland", "/question"):
        person.page.goto(person.demo.shop + path)
        looked.append(_look(person))
    person.answer("Accept")
    person.to_checkout("Garland of seven")
    looked.append(_look(person))
    person.page.go_back()
    looked.append(_look(person))
    person.page.go_forward()
    person.pay()
    person.reads("Accepted by TikTok")
    looked.append(_look(person))
    assert [trouble for trouble in looked if trouble] == []


def _look(person: Person) -> list[str]:
    """List what is wrong with the page as it stands in its window."""
    wide = [f"{person.overflow()} px wider than its window"] if person.overflow() > 0 else []
    small = person.page.eval_on_selector_all(
        "button, input:not([type=hidden]), textarea, .button, header a",
        "(all) => all.filter((one) => one.offsetHeight && one.offsetHeight < 44).map((one) => one.outerHTML)",
    )
    return [f"{person.page.url}: {trouble}" for trouble in (*wide, *small, *person.pale())]


def test_no_page_has_a_task_that_holds_it_up(comes):
    person = comes("/question")
    person.page.add_init_script(LONG_TASKS)
    person.answer("Accept")
    person.to_checkout()
    paths = ["/?ttclid=E.C.P.ad", "/lamps/heron", "/cart", "/checkout", "/question"]
    long = {path: _long_tasks(person.page, person.demo.shop + path) for path in paths}
    person.page.goto(f"{person.demo.shop}/checkout")
    person.pay()
    long["/thank-you"] = _long_tasks(person.page, person.page.url)
    assert {path: tasks for path, tasks in long.items() if tasks} == {}


def _long_tasks(page: Page, url: str) -> list[float]:
    """Give how long the page's tasks over 50 ms took, in ms, at its second best of a few loads."""
    loads = []
    for _ in range(LOADS):
        page.goto(url)
        page.wait_for_function("!!twinbeam.call && !!ttq._emulator")
        page.wait_for_timeout(300)  # what a page does by itself: events on their way, and the first look at an order
        loads.append(page.evaluate(HELD_UP))
        if loads.count([]) == 2:
            break
    return sorted(loads, key=sum)[1]
