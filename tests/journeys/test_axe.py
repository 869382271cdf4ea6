"""
Every page of the app in Chromium, wide and narrow, light and dark: axe-core finds nothing serious in it.

It goes by the app's own list of routes, so a page that is added later is looked at as well. With SCREENSHOTS=1, as a
check has it, screenshots of all of them lie in build/screenshots.
"""

import io
import os
import re
from itertools import product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from account_rooms import AccountRoom
from accounting import Accounts, a_pixel
from browsing import RunningClock, Served, Visit, a_browser
from builders import PIXEL, WORKSPACE
from showroom import Showroom, a_busy_day, bought
from twinbeam.admin import alert_steps, alerts, issues, links, products, profiles, sources
from twinbeam.admin.contract import Actor, Admin
from twinbeam.alerts.facts import AlertFacts
from twinbeam.alerts.measures import measure
from twinbeam.alerts.rules import ChannelKind
from twinbeam.core.accounts import StatSeen
from twinbeam.core.clock import day_of
from twinbeam.core.restored import Restore
from twinbeam.core.rules import MAIN
from twinbeam.web.access import Access

pytestmark = [pytest.mark.journey, pytest.mark.pixels("axe"), pytest.mark.screens("axe")]

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "build" / "screenshots"
WINDOWS = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
STYLES = ROOT / "src" / "twinbeam" / "web"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: By scheme, what axe goes by: the dark one gives the same elements other colours, and changes nothing else.
RULES = {
    "light": {"type": "tag", "values": TAGS},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
WORST = ("serious", "critical")

#: What stands in the place of a parameter; a route with another one needs an example here.
EXAMPLES = {
    "workspace": WORKSPACE,
    "code": PIXEL,
    "id:int": "41",
    "key": "41",
    "token": "guess",
    "id": "none",
    "source": "lamps",
    "monday": "2026-09-14",
    "number:path": "1001",
    "page:path": "reference/pages",
}
#: What a route shows in other ways than by its bare address.
FURTHER = {
    "/": ["/?days=1"],
    "/dead-letters": [f"/dead-letters?workspace={WORKSPACE}"],
    "/issues": ["/issues?check=stopped", "/issues?pixel=c0"],
    "/sources": ["/sources?kind=shopify#new"],
    "/conversions": ["/conversions?state=expired", "/conversions?event=Purchase&seen=both"],
    "/debugger": ["/debugger?outcome=dropped&tests=without"],
    "/debugger/{key}": ["/debugger/12", "/debugger/60"],
    "/events/{id:int}": ["/events/12", "/events/49"],
    "/find": ["/find?q=nope"],
    "/pixels/{workspace}/{code}": [f"/pixels/{MAIN}/{PIXEL}"],
    "/pixels/{workspace}/{code}/pipeline": [f"/pixels/{WORKSPACE}/{PIXEL}/pipeline?step=merged"],
    "/restored": ["/restored?decision=send"],
    "/products": [f"/products?workspace={MAIN}&days=28"],
    "/pixels": ["/pixels?group=client", "/pixels?q=nothing+is+like+that", "/pixels?sort=name&issues=1"],
}
STREAMS = {
    "/live",
    "/debugger/live",
    "/setup/{workspace}/{code}/live",
    "/sources/{source}/live",
}  #: answers that never end
ELSEWHERE = {"/connect/tiktok/start"}  #: what leads to TikTok's own pages


class Found(NamedTuple):
    """Something that axe complains about."""

    page: str
    window: str
    scheme: str
    rule: str
    impact: str
    nodes: list[str]


def addresses(app, examples):
    """List the addresses of all pages that are looked at."""
    pages = [
        route.path
        for route in app.routes
        if "GET" in route.methods and route.path not in STREAMS | ELSEWHERE and route.needs is not Access.READ_KEY
    ]
    return [address for path in pages for address in (_filled(path, EXAMPLES | examples), *FURTHER.get(path, ()))]


def _filled(path, examples):
    missing = [name for name in re.findall(r"{([^}]+)}", path) if name not in examples and name != "name"]
    assert not missing, f"{path} needs an example for {missing} in EXAMPLES of {__file__}"
    return re.sub(r"{([^}]+)}", lambda found: examples.get(found[1], "none"), path)


def is_page(visit, url):
    """Tell whether something is a page for people, and there."""
    answer = visit.page.request.get(url, max_redirects=0)
    return answer.headers.get("content-type", "").startswith("text/html")


def complaints(page, scheme="light"):
    """Give what axe finds in a page as it stands."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())
    told = page.evaluate("by => axe.run(document, {runOnly: by, resultTypes: ['violations']})", RULES[scheme])
    return [(it["id"], it["impact"], [node["html"][:160] for node in it["nodes"]]) for it in told["violations"]]


def take_picture(page, address, how):
    """Keep what a page looks like, where somebody wants to see it."""
    if os.environ.get("SCREENSHOTS"):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"-?[^A-Za-z0-9]+", "-", address).strip("-")
        page.screenshot(path=SCREENSHOTS / f"{name}-{how}.png", full_page=True)


def an_import(room):
    """Connect an account, import a pixel that has a profile and counts, and let another ad account be in trouble."""
    room.example = room.connect()
    room.visit(f"/accounts/{room.example}/choose", {"do": "all"})
    room.tiktok.stats["7001", day_of(room.clock.now_ms())] = [StatSeen("7001", "Purchase", 4, 5, 9)]
    room.next_ms = room.clock.now_ms() + 600_000
    room.run_import()
    profiles.describe(room.admin, MAIN, PIXEL, {"client": "Acme", "market": "DE", "owner": "ada"})
    now_ms = room.clock.now_ms()
    room.record(*(bought(str(n), workspace=MAIN, received_ms=now_ms) for n in range(900, 920)))
    room.clock.advance(seconds=20)
    room.deliver()


def a_feed(room):
    """Import a product feed with a row that has an issue, and compare some events with it."""
    feed = b"id,title,price,item_group_id,cost\nshopify_DE_123_456,Hat,12 EUR,123,5 EUR\nABC,Cap,free,,\n"
    products.import_file(room.admin, MAIN, io.BytesIO(feed), "feed.csv", lambda _: None)
    contents = [{"content_id": id_} for id_ in ("ABC", "456", "123", "nothing")]
    now_ms = room.clock.now_ms()
    room.record(bought("950", workspace=MAIN, event="AddToCart", properties={"contents": contents}, received_ms=now_ms))
    room.clock.advance(seconds=300)
    room.deliver()
    room.compare_contents()


def some_alerts(room):
    """Let one alert go on and one be over, mute something, and let a channel be in trouble."""
    alerts.add_channel(room.admin, alerts.NewChannel("ops", ChannelKind.SLACK, "https://hooks.example/alerts"))
    alerts.mute(room.admin, alerts.NewMute(hours=1, reason="The shop moves to another host.", kind="volume_drop"))
    for kind in ("disk", "key_ring"):
        alerts.decide(room.admin, kind, {"raise_after_seconds": "0", "clear_after_seconds": "0"})
    for free in (1.0, 9_999.0):
        facts = measure(AlertFacts(now_ms=room.clock.now_ms(), free_mib=free, key_ring_is_wrong=True))
        alert_steps.take_in(room.store.alerts, facts, "http://pages.example")
    for notice in alert_steps.sendable(room.store.alerts, room.clock.now_ms()):
        alert_steps.note(room.store.alerts, notice, "It answers 500.", room.clock.now_ms())


def a_restore(room):
    """Hold two purchases because they came back with a backup."""
    now_ms = room.clock.now_ms()
    room.record(*(bought(str(n), workspace=MAIN, received_ms=now_ms) for n in (960, 961)))
    room.clock.advance(seconds=300)
    room.store.begin_restored(Restore(now_ms, room.clock.now_ms()))
    room.store.hold_restored(room.clock.now_ms(), always=True)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    """Give a room with a bit of everything, and an empty one."""
    tiktok = Accounts({"1": [a_pixel(1, code=PIXEL, activity="ACTIVE"), a_pixel(2)], "2": []})
    busy = AccountRoom(tmp_path_factory.mktemp("busy") / "data", tiktok=tiktok, clock=RunningClock())
    rooms = {"busy": busy, "empty": Showroom(tmp_path_factory.mktemp("empty") / "data", clock=RunningClock())}
    a_busy_day(busy)
    an_import(busy)
    a_feed(busy)
    some_alerts(busy)
    issues.mute(busy.admin, workspace=MAIN, pixel=PIXEL, check="one_sided", why="no browser by design")
    a_restore(busy)
    for kind in ("woocommerce", "webhook"):
        name = "lamps" if kind == "woocommerce" else "till"
        sources.create(busy.admin, sources.NewSource(name, sources.to_pixels([PIXEL]), dialect=kind))
    served = {name: Served(room) for name, room in rooms.items()}
    yield served
    for each in served.values():
        each.stop()
        each.room.close()


@pytest.fixture(scope="module")
def browser(rooms):
    """Give a browser; the rooms come first, since they are filled on this thread before Playwright's loop runs on it."""
    assert rooms
    with a_browser() as browser:
        yield browser


def test_no_page_has_anything_serious_wider_than_its_window_or_from_elsewhere(rooms, browser, record_property):
    found, overflowing, foreign, pages = [], [], [], 0
    for kind, served in rooms.items():
        visit = Visit(browser, served.url)
        link = links.for_owner(Admin(served.room.store, Actor("test"), served.room.clock))
        examples = {"id": getattr(served.room, "example", "none"), "token": link.path.rpartition("/")[2]}
        looked_at = [it for it in addresses(served.room.app, examples) if is_page(visit, served.url + it)]
        pages += len(looked_at) * len(WINDOWS)
        for address in looked_at:
            visit.page.goto(served.url + address)
            visit.page.evaluate("document.querySelectorAll('.help').forEach(help => (help.open = true))")
            for window, scheme in product(WINDOWS, SCHEMES):
                visit.page.set_viewport_size(WINDOWS[window])
                visit.page.emulate_media(color_scheme=scheme)
                found += [Found(address, window, scheme, *it) for it in complaints(visit.page, scheme)]
                overflowing += [(address, window, visit.overflow())] * (visit.overflow() > 0)
                take_picture(visit.page, f"{kind}-{address}", f"{window}-{scheme}")
        foreign += [url for url in visit.fetched if urlsplit(url).netloc != urlsplit(served.url).netloc]
        visit.close()
    worst = [it for it in found if it.impact in WORST]
    wrong = {(it.page, it.window, it.scheme) for it in worst} | {it[:2] for it in overflowing}
    seen = pages * len(SCHEMES)
    record_property("figures", f"screens {seen - len(wrong)} of {seen} (wide, 390 px, dark) · axe serious {len(worst)}")
    assert pages > 2 * len(rooms) * len(WINDOWS)
    assert [f"{it.page} ({it.window}, {it.scheme}): {it.rule} {it.nodes[:3]}" for it in worst] == []
    assert overflowing == []
    assert foreign == []


def test_the_dark_scheme_changes_colours_alone():
    """By which `RULES` goes: of the dark scheme axe looks at nothing but colours."""
    styles = "".join(css.read_text() for css in STYLES.rglob("*.css"))
    dark = re.findall(r"prefers-color-scheme: dark\) \{\n(.+?)\n\}", styles, re.DOTALL)
    decided = re.findall(r"^ +(\S+: .+);$", "".join(dark), re.MULTILINE)
    assert [it for it in decided if not re.fullmatch(r"--[a-z-]+: #[0-9a-f]{6}|--shade: none", it)] == []
    assert (len(dark), len(decided) > 15) == (styles.count("prefers-color-scheme"), True)


def test_text_that_is_pale_in_the_dark_alone_is_found(browser, tmp_path):
    page = tmp_path / "page.html"
    dark = "@media (prefers-color-scheme: dark) { body { background: #333; } }"
    page.write_text(
        f'<html lang="en"><style>{dark}</style><body><main><p style="color:#222">pale</p></main></body></html>'
    )
    visit = Visit(browser, page.as_uri(), color_scheme="light")
    assert "color-contrast" not in {rule for rule, *_ in complaints(visit.page)}
    visit.page.emulate_media(color_scheme="dark")
    assert {rule for rule, *_ in complaints(visit.page, "dark")} == {"color-contrast"}
    visit.close()


def test_a_page_that_some_cannot_use_is_found(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<html><body><main><input><p style="color:#ccc;background:#fff">pale</p></main></body></html>')
    visit = Visit(browser, page.as_uri())
    assert {"label", "color-contrast", "html-has-lang"} <= {rule for rule, *_ in complaints(visit.page)}
    visit.close()


def test_a_search_field_is_a_key_away_and_times_can_be_local(rooms, browser):
    visit = Visit(browser, f"{rooms['busy'].url}/events/12", timezone_id="Asia/Tokyo")
    page, shown = visit.page, "document.querySelector('main time').textContent"
    utc = page.evaluate(shown)
    page.get_by_role("button", name="Show local time").click()
    local = page.evaluate(shown)
    assert (int(local[-8:-6]) - int(utc[-8:-6])) % 24 == 9
    page.reload()
    assert page.evaluate(shown) == local
    assert "Times are local (Asia/Tokyo)" in page.inner_text("footer")
    page.get_by_role("button", name="Show UTC").click()
    assert page.evaluate(shown) == utc
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    assert page.evaluate("document.activeElement.closest('form').classList.contains('find')")
    assert visit.complaints == []
    visit.close()
