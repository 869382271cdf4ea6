"""Orders of hundreds of lines are taken whole; what is larger than any order is refused in words, and bounded."""

import gzip
import json
import resource
from pathlib import Path

import pytest

from served import served
from shop_systems import a_shopify_order, encoded, shopify_headers
from shopping import Shopping
from twinbeam.http_server.limits import DEFAULTS
from twinbeam.pipeline.accept.problems import MOST_BYTES, MOST_SIGNED_BYTES

_MIB = 1024 * 1024
A_LINE = {
    "id": 10**17,
    "variant_id": 44_000_000_000_000_001,
    "product_id": 8_000_000_000_000_001,
    "sku": "LAMP-1",
    "title": "Lamp",
    "quantity": 1,
    "price": "1.00",
    "gift_card": False,
    "tax_lines": [{"title": "VAT", "rate": 0.19, "price": "0.16", "note": "x" * 100}] * 8,
}


def an_order(lines: int) -> bytes:
    """Shipped and refunded: each line stands in it three times."""
    listed = [A_LINE | {"id": 10**17 + i} for i in range(lines)]
    parcel = {"id": 1, "line_items": listed, "shipment_status": None}
    back = [{"id": 2, "transactions": [], "refund_line_items": [{"line_item": line} for line in listed]}]
    return encoded(a_shopify_order(7, line_items=listed, fulfillments=[parcel], refunds=back))


@pytest.mark.parametrize("lines", [576, 1_000])
def test_an_order_of_hundreds_of_lines_is_taken(tmp_path, lines):
    shop, body = Shopping(tmp_path), an_order(lines)
    assert MOST_BYTES < len(body) <= MOST_SIGNED_BYTES
    assert shop.deliver("shopify", body).status == 202
    packed = gzip.compress(body, 1)
    again = shop.post("/in/shopify/shopify", packed, shopify_headers(packed, "") | {"Content-Encoding": "gzip"})
    assert again.status == 202
    shop.send()
    (counted,) = shop.counted()
    assert (counted.order_id, float(counted.value)) == ("7", 89.9)
    shop.close()


@pytest.mark.parametrize("path", ["/in/shopify/shopify", "/in/shopify/nobody"])
def test_ten_megabytes_are_refused_in_words_over_a_real_connection(tmp_path, path):
    shop, body = Shopping(tmp_path), b"x" * (10 * _MIB)
    head = "".join(f"{name}: {value}\r\n" for name, value in shopify_headers(body, "orders/paid").items())
    request = f"POST {path} HTTP/1.1\r\nHost: a\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode()
    with served(shop.house.door) as running, running.peer(request, body) as peer:
        answer = peer.answer()
    told = json.loads(answer.body)
    assert (answer.status, told["code"]) == (413, "too_large")
    assert str(MOST_SIGNED_BYTES) in told["message"]
    assert (shop.rows(), shop.conversions()) == ([], [])
    shop.close()


def test_a_small_gzip_stream_that_is_large_inside_is_refused(tmp_path):
    shop = Shopping(tmp_path)
    for size, status in ((MOST_SIGNED_BYTES, 200), (MOST_SIGNED_BYTES + 1, 413)):
        packed = gzip.compress(b" " * size, 1)
        headers = shopify_headers(packed, "orders/paid") | {"Content-Encoding": "gzip"}
        assert shop.post("/in/shopify/shopify", packed, headers).status == status
    assert shop.rows() == []
    shop.close()


def test_strangers_large_bodies_are_bounded_together(tmp_path):
    shop, size = Shopping(tmp_path), MOST_SIGNED_BYTES - 1
    head = f"POST /in/shopify/nobody HTTP/1.1\r\nHost: a\r\nContent-Length: {size + 1}\r\n\r\n".encode()
    before = memory_bytes()
    with served(shop.house.door) as running:
        hoarders = [running.peer(head) for _ in range(40)]
        for peer in hoarders:
            peer.send_until_closed(b"x" * (size // 8), size)
        running.settle()
        assert running.on_loop(lambda: running.server.registry.held) <= DEFAULTS.held_bytes
        assert memory_bytes() - before < 4 * DEFAULTS.held_bytes
        for peer in hoarders:
            peer.close()
    shop.close()


def memory_bytes() -> int:
    """Give how much memory this process takes now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
