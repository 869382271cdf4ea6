"""A product feed's file: three forms, any columns, and whatever else somebody puts behind an address."""

import gzip
import io
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.products import FeedProduct
from twinbeam.products import files
from twinbeam.products.columns import product_of
from twinbeam.products.files import FeedUnreadable, opened

GOOGLE = """<?xml version="1.0" encoding="UTF-8"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
<title>A shop</title><link>https://shop.example</link>
<item><title>Not this</title><g:title>Lamp &amp; shade</g:title><g:id>L-1</g:id><g:price>12.50 EUR</g:price>
<g:item_group_id>L</g:item_group_id><g:gtin>4006381333931</g:gtin><g:cost_of_goods_sold>5 EUR</g:cost_of_goods_sold>
<g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping></item>
<item><g:id>L-2</g:id></item></channel></rss>"""
LAMP = FeedProduct(
    "L-1", "L", "", "4006381333931", "", "Lamp & shade", 12_500_000, "EUR", 5_000_000, "EUR"
)  # fmt: skip


def read(content):
    """Give what kind of file it is, the products in it and what is wrong with its rows."""
    file = opened(io.BytesIO(content if isinstance(content, bytes) else content.encode()))
    found = [product_of(*row) for row in file.rows]
    return file.kind, [product for product, _ in found if product], [fault for _, faults in found for fault in faults]


def test_googles_xml():
    kind, products, faults = read(GOOGLE)
    assert (kind, products, faults) == ("xml", [LAMP, FeedProduct("L-2")], [])


def test_atom_and_another_encoding():
    atom = GOOGLE.replace("<rss", "<feed").replace("</rss>", "</feed>").replace("item>", "entry>")
    assert read(atom)[1] == [LAMP, FeedProduct("L-2")]
    latin = GOOGLE.replace("UTF-8", "ISO-8859-1").replace("shade", "Schäfer").encode("latin-1")
    assert read(latin)[1][0].title == "Lamp & Schäfer"


def test_googles_tab_delimited_text():
    text = "id\ttitle\tprice\titem group id\tgtin\tcost of goods sold\nL-1\tLamp & shade\t12.50 EUR\tL\t4006381333931\t5 EUR\n"
    assert read(text) == ("tsv", [LAMP], [])


def test_tiktoks_catalogue_below_its_lines_of_explanation():
    text = (
        "Read this first,,,\n,,,\nRequired,Required,Required,Optional\n"
        "sku_id,title,availability,price,item_group_id,gtin,cost\n"
        'L-1,"Lamp & shade",in stock,12.50 EUR,L,4006381333931,5\n'
    )
    assert read(text) == ("csv", [LAMP], [])


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_plain_text_with_a_mark_of_byte_order(delimiter):
    rows = [["SKU", "Title", "Price", "Currency"], ["A", "Hat", "9,90" if delimiter != "," else "9.90", "eur"]]
    text = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows)
    assert read(text)[1] == [FeedProduct("A", sku="A", title="Hat", price_micros=9_900_000, currency="EUR")]


def test_gzip_around_either():
    assert read(gzip.compress(GOOGLE.encode()))[1] == [LAMP, FeedProduct("L-2")]


def test_faults_name_the_row_the_field_and_the_fix():
    text = (
        "id,title,price,cost\n,Hat,1 EUR,\nA,Hat,free,-2 EUR\nB,Hat,5,\n"
        'C,Hat,"1,234 EUR",3 EUR USD\n' + "D" * 300 + ",Hat,,\n" + 'E,"never ends,' + "x" * 200_000 + "\n"
    )
    _, products, faults = read(text)
    assert [product.id for product in products] == ["A", "B", "C"]
    assert [(fault.row, fault.field) for fault in faults] == [
        *((2, "id"), (3, "price"), (3, "cost_of_goods_sold"), (4, "price")),
        *((5, "price"), (5, "cost_of_goods_sold"), (6, "id"), (7, "")),
    ]
    assert all(fault.words.endswith(".") for fault in faults)
    assert products[0].cost_micros is products[0].price_micros is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"hello\nworld\n", "No head was found"),
        ("title,price\nA,1\n".encode("utf-16"), "not UTF-8"),
        (b"id,title\n" + b"x" * 2_000_000, "A line has more than"),
        (b"<html><body>404</body></html>", "holds no product"),
        (GOOGLE[:200].encode(), "no XML"),
        (b"<!DOCTYPE a [<!ENTITY b 'x'>]><a>&b;</a>", "document type"),
        (b"<a>" * 100_000, "too deep"),
        (b"<a b='" + b"x" * 6_000_000, "A tag has more than"),
        (gzip.compress(b"id,title\nA,Hat\n", mtime=0)[:-8], "damaged"),
        (b"\x1f\x8bnot packed at all", "damaged"),
    ],
)
def test_what_is_no_feed_is_told_in_words(content, says):
    with pytest.raises(FeedUnreadable, match=says):
        read(content)


def test_what_is_packed_too_well_ends(monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 1_000_000)
    with pytest.raises(FeedUnreadable, match="has more than"):
        read(gzip.compress(b"id,title\n" + b"A,Hat\n" * 1_000_000))


def test_too_many_rows_end(monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 10)
    with pytest.raises(FeedUnreadable, match="more than 10 products"):
        read("id,title\n" + "A,Hat\n" * 11)


@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_a_feed_or_told_in_words(content):
    for begin in (b"", b"id,title\n", b"<rss><item><g:id>", b"\x1f\x8b"):
        told = ""
        try:
            read(begin + content)
        except FeedUnreadable as error:
            told = str(error)
        assert told == "" or told.endswith(".")


def test_a_feed_that_is_cut_anywhere_brings_no_row_that_is_not_in_it():
    whole = {product.id for product in read(GOOGLE)[1]}
    for at in Random(7).sample(range(len(GOOGLE)), 60):
        try:
            assert {product.id for product in read(GOOGLE[:at])[1]} <= whole
        except FeedUnreadable:
            continue
