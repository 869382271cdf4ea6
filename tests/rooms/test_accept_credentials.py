import base64
import hashlib

import msgspec
import pytest

from builders import PIXEL, WORKSPACE
from door import BROWSER_KEY, READ_KEY, SERVER_KEY, a_directory
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.rules import PixelRules, Route
from twinbeam.core.values import KeyKind
from twinbeam.pipeline.accept.credentials import may_read, may_write, presented
from twinbeam.pipeline.accept.directory import PREFIXES, AccessKey, Directory, PixelEntry, fingerprint, mint, place
from twinbeam.pipeline.accept.problems import Problem, ProblemCode


def basic(text):
    return b"Basic " + base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("headers", "query", "text"),
    [
        ({b"authorization": b"Bearer abc"}, b"", "abc"),
        ({b"authorization": b"bearer  abc "}, b"", "abc"),
        ({b"authorization": basic("abc:")}, b"", "abc"),
        ({b"authorization": basic("abc:password")}, b"", "abc"),
        ({b"authorization": basic("abc")}, b"", "abc"),
        ({b"x-write-key": b"abc"}, b"", "abc"),
        ({}, b"key=abc", "abc"),
        ({}, b"x=1&key=abc&key=def", "abc"),
        ({b"authorization": b"Bearer abc", b"x-write-key": b"def"}, b"key=ghi", "abc"),
        ({b"x-write-key": b"def"}, b"key=ghi", "def"),
    ],
)
def test_a_key_is_found_where_it_may_be(headers, query, text):
    found = presented(headers, query)
    assert found.text == text
    assert found.in_url is (headers == {})


@pytest.mark.parametrize(
    "headers",
    [{}, {b"authorization": b""}, {b"authorization": b"Digest abc"}, {b"authorization": b"Basic a"}],
)
def test_no_key_is_found_where_there_is_none(headers):
    assert presented(headers, b"monkey=abc") is None


def test_each_kind_of_key_may_do_one_thing():
    directory = a_directory()

    def outcome(act, key):
        result = act(presented({b"x-write-key": key.encode()}, b""), directory)
        return result.code if isinstance(result, Problem) else result.kind

    assert outcome(may_write, SERVER_KEY) is KeyKind.SERVER
    assert outcome(may_write, BROWSER_KEY) is KeyKind.BROWSER
    assert outcome(may_write, READ_KEY) is ProblemCode.READ_KEY_CANNOT_WRITE
    assert outcome(may_read, READ_KEY) is KeyKind.READ
    assert outcome(may_read, SERVER_KEY) is ProblemCode.WRITE_KEY_CANNOT_READ
    assert outcome(may_read, BROWSER_KEY) is ProblemCode.WRITE_KEY_CANNOT_READ


@pytest.mark.parametrize("kind", KeyKind)
def test_a_minted_key_shows_its_kind_and_never_repeats(kind):
    keys = {mint(kind) for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith(PREFIXES[kind]) and len(key) == 4 + 32 for key in keys)


def test_a_snapshot_survives_a_round_trip_and_holds_no_key_text():
    directory = a_directory(PixelEntry(PIXEL, WORKSPACE, "offline", PixelRules(purchase_means="paid"), "Tills"))
    snapshot = directory.encode()
    assert Directory.decode(snapshot) == directory
    assert all(key.encode() not in snapshot for key in (SERVER_KEY, BROWSER_KEY, READ_KEY))
    assert fingerprint(SERVER_KEY) == hashlib.sha256(SERVER_KEY.encode()).hexdigest()


@pytest.mark.parametrize("snapshot", [b"", b"{", b"[]", b'{"keys":{"a":{}}}', b"\xff", b"[" * 100_000])
def test_a_damaged_snapshot_is_said_to_be_damaged(snapshot):
    with pytest.raises(StorageDamaged):
        Directory.decode(snapshot)


def test_a_snapshot_of_a_newer_version_is_read_as_far_as_it_is_known():
    snapshot = msgspec.json.decode(a_directory().encode()) | {"regions": {}}
    assert Directory.decode(msgspec.json.encode(snapshot)) == a_directory()


def test_a_key_never_leads_to_a_pixel_of_another_workspace_or_to_one_that_is_gone():
    places = (("one", "A"), ("two", "B"), ("two", "A"))
    pixels = {place(workspace, code): PixelEntry(code, workspace, name=workspace) for workspace, code in places}
    key = AccessKey("k", KeyKind.SERVER, "one", "checkout", tuple(map(Route, "ABCA")))
    assert [it.code for it in Directory({}, pixels).routing(key).pixels] == ["A"]


def test_two_workspaces_may_have_a_pixel_of_one_code_and_each_key_leads_to_its_own():
    ours, theirs = PixelRules(purchase_means="paid"), PixelRules(purchase_means="shipped")
    pixels = {
        place("one", "A"): PixelEntry("A", "one", rules=ours),
        place("two", "A"): PixelEntry("A", "two", rules=theirs),
    }
    keys = [AccessKey(workspace, KeyKind.SERVER, workspace, "shop", (Route("A"),)) for workspace in ("one", "two")]
    directory = Directory({}, pixels)
    assert [directory.routing(key).pixels[0].rules for key in keys] == [ours, theirs]
