"""/products: the feed, the share of ids that it knows, those that it does not, and who may change it."""

import io
from contextlib import closing

import pytest
from msgspec.structs import replace

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import Showroom, bought
from twinbeam.admin import products
from twinbeam.admin.contract import Actor, Admin
from twinbeam.core.goods import Goods, GoodsLine
from twinbeam.core.rules import WorkspaceRules

HERE = f"/products?workspace={WORKSPACE}"
FEED = "id,title,price,item_group_id,cost\nshopify_DE_123_456,Hat,12 EUR,123,5 EUR\nABC,Cap,free,,\n,Coat,,,\n"
BOUNDARY = "----twinbeam"
MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


class Uploads:
    """Keeps what is uploaded, up to a bound."""

    def __init__(self):
        self.files, self.asked = {}, 0

    def ask(self):
        self.asked += 1

    async def take_upload(self, workspace, name, pieces):
        kept = b""
        async for piece in pieces:
            kept += piece
            if len(kept) > 100_000:
                return False
        self.files[workspace, name] = kept
        return True


@pytest.fixture
def uploads():
    return Uploads()


@pytest.fixture
def room(tmp_path, uploads):
    with closing(Showroom(tmp_path / "data", uploads=uploads)) as room:
        room.add_pixel()
        room.store.save_workspace(WORKSPACE, WorkspaceRules())
        yield room


@pytest.fixture
def fed(room):
    """A feed is in force, and some events were compared with it."""
    admin = Admin(room.store, Actor("ada"), room.clock)
    products.import_file(admin, WORKSPACE, io.BytesIO(FEED.encode()), "feed.csv", lambda _: None)
    for n, ids in enumerate([["456"], ["456", "ABC"], ["123"], ["<b>&"], []]):
        contents = [{"content_id": id_} for id_ in ids]
        room.record(bought(str(n), event="AddToCart", event_id=f"e-{n}", properties={"contents": contents}))
    room.clock.advance(seconds=300)
    room.deliver()
    room.compare_contents()
    return room


def multipart(content, *, name="file", filename="feed.csv", end="--\r\n"):
    disposition = f'form-data; name="{name}"; filename="{filename}"'
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=csrf\r\n\r\nx\r\n--{BOUNDARY}\r\n"
    head += f"Content-Disposition: {disposition}\r\nContent-Type: text/csv\r\n\r\n"
    return head.encode() + content + f"\r\n--{BOUNDARY}{end}".encode()


def upload(room, body, *, who="member", headers=MULTIPART):
    return room.get(f"/products/upload?workspace={WORKSPACE}", who=who, method="POST", body=body, headers=headers)


def test_without_a_feed_the_page_teaches_and_offers_to_take_one_in(room):
    told = words(room.get(HERE, who="member"))
    assert "No product feed yet" in told
    assert "twinbeam feed import products.csv" in told
    assert "Upload" in told
    shown = words(room.get(HERE, who="viewer"))
    assert "A member takes it in." in shown
    assert "Upload" not in shown


def test_the_page_shows_the_feed_the_share_and_what_to_send_instead(fed):
    answer = fed.get(HERE)
    told = words(answer)
    assert "Products 2 1 with a cost" in told
    assert "20.0 % " in told
    assert "The feed knows this product as shopify_DE_123_456: send shopify_DE_123_456." in told
    assert "row 3 ABC price Not taken: no amount." in told
    assert "row 4 no id id Left out: it has no id." in told
    assert "<b>&" not in answer.text.partition("<main")[2]
    assert f'href="/products?workspace={WORKSPACE}&amp;days=7&amp;pixel={PIXEL}#unknown"' in answer.text
    assert 'class="below" d="M' in answer.text


def test_the_pixels_page_and_the_head_of_every_page_lead_there(fed):
    answer = fed.get(f"/pixels/{WORKSPACE}/{PIXEL}")
    assert f"/products?workspace={WORKSPACE}" in answer.text
    assert '<a href="/products">Products</a>' in answer.text


def test_a_viewer_sees_neither_addresses_nor_another_workspace(fed):
    fed.post(
        "/products/address", do="schedule", url="https://ada:pw@secret-host.example/f", every="6", workspace=WORKSPACE
    )
    told = fed.get(HERE, who="viewer").text
    assert "secret-host" in fed.get(HERE).text
    assert "secret-host" not in told
    assert "pw" not in fed.get(HERE).text.partition("secret-host")[2][:40]
    assert fed.get(HERE, who="viewer", workspace="acme").status == 404
    assert "456" not in fed.get("/products", who="viewer", workspace="acme").text


@pytest.mark.parametrize("query", ["days=5", "days=x", "workspace=../x", "pixel=" + "x" * 200])
def test_what_nothing_can_mean_is_not_found(room, query):
    assert room.get(f"/products?{query}").status == 404


def test_an_address_is_kept_read_and_forgotten(room, uploads):
    form = {"workspace": WORKSPACE, "do": "schedule", "every": "6"}
    assert room.post("/products/address", who="viewer", **form, url="https://shop.example/f").status == 403
    for url, every, says in (("ftp://x", "6", "https://shop.example"), ("https://x", "999", "every 1 to 168 hours")):
        refused = room.post("/products/address", who="member", **form | {"url": url, "every": every})
        assert (refused.status, says in refused.text) == (400, True)
    assert room.post("/products/address", who="member", **form, url="https://shop.example/f").status == 303
    assert "shop.example" in words(room.get(HERE))
    assert room.post("/products/address", who="member", do="read", workspace=WORKSPACE).status == 303
    assert room.post("/products/address", who="member", do="forget", workspace=WORKSPACE).status == 303
    assert room.post("/products/address", who="member", do="read", workspace=WORKSPACE).status == 400
    assert room.post("/products/address", who="member", do="nothing", workspace=WORKSPACE).status == 400
    assert uploads.asked == 3


@pytest.mark.parametrize("content", [b"", b"id,title\r\nA,Hat\r\n", b"\r\n--", bytes(range(256)) * 300])
def test_a_file_arrives_as_it_is(room, uploads, content):
    assert upload(room, multipart(content)).status == 303
    assert uploads.files == {(WORKSPACE, "feed.csv"): content}
    assert "is being read" in words(room.get(f"{HERE}&uploaded=yes"))


def test_a_files_name_is_one_plain_line(room, uploads):
    assert upload(room, multipart(b"x", filename="../../etc/C:\\fe\x07ed.csv")).status == 303
    assert list(uploads.files) == [(WORKSPACE, "feed.csv")]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", MULTIPART),
        (b"garbage", MULTIPART),
        (multipart(b"x", name="other"), MULTIPART),
        (multipart(b"x", filename=""), MULTIPART),
        (multipart(b"x", end="")[:-40], MULTIPART),
        (b"--" + BOUNDARY.encode() + b"\r\n" + b"x" * 50_000, MULTIPART),
        ((f"--{BOUNDARY}\r\n\r\n\r\n" * 50).encode(), MULTIPART),
        (multipart(b"x"), {"content-type": "text/plain"}),
        (multipart(b"x"), {"content-type": "multipart/form-data"}),
        (multipart(b"x"), {"content-type": "multipart/form-data; boundary=" + "y" * 200}),
    ],
)
def test_what_is_no_form_with_a_file_is_told(room, uploads, body, headers):
    answer = upload(room, body, headers=headers)
    assert (answer.status, uploads.files) == (400, {})
    assert "Choose a file" in answer.text


def test_a_file_that_is_too_large_is_told_and_a_viewer_sends_none(room, uploads):
    assert upload(room, multipart(b"x" * 200_000)).status == 413
    assert upload(room, multipart(b"x"), who="viewer").status == 403
    assert uploads.files == {}


def test_a_conversion_tells_revenue_margin_and_which_is_sent(fed):
    fed.record(replace(bought("900", minor=8_990), goods=Goods(7_500, "EUR", [GoodsLine(["456"], 2)])))
    (story,) = fed.reader.by_event_id(WORKSPACE, "order-900")
    told = words(fed.get(f"/events/{story.id}"))
    assert "Revenue 89.90 EUR" in told
    assert "Margin 65.00 EUR products 75.00 EUR, cost 10.00 EUR" in told
    assert "Sent by rule revenue" in told
