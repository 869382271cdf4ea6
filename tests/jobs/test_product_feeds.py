"""Product feeds by address and upload: a real client against a real server, into a real store."""

import asyncio
import gzip
from contextlib import asynccontextmanager, closing

import pytest
from aiohttp import web

from twinbeam.admin import products
from twinbeam.admin.contract import Actor, Admin
from twinbeam.app.feeds import FeedFiles
from twinbeam.core.clock import HandClock
from twinbeam.core.networks import Allowed
from twinbeam.core.rules import MAIN
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.integrations.feed_client import FeedClient
from twinbeam.jobs.product_feeds import DueFeed, FeedReading

FEED = b"id,title,price,cost\nA,Hat,10 EUR,4\nB,Cap,5 EUR,\n"
HOUR_MS = 3_600_000


@pytest.fixture
def admin(tmp_path):
    ring = KeyRing.open_or_create(tmp_path / "keyring.json")
    with closing(SqliteSetup(tmp_path / "data", ring)) as store:
        yield Admin(store, Actor("ada"), HandClock())


@asynccontextmanager
async def a_server(answer):
    """Serve whatever a handler answers, and give the address."""
    app = web.Application()
    app.router.add_get("/{name:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/feed.csv"
    finally:
        await runner.cleanup()


async def on_store(call, *args, **named):
    return call(*args, **named)


def reading(admin, folder, **limits):
    networks = limits.pop("networks", ("127.0.0.0/8",))
    client = FeedClient(allowed=Allowed(networks), reserve_bytes=0, **limits)
    return FeedReading(desk=FeedFiles(admin, folder), api=client, on_store=on_store, clock=admin.clock)


def feed(admin):
    return products.find(admin.store.products, MAIN)


def ids(admin):
    return {id_ for id_, _ in admin.store.products.known(MAIN, [(id_, False) for id_ in "ABCD"])}


def fetched(admin, folder, answer, *, times=1, between=lambda _n: None, **limits):
    """Let the job read an address so many times; the clock is moved on between them."""

    async def play():
        async with a_server(answer) as url:
            products.schedule(admin, MAIN, url, every_hours=6)
            for n in range(times):
                await reading(admin, folder, **limits)()
                between(n)
                admin.clock.advance(ms=6 * HOUR_MS)

    asyncio.run(play())
    assert list(folder.glob("*")) == []


def test_an_address_is_read_when_its_time_has_come_and_only_what_changed_is_sent_again(admin, tmp_path):
    asked = []

    async def answer(request):
        asked.append(request.headers.get("If-None-Match"))
        if asked[-1] == '"1"':
            return web.Response(status=304)
        return web.Response(body=FEED, headers={"ETag": '"1"'})

    fetched(admin, tmp_path / "feeds", answer, times=2)
    assert asked == [None, '"1"']
    assert (feed(admin).rows, feed(admin).costed, feed(admin).trouble, ids(admin)) == (2, 1, "", {"A", "B"})
    assert feed(admin).tried_ms > feed(admin).loaded_ms


def test_it_is_not_read_before_its_time_unless_somebody_asks(admin, tmp_path):
    asked = []

    async def answer(_request):
        asked.append(1)
        return web.Response(body=FEED)

    async def play():
        async with a_server(answer) as url:
            products.schedule(admin, MAIN, url, every_hours=6)
            job = reading(admin, tmp_path / "feeds")
            for _ in range(3):
                await job()
            products.ask(admin, MAIN)
            await job()
            await job()

    asyncio.run(play())
    assert len(asked) == 2


BROKEN = {
    "away": (lambda _: web.Response(status=503), "The server answers 503"),
    "no feed": (lambda _: web.Response(body=b"<html></html>"), "holds no product"),
    "nothing in it": (lambda _: web.Response(body=b"id,title\n,Hat\n"), "no product. Left out: it has no id"),
    "too long": (lambda _: web.Response(body=FEED * 100_000), "has more than 1 MiB"),
    "damaged": (lambda _: web.Response(body=gzip.compress(FEED)[:-9]), "damaged"),
    "round and round": (lambda _: web.Response(status=302, headers={"Location": "/again"}), "redirects more than"),
    "to a file": (lambda _: web.Response(status=302, headers={"Location": "file:///etc/passwd"}), "no web address"),
    "into the machine": (
        lambda _: web.Response(status=302, headers={"Location": "https://169.254.169.254/latest"}),
        "private network",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_goes_wrong_is_told_and_the_last_good_feed_stays(admin, tmp_path, name):
    handler, says = BROKEN[name]
    answers = [lambda _: web.Response(body=FEED, headers={"ETag": '"1"'}), handler]

    async def answer(request):
        return (answers.pop(0) if len(answers) > 1 else answers[0])(request)

    fetched(admin, tmp_path / "feeds", answer, times=2, most_bytes=1024**2)
    assert says in feed(admin).trouble
    assert (feed(admin).rows, ids(admin)) == (2, {"A", "B"})


def test_a_server_that_trickles_is_left(admin, tmp_path):
    async def answer(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"id,title\n")
            await asyncio.sleep(0.05)
        return response

    fetched(admin, tmp_path / "feeds", answer, most_seconds=0.3)
    assert "did not come within" in feed(admin).trouble


def test_a_failed_address_is_tried_again_within_the_hour(admin, tmp_path):
    asked = []

    async def answer(_request):
        asked.append(1)
        return web.Response(status=500)

    async def play():
        async with a_server(answer) as url:
            products.schedule(admin, MAIN, url, every_hours=24)
            job = reading(admin, tmp_path / "feeds")
            for _ in range(2):
                await job()
                admin.clock.advance(ms=HOUR_MS)

    asyncio.run(play())
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("url", "networks", "says"),
    [
        ("http://127.0.0.1:9/feed", (), "http://"),
        ("https://127.0.0.1:9/feed", (), "private network"),
        ("https://[::1]:9/feed", (), "private network"),
        ("https://[::ffff:10.0.0.1]:9/feed", (), "private network"),
        ("https://[64:ff9b::a00:1]:9/feed", (), "private network"),
        ("https://10.0.0.1/feed", ("192.168.0.0/16",), "private network"),
        ("https://localhost:9/feed", (), "private network"),
        ("http://localhost:9/feed", (), "private network"),
        ("https://127.0.0.1:9/feed", ("127.0.0.0/8",), "cannot be reached"),
    ],
)
def test_no_address_leads_where_only_this_machine_can_reach(tmp_path, url, networks, says):
    client = FeedClient(allowed=Allowed(networks), reserve_bytes=0)
    found = asyncio.run(client.fetch(DueFeed(MAIN, "x", url), tmp_path / "x"))
    assert says in found.trouble
    assert not found.is_new


def test_a_full_disk_is_told(tmp_path):
    async def play():
        async with a_server(_feed) as url:
            client = FeedClient(allowed=Allowed(("127.0.0.0/8",)), reserve_bytes=2**60)
            return await client.fetch(DueFeed(MAIN, "x", url), tmp_path / "x")

    assert "no room" in asyncio.run(play()).trouble


async def _feed(_request):
    return web.Response(body=FEED)


def test_an_uploaded_file_is_read_once_under_its_own_name(admin, tmp_path):
    folder = tmp_path / "feeds"
    folder.mkdir()
    (folder / "main.upload").write_bytes(FEED)
    (folder / "main.name").write_text("hats.csv")
    (folder / "nobody.upload").write_bytes(FEED)
    for _ in range(2):
        asyncio.run(reading(admin, folder)())
    assert (feed(admin).name, feed(admin).rows) == ("hats.csv", 2)
    assert [file.name for file in folder.iterdir()] == ["nobody.taken"]


def test_a_read_that_is_cut_off_leaves_what_was_uploaded_for_the_next(admin, tmp_path):
    folder = tmp_path / "feeds"
    folder.mkdir()
    (folder / "main.upload").write_bytes(FEED)

    async def cut_off(_call, *_args, **_named):
        if _call.__name__ == "keep":
            raise asyncio.CancelledError
        return _call(*_args, **_named)

    job = reading(admin, folder)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(FeedReading(desk=job.desk, api=job.api, on_store=cut_off, clock=job.clock)())
    assert feed(admin) is None
    asyncio.run(job())
    assert feed(admin).rows == 2


def test_what_was_in_force_before_is_removed_and_the_newest_alone_counts(admin, tmp_path):
    bodies = [FEED, b"id,title\nC,Coat\n"]

    async def answer(_request):
        return web.Response(body=bodies.pop(0))

    fetched(admin, tmp_path / "feeds", answer, times=2)
    assert ids(admin) == {"C"}
    assert admin.store._db.execute("SELECT count(*), count(DISTINCT load) FROM product").fetchone() == (1, 1)


def test_the_address_is_sealed_and_its_host_alone_is_told(admin, tmp_path):
    products.schedule(admin, MAIN, "https://ada:secret-word@shop.example/feed?key=secret-key")
    assert feed(admin).host == "shop.example"
    assert admin.store.products.address(MAIN).endswith("key=secret-key")
    files = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file())
    assert b"secret-" not in files
