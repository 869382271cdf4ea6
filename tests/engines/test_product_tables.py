"""Product feeds in the store: swapped in one moment, matched by delivered events, in bounded room."""

import io
import tracemalloc
from contextlib import closing

import pytest

from builders import PIXEL, WORKSPACE
from showroom import OWNER, TAKEN, Showroom, bought
from signals import DAY
from twinbeam.admin import products
from twinbeam.admin.content_counts import KEEP_DAYS
from twinbeam.admin.contract import Actor, Admin
from twinbeam.core.clock import day_of
from twinbeam.core.rules import WorkspaceRules
from twinbeam.products.files import FeedUnreadable
from twinbeam.products.loading import FeedLoading
from twinbeam.products.matching import LONGEST_NAMED, MOST_NAMED


@pytest.fixture
def room(tmp_path):
    with closing(Showroom(tmp_path / "data")) as room:
        room.add_pixel()
        room.store.save_workspace(WORKSPACE, WorkspaceRules())
        yield room


@pytest.fixture
def admin(room):
    return Admin(room.store, Actor("ada"), room.clock)


def take_in(admin, text):
    return products.import_file(admin, WORKSPACE, io.BytesIO(text.encode()), "feed.csv", lambda _: None)


def known(admin, *ids):
    return {id_ for id_, _ in admin.store.products.known(WORKSPACE, [(id_, False) for id_ in ids])}


def seen(n, *ids, event="ViewContent", **changes):
    contents = [{"content_id": id_} for id_ in ids]
    return bought(str(n), event=event, event_id=f"e-{n}", properties={"contents": contents}, **changes)


def test_until_a_file_is_read_the_one_before_stays_in_force(admin):
    take_in(admin, "id,title\nA,Hat\n")
    loading = FeedLoading(io.BytesIO(b"id,title\nB,Cap\n"), admin.store.products, WORKSPACE, "b.csv")
    loading.keep(loading.read(), 1)
    assert known(admin, "A", "B") == {"A"}
    loading.finish(2)
    assert known(admin, "A", "B") == {"B"}


def test_a_file_that_was_begun_earlier_does_not_win_over_a_later_one_that_removed_it(admin):
    loading = FeedLoading(io.BytesIO(b"id,title\nA,Hat\n"), admin.store.products, WORKSPACE, "a.csv")
    loading.keep(loading.read(), 1)
    take_in(admin, "id,title\nB,Cap\n")
    while admin.store.products.drop_some(2, limit=1):
        pass
    with pytest.raises(FeedUnreadable, match="Another file"):
        loading.finish(3)
    assert known(admin, "A", "B") == {"B"}


def test_of_an_id_that_stands_twice_the_first_counts_wherever_the_second_stands(admin):
    rows = "".join(f"P-{n},Hat {n}\n" for n in range(700))
    feed = take_in(admin, f"id,title\nA,First\nA,Second\n{rows}P-3,Again\n")
    assert (feed.rows, feed.faulty, [fault.row for fault in feed.faults]) == (701, 2, [3, 704])
    title = admin.store._db.execute("SELECT title FROM product WHERE id='A'").fetchone()
    assert title == ("First",)


def test_a_groups_id_counts_where_it_is_said_to_be_one(admin):
    take_in(admin, "id,title,item_group_id\nA-1,Hat,A\nA-2,Hat,A\n")
    asked = [("A", True), ("A", False), ("a", True), ("A-1", False), ("A-1", True)]
    assert admin.store.products.known(WORKSPACE, asked) == {("A", True), ("A-1", False)}


def test_what_tiktok_accepted_is_counted_once_by_day_and_pixel(room, admin):
    take_in(admin, "id,title\nA,Hat\nshopify_DE_123_456,Cap\n")
    room.record(seen(1, "A"), seen(2, "A", "456"), seen(3), seen(4, "x", event="Lead"), seen(5, "A", event="Custom"))
    room.record(seen(6, "A", test_code="TEST1"))
    room.clock.advance(seconds=300)
    room.deliver()
    room.record(seen(7, "A"))
    room.clock.advance(seconds=300)
    room.refuse()
    for _ in range(2):
        room.compare_contents()
    (day,) = room.reader.products.matches(since_day=0)
    assert (day.workspace, day.pixel, day.events, day.without, day.ids, day.matched) == (WORKSPACE, PIXEL, 4, 1, 5, 3)
    found = products.unknown(admin, WORKSPACE, PIXEL)
    assert [(it.content_id, it.n, bool(it.advice)) for it in found] == [("456", 1, True), ("x", 1, False)]


def test_an_id_that_the_feed_knows_by_now_is_listed_no_more(room, admin):
    take_in(admin, "id,title\nA,Hat\n")
    room.record(seen(1, "B"))
    room.clock.advance(seconds=300)
    room.deliver()
    room.compare_contents()
    assert [it.content_id for it in products.unknown(admin, WORKSPACE, PIXEL)] == ["B"]
    take_in(admin, "id,title\nA,Hat\nB,Cap\n")
    assert products.unknown(admin, WORKSPACE, PIXEL) == []


def test_without_a_feed_nothing_is_counted(room):
    room.record(seen(1, "A"))
    room.clock.advance(seconds=300)
    room.deliver()
    room.compare_contents()
    assert room.store.products.content_cursor() is None


def test_a_batch_on_the_wire_is_waited_for(room, admin):
    take_in(admin, "id,title\nA,Hat\n")
    room.record(seen(1, "A"))
    room.clock.advance(seconds=300)
    (lease,) = room.leases()
    room.compare_contents()
    assert room.reader.products.matches(since_day=0) == []
    room.store.settle_delivered(lease.batch, TAKEN, owner=OWNER, now_ms=room.clock.now_ms())
    room.compare_contents()
    assert [day.matched for day in room.reader.products.matches(since_day=0)] == [1]


def test_whoever_names_a_million_ids_grows_nothing(room, admin):
    take_in(admin, "id,title\nA,Hat\n")
    for n in range(20):
        ids = [f"{n}-{i}-{'long' * 40}" for i in range(500)]
        room.record(seen(n, *ids), seen(1_000 + n, "real"))
        room.clock.advance(seconds=300)
        room.deliver()
        room.compare_contents()
    (day,) = room.reader.products.matches(since_day=0)
    rows = room.store._db.execute("SELECT count(*), sum(n), max(length(content_id)) FROM unknown_content").fetchone()
    assert (rows[0], day.ids) == (MOST_NAMED, 20 * 501)
    assert rows[1] + day.others == day.ids - day.matched
    assert rows[2] == LONGEST_NAMED
    assert products.unknown(admin, WORKSPACE, PIXEL)[0].content_id == "real"


def test_old_days_are_forgotten(room, admin):
    take_in(admin, "id,title\nA,Hat\n")
    for n in range(2):
        room.record(seen(n, "B", received_ms=room.clock.now_ms()))
        room.clock.advance(seconds=300)
        room.deliver()
        room.compare_contents()
        room.clock.advance(ms=(KEEP_DAYS + 1) * DAY)
    days = room.reader.products.matches(since_day=0)
    assert [day.day for day in days] == [day_of(room.clock.now_ms()) - KEEP_DAYS - 1]


@pytest.mark.slow
def test_a_feed_of_many_products_takes_no_more_memory_than_a_small_one(room, admin, tmp_path):
    def write(n):
        file = tmp_path / f"{n}.csv"
        with file.open("w") as out:
            out.write("id,title,description,price,item_group_id,cost\n")
            out.writelines(f"P-{i},Lamp {i},{'x' * 200},9.90 EUR,G-{i // 4},4 EUR\n" for i in range(n))
        return file

    def peak_of(file):
        """Give the most bytes that were in use at once, whatever ran in this process before."""
        tracemalloc.start()
        with file.open("rb") as source:
            products.import_file(admin, WORKSPACE, source, file.name, lambda _: None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    small = peak_of(write(5_000))
    assert peak_of(write(60_000)) - small < 4 * 2**20  # the file has 14 MB
