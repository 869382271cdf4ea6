"""Files as people have them: what can be read in one way is read, and what cannot is refused with the line and the fix."""

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.app.import_proposal import proposed_of
from twinbeam.app.import_records import MOST_LINES, Numbers, each_alone, orders_in
from twinbeam.app.import_verdicts import Wanted, reported
from twinbeam.app.row_files import opened
from twinbeam.app.spellings import Spelling
from twinbeam.core.errors import ConfigError
from twinbeam.sources.fields import Unfit

WHEN = "2026-11-20T11:05:00Z"


def a_file(folder, content, name="orders.csv"):
    path = Path(folder) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path, encoding="", currency="EUR", said=(), **asked):
    """Read a file as the command does; give its orders, and what is odd of the others."""
    file = opened(path, encoding)
    proposal = proposed_of(file, dict(said), **{"decimal": None, "dates": None, "zone": "UTC"} | asked)
    wanted = Wanted(workspace="main", mapping=proposal.mapping, spelling=proposal.spelling, currency=currency)
    found = []
    for record in orders_in(file.rows(), proposal.mapping):
        try:
            found.append(record.trouble or reported(record.rows, wanted))
        except Unfit as unfit:
            found.append(f"{unfit.field}: {unfit.fix}")
    return found


def values(path, **asked):
    def value(it):
        return it if isinstance(it, str) else str(it.money["value"].amount) if it.money else ""

    return list(map(value, read(path, **asked)))


def moments(path, **asked):
    def moment(it):
        return datetime.fromtimestamp(it.since_ms["placed"] / 1_000, UTC).strftime("%Y-%m-%d %H:%M")

    return [it if isinstance(it, str) else moment(it) for it in read(path, **asked)]


@pytest.mark.parametrize(
    "content",
    [
        f"order_id,value,placed_at\n1,12.50,{WHEN}\n",
        f"\ufefforder_id,value,placed_at\n1,12.50,{WHEN}\n",
        f'order_id;value;placed_at\r\n1;"12,50";{WHEN}\r\n',
        f"sep=;\r\norder_id;value;placed_at\r\n1;12,50;{WHEN}\r\n",
        f"order_id\tvalue\tplaced_at\n1\t12.50\t{WHEN}\n",
        f"order_id|value|placed_at|\n1|12.50|{WHEN}|\n\n||\n",
        f" Order ID , Total , Date \n1,12.50,{WHEN}\n",
        f"order_id,value,placed_at\r1,12.50,{WHEN}\r",
        f"order_id,value,placed_at\n1,12.50,{WHEN}\n".encode("utf-16"),
        f'order_id,note,value,placed_at\n1,"two\nlines, and ""quoted""",12.50,{WHEN}\n',
    ],
    ids=["plain", "BOM", "Excel", "sep=", "tabs", "bars", "blanks", "old Mac", "UTF-16", "quoted newline"],
)
def test_a_file_is_read_whatever_wrote_it(tmp_path, content):
    assert values(a_file(tmp_path, content)) == ["12.50"]


def test_json_lines_are_read_and_a_bad_line_is_left_out(tmp_path):
    lines = f'{{"order_id": 1, "value": 12.10, "placed_at": "{WHEN}"}}\nnonsense\n[1]\n\n'
    path = a_file(tmp_path, lines, "orders.jsonl")
    assert values(path) == ["12.10", "is no JSON object", "is no JSON object"]
    assert [it.line for it in each_alone(opened(path).rows())] == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "a.csv", "is empty"),
        (b"\n\n", "a.csv", "is empty"),
        (b"order_id,value,placed_at\n", "a.csv", "has a header and no rows"),
        (b"order_id,value\n1,2\n", "a.csv", "No column says when: say --map placed_at=COLUMN"),
        (b"value,placed_at\n1,2\n", "a.csv", "No column holds the order's number: say --map order_id=COLUMN"),
        (b"id,total,total,date\n1,2,3,4\n", "a.csv", "two columns are called total; rename one"),
        (b"order_id,city,placed_at\n1,M\xfcnchen,x\n", "a.csv", "line 2 is not in UTF-8"),
        (b"PK\x03\x04rest", "a.xlsx", "a workbook, such as Excel's. Save it there as CSV UTF-8"),
        (b"\x1f\x8b\x08", "a.csv.gz", "compressed. Unpack it first"),
        (b'[{"order_id": 1}]', "a.json", "write one object on each line"),
        (b'{"order_id": 1}\n', "a.csv", "looks like JSON: name it .jsonl"),
        (b"nonsense\n", "a.jsonl", "its first lines are no JSON objects"),
        ("order_id,value,placed_at\n".encode("utf-16-le"), "a.csv", "NUL characters, as in text of another encoding"),
        (b'order_id,value,placed_at\n1,2,3\n2,"' + b"x\n" * 70_000, "a.csv", "begins in line 3, a field is longer"),
        (b"order_id,value,placed_at\n" + b"x" * 1_000_001, "a.csv", "line 2 is longer than 1,000,000 characters"),
    ],
)
def test_what_no_row_can_be_told_from_is_refused_with_the_fix(tmp_path, content, name, sentence):
    with pytest.raises(ConfigError) as refused:
        read(a_file(tmp_path, content, name))
    assert sentence in str(refused.value)


def test_a_line_of_a_gigabyte_costs_neither_memory_nor_time(tmp_path):
    path = a_file(tmp_path, "order_id,value,placed_at\n")
    with path.open("r+b") as file:
        file.truncate(1_000_000_000)
    began = time.monotonic()
    with pytest.raises(ConfigError, match="line 2 is longer than 1,000,000 characters"):
        read(path)
    assert time.monotonic() - began < 5


def test_an_encoding_that_is_said_is_believed(tmp_path):
    path = a_file(tmp_path, f"order_id,city,value,placed_at\n1,München,2,{WHEN}\n".encode("cp1252"))
    (order,) = read(path, encoding="cp1252")
    assert order.user.city == "München"
    with pytest.raises(ConfigError, match="There is no encoding klingon"):
        read(path, encoding="klingon")


def test_rows_that_do_not_fit_are_left_out_alone(tmp_path):
    rows = f"1,12.50\n2,12.50,{WHEN},more\n3,12.50,{WHEN}\n4,,{WHEN}\n5,1,\n"
    told = values(a_file(tmp_path, f"order_id,value,placed_at\n{rows}"))
    assert told[:3] == [
        "has 2 columns, and the header 3: is a quotation mark not closed, or the line cut off?",
        "has 4 columns, and the header 3: quote values that hold a comma",
        "12.50",
    ]
    assert told[3] == ""
    assert told[4] == "placed_at: Write when the order was placed or paid."


@pytest.mark.parametrize(
    ("written", "decimal", "read_as"),
    [
        ("12.5", None, "12.5"),
        ("1,234.56", None, "1234.56"),
        (" 12.50 ", None, "12.50"),
        ("1,234", None, "value: Write an amount such as 89.90; where the file has a decimal comma, say --decimal"),
        ("1,234", "point", "1234"),
        ("1,234", "comma", "1.234"),
        ("1.234", "comma", "1234"),
        ("12,50", None, "12.50"),
        ("1.234,56", None, "1234.56"),
        ("1 234,56", None, "1234.56"),
        ("12.50", "comma", "value: Write an amount such as 89,90; where the file has a decimal point, say --decimal"),
        ("€ 12.50", None, "value: Write an amount without its currency"),
        ("12.50 EUR", None, "value: Write an amount without its currency"),
        ("-", None, "value: Write an amount"),
        ("1e5", None, "value: Write an amount without its currency"),
    ],
)
def test_an_amount_is_read_in_one_way_or_not_at_all(tmp_path, written, decimal, read_as):
    (value,) = values(a_file(tmp_path, f'order_id,value,placed_at\n1,"{written}",{WHEN}\n'), decimal=decimal)
    assert value == read_as or (read_as.endswith(("currency", "amount", "--decimal")) and value.startswith(read_as))


def test_a_file_that_writes_amounts_in_two_ways_is_read_in_one(tmp_path):
    rows = "".join(f'{n},"{value}",{WHEN}\n' for n, value in enumerate(("12.50", "12,50", "7"), 1))
    told = values(a_file(tmp_path, f"order_id,value,placed_at\n{rows}"))
    assert (told[0], told[2]) == ("12.50", "7")
    assert told[1].startswith("value: Write an amount such as 89.90; where the file has a decimal comma")


@pytest.mark.parametrize(
    ("written", "asked", "read_as"),
    [
        ("2026-11-20 11:05", {}, "2026-11-20 11:05"),
        ("2026-11-20", {}, "2026-11-20 00:00"),
        ("2026-11-20 11:05:07 +0100", {}, "2026-11-20 10:05"),
        ("2026-11-20T11:05:07.123+01:00", {}, "2026-11-20 10:05"),
        ("2026-11-20 11:05:07 UTC", {"zone": "Europe/Berlin"}, "2026-11-20 11:05"),
        ("2026-11-20 11:05", {"zone": "Europe/Berlin"}, "2026-11-20 10:05"),
        ("20.11.2026 11:05", {}, "2026-11-20 11:05"),
        ("1.2.2026", {}, "2026-02-01 00:00"),
        ("20/11/2026 11:05:00", {}, "2026-11-20 11:05"),
        ("11/20/2026 1:05 PM", {}, "2026-11-20 13:05"),
        ("11/20/2026 12:05 am", {}, "2026-11-20 00:05"),
        ("11/12/2026", {"dates": "day-first"}, "2026-12-11 00:00"),
        ("11/12/2026", {"dates": "month-first"}, "2026-11-12 00:00"),
        ("11/12/2026", {}, "placed_at: Day or month first? Say --dates day-first or --dates month-first."),
        ("46346.5", {}, "2026-11-20 12:00"),
        ("1795172700", {}, "2026-11-20 11:05"),
        ("1795172700000", {}, "2026-11-20 11:05"),
        ("20/11/26", {}, "placed_at: Write the year with four digits."),
        ("31.02.2026", {}, "placed_at: Write a time such as 2026-11-20T11:05:00Z or 20.11.2026 11:05."),
        ("yesterday", {}, "placed_at: Write a time such as 2026-11-20T11:05:00Z or 20.11.2026 11:05."),
    ],
)
def test_a_time_is_read_in_one_way_or_not_at_all(tmp_path, written, asked, read_as):
    path = a_file(tmp_path, f"order_id,value,placed_at\n1,12.50,{written}\n")
    assert moments(path, **asked) == [read_as]


def test_a_zone_that_is_none_is_refused(tmp_path):
    path = a_file(tmp_path, f"order_id,value,placed_at\n1,2,{WHEN}\n")
    for zone in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(ConfigError, match="There is no time zone"):
            read(path, zone=zone)


@given(
    row=st.dictionaries(
        st.sampled_from(["order_id", "value", "tax", "price", "placed_at", "paid_at", "quantity", "status"]),
        st.text(alphabet=st.characters(codec="utf-8"), max_size=40) | st.from_regex(r"[-+]?[\d.,/: ]{1,20}"),
    ),
    spelling=st.builds(
        Spelling,
        decimals=st.sampled_from(["point", "comma"]),
        dates=st.sampled_from([None, "day-first", "month-first"]),
    ),
)
def test_any_row_is_an_order_or_is_refused_with_its_field(row, spelling):
    with contextlib.suppress(Unfit):  # anything else would end the import
        reported([row], Wanted(workspace="main", spelling=spelling, currency="EUR"))


SHOPIFYS = """Name,Email,Financial Status,Paid at,Currency,Total,Lineitem quantity,Lineitem name,Lineitem price,Id
#1001,ada@shop.example,paid,2026-11-20 12:05:07 +0100,EUR,22.50,1,Lamp,20.00,5123456789012345678
#1001,ada@shop.example,,,,,1,Bulb,2.50,
#1002,bo@shop.example,paid,2026-11-20 12:06:07 +0100,EUR,9.00,2,Bulb,4.50,5123456789012345679
"""


def test_an_export_of_shopifys_is_read_as_it_is(tmp_path):
    first, second = read(a_file(tmp_path, SHOPIFYS), currency="")
    assert [first.order_id, second.order_id] == ["5123456789012345678", "5123456789012345679"]
    assert [line.content_name for line in first.contents] == ["Lamp", "Bulb"]
    assert str(first.money["value"]) == "22.50 EUR"


def test_an_order_of_endless_lines_costs_no_memory(tmp_path):
    rows = f"1,1,{WHEN}\n" * (MOST_LINES + 10) + f"2,1,{WHEN}\n"
    mapping = {"order_id": "order_id", "price": "price", "placed_at": "placed_at"}
    first, second = orders_in(opened(a_file(tmp_path, f"order_id,price,placed_at\n{rows}")).rows(), mapping)
    assert (len(first.rows), first.trouble) == (MOST_LINES, "has more than 10,000 lines")
    assert (second.line, second.trouble) == (MOST_LINES + 12, "")


def test_a_number_that_comes_again_is_told():
    numbers = Numbers()
    assert [numbers.repeats(it) for it in ("1", "2", "1", "01")] == [False, False, True, False]
    numbers.close()


def test_a_column_may_be_named_or_left_out(tmp_path):
    path = a_file(tmp_path, f"no,total,placed_at,email\n1,12.50,{WHEN},ada@shop.example\n")
    (order,) = read(path, said={"order_id": "no", "email": ""}.items())
    assert (order.order_id, order.user.email) == ("1", None)
