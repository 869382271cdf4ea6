import asyncio
import gzip
import json

import brotli
import pytest

from builders import PIXEL, WORKSPACE, a_body
from door import BROWSER_KEY, SERVER_KEY, Corridor, House, a_directory, a_scope, converse
from twinbeam.core.clock import HandClock
from twinbeam.core.rules import PixelRules
from twinbeam.pipeline.accept.contract import Taken
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.accept.tag.files import STOPPED, built
from twinbeam.pipeline.accept.tag.front import CONSENT, COOKIE, EVENTS, TagFront
from twinbeam.pipeline.accept.tag.looking import EVERY_SECONDS, Looking
from twinbeam.sources import consent_v1, events_v1

QUERY = f"key={BROWSER_KEY}".encode()
HERE = {"host": "www.shop.example", "origin": "https://www.shop.example", "sec-fetch-site": "same-origin"}
GRANTED = {"ad_storage": "granted", "ad_user_data": "granted"}
VALUE = "4096-17|01KATT_.tt.1|E.C.P.abc%7C|1795896836797||"


def asked(path, *, method="GET", headers=None, body=b"", query=QUERY, directory=None, corridor=None, name="/t"):
    snapshot = directory or a_directory()
    house = House(directory=snapshot, corridor=corridor)
    front = TagFront(house.door, name, lambda: snapshot, {EVENTS: events_v1.PATH, CONSENT: consent_v1.PATH})
    given = [(key.encode(), value.encode()) for key, value in (headers or {}).items()]
    scope = a_scope(method=method, path=path, query_string=query, headers=given)
    return asyncio.run(converse(front, scope, [body])), house


def cookie(headers=None, *, query=QUERY, **wish):
    body = json.dumps({"value": VALUE, "consent": GRANTED} | wish).encode()
    answered, _ = asked(f"/t{COOKIE}", method="POST", headers={**HERE, **(headers or {})}, body=body, query=query)
    return answered


# ---- files ----


def test_the_tag_is_kept_for_less_than_a_minute_and_asked_for_again_by_its_entity_tag():
    answered, house = asked("/t.js", headers={"accept-encoding": "gzip, deflate"})
    assert answered.status == 200
    assert gzip.decompress(answered.body) == built().texts["main"]
    assert answered.headers[b"cache-control"] == b"public, max-age=50"
    assert b"set-cookie" not in answered.headers
    assert house.served == []
    again, _ = asked("/t.js", headers={"if-none-match": answered.headers[b"etag"].decode()})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("asks", "gets"),
    [("gzip, deflate, br, zstd", b"br"), ("br;q=1.0", b"br"), ("gzip;q=0.5", b"gzip"), ("brotli, identity", None)],
)
def test_a_file_is_given_in_the_best_coding_that_the_browser_takes(asks, gets):
    answered, _ = asked("/t.js", headers={"accept-encoding": asks})
    unpack = {b"br": brotli.decompress, b"gzip": gzip.decompress, None: bytes}[gets]
    assert answered.headers.get(b"content-encoding") == gets
    assert unpack(answered.body) == built().texts["main"]


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([{}], {}),
        ([{"page_view_as": "ViewContent"}], {"view": "ViewContent"}),
        ([{"page_view_as": "ViewContent"}, {}], {}),
        ([{"tag_without": ("links", "layer")}, {"tag_without": ("links",)}], {"without": ["layer", "links"]}),
    ],
)
def test_the_tag_is_told_what_it_reports_without_code_by_the_rules_of_all_pixels(rules, told):
    codes = [f"{PIXEL[:-1]}{at}" for at, _ in enumerate(rules)]
    entries = [PixelEntry(code, WORKSPACE, rules=PixelRules(**each)) for code, each in zip(codes, rules, strict=True)]
    answered, _ = asked("/t.js", directory=a_directory(*entries))
    given, _, _ = answered.body.partition(b";(()=>")
    assert given == (b"window.__twinbeam=" + json.dumps(told, separators=(",", ":")).encode() if told else given)
    assert (b"__twinbeam=" in given) is bool(told)


def test_a_tag_manager_gets_the_tag_with_the_snippets_inline_part_and_what_was_decided():
    directory = a_directory(PixelEntry(PIXEL, WORKSPACE, rules=PixelRules(purchase_means="paid")))
    answered, house = asked("/t.js", query=QUERY + b"&whole=1&mode=own", directory=directory)
    assert answered.body == b'window.__twinbeam={"purchase":"paid"};' + built().texts["whole"]
    assert answered.headers[b"cache-control"] == b"public, max-age=50"
    assert house.served == []


def test_a_file_is_given_uncompressed_to_whoever_cannot_read_gzip():
    answered, _ = asked("/t.js")
    assert answered.body == built().texts["main"]
    assert b"content-encoding" not in answered.headers


def test_parts_and_the_whole_never_change_under_their_names():
    its = built()
    parts = its.texts.keys() - {"main", "whole", "inline", "look"}
    paths = {f"/t/{its.manifest.chunks}/{part}.js": part for part in parts} | {f"/t/{its.whole}.js": "whole"}
    for path, file in paths.items():
        answered, _ = asked(path, query=b"")
        assert (answered.status, answered.body) == (200, its.texts[file])
        assert answered.headers[b"cache-control"] == b"public, max-age=31536000, immutable"
        assert answered.headers[b"access-control-allow-origin"] == b"*"


@pytest.mark.parametrize("path", ["/t", "/t/", "/t/nothing.js", "/tea", "/t/../v1/events", "/t.js/x", "/t//e"])
def test_other_paths_are_not_here(path):
    answered, _ = asked(path)
    assert answered.status == 404


def test_all_paths_begin_with_the_name_that_the_owner_chose():
    for path in ("/assets/hats.js", f"/assets/hats/{built().whole}.js"):
        assert asked(path, name="/assets/hats")[0].status == 200
    assert asked("/t.js", name="/assets/hats")[0].status == 404


def test_a_file_is_only_fetched():
    answered, _ = asked("/t.js", method="POST")
    assert (answered.status, answered.json["code"]) == (405, "method_not_allowed")
    head, _ = asked("/t.js", method="HEAD")
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize(
    ("meanings", "told"), [(("placed",), b""), (("paid",), b"paid"), (("placed", "shipped", "paid"), b"shipped")]
)
def test_the_tag_hears_how_far_an_order_has_to_be(meanings, told):
    pixels = [
        PixelEntry(f"{PIXEL}{n}", WORKSPACE, rules=PixelRules(purchase_means=it)) for n, it in enumerate(meanings)
    ]
    answered, _ = asked("/t.js", directory=a_directory(*pixels))
    before = answered.body.removesuffix(built().texts["main"])
    assert before == (b'window.__twinbeam={"purchase":"%s"};' % told if told else b"")


def test_the_tag_keeps_purchases_from_the_script_where_margins_are_sent():
    rules = (PixelRules(purchase_means="paid"), PixelRules(value="margin"))
    pixels = [PixelEntry(f"{PIXEL}{n}", WORKSPACE, rules=it) for n, it in enumerate(rules)]
    answered, _ = asked("/t.js", directory=a_directory(*pixels))
    assert answered.body.startswith(b'window.__twinbeam={"purchase":"server"};')


@pytest.mark.parametrize("query", [b"", b"key=tbb_unknown", b"key=%00", b"key=" + SERVER_KEY.encode(), b"\xff&&key"])
def test_whoever_asks_with_a_key_that_is_none_gets_the_plain_tag(query):
    pixel = PixelEntry(PIXEL, WORKSPACE, rules=PixelRules(purchase_means="paid"))
    answered, _ = asked("/t.js", directory=a_directory(pixel), query=query)
    assert (answered.status, answered.body) == (200, built().texts["main"])


# ---- a stopped pixel ----


def pixels(**stopped):
    """Give pixels by their codes, of which some are stopped."""
    return a_directory(*(PixelEntry(code, WORKSPACE, stopped=it) for code, it in stopped.items()))


def test_a_stopped_pixels_tag_does_nothing_and_is_asked_for_again_within_a_minute():
    answered, _ = asked("/t.js", directory=pixels(A=True))
    assert (answered.status, answered.body) == (200, STOPPED)
    assert answered.headers[b"cache-control"] == b"public, max-age=50"
    tag = answered.headers[b"etag"].decode()
    assert asked("/t.js", directory=pixels(A=True), headers={"if-none-match": tag})[0].status == 304
    assert asked("/t.js", directory=pixels(A=False), headers={"if-none-match": tag})[0].body == built().texts["main"]


def test_where_the_tag_brings_the_gate_itself_the_gate_is_left_to_hold_the_calls():
    answered, _ = asked("/t.js", query=QUERY + b"&whole=1", directory=pixels(A=True, B=True))
    assert answered.body == built().texts["inline"]


def test_of_several_pixels_the_tag_hears_which_are_stopped():
    answered, _ = asked("/t.js", directory=pixels(A=True, B=False, C=True))
    assert answered.body == b'window.__twinbeam={"off":{"A":1,"C":1}};' + built().texts["main"]


def test_an_event_set_has_no_tag_to_stop():
    offline = PixelEntry("S", WORKSPACE, event_source="offline", stopped=True)
    for web in (PixelEntry("A", WORKSPACE), PixelEntry("A", WORKSPACE, stopped=True)):
        answered, _ = asked("/t.js", directory=a_directory(web, offline))
        assert answered.body == (STOPPED if web.stopped else built().texts["main"])
    assert asked("/t.js", directory=a_directory(offline))[0].body != STOPPED


@pytest.mark.parametrize(("query", "receipt"), [(QUERY, {"receipt": "tbc1_x"}), (QUERY + b"&a=0", {})])
def test_events_of_a_page_that_is_still_open_are_taken_and_it_is_told(query, receipt):
    for stopped, more in ((pixels(A=True), {"mode": "gateway"}), (pixels(A=True, B=False), {})):
        told = Corridor(Taken(["order-1001"] * len(stopped.pixels), receipt="tbc1_x"))
        answered, _ = asked(f"/t{EVENTS}", method="POST", body=a_body(), query=query, corridor=told, directory=stopped)
        assert (answered.status, answered.json) == (202, receipt | more)


# ---- events and consent under short names ----


def test_events_go_through_the_door_and_the_answer_is_what_a_tag_needs():
    told = Corridor(Taken(["order-1001"], receipt="tbc1_x"))
    answered, house = asked(
        f"/t{EVENTS}", method="POST", headers={"origin": "https://shop.example"}, body=a_body(), corridor=told
    )
    assert (answered.status, answered.json) == (202, {"receipt": "tbc1_x"})
    assert answered.headers[b"access-control-allow-origin"] == b"*"
    assert [served.path for served in house.served] == [events_v1.PATH]


@pytest.mark.parametrize(("wish", "answer"), [(b"&a=0", {}), (b"", {"receipt": "tbc1_x"})])
def test_a_receipt_comes_only_where_it_is_wanted(wish, answer):
    told = Corridor(Taken(["order-1001"], receipt="tbc1_x"))
    answered, _ = asked(f"/t{EVENTS}", method="POST", body=a_body(), query=QUERY + wish, corridor=told)
    assert answered.json == answer


def test_the_whole_answer_comes_to_whoever_looks_for_a_mistake():
    answered, _ = asked(f"/t{EVENTS}", method="POST", body=a_body(), query=QUERY + b"&a=full")
    assert answered.json["accepted"] == 1


def test_a_problem_is_told_as_ever():
    answered, _ = asked(f"/t{EVENTS}", method="POST", body=b"{", query=QUERY)
    assert (answered.status, answered.json["code"]) == (400, "bad_json")
    answered, _ = asked(f"/t{EVENTS}", method="POST", body=a_body(), query=b"key=tbb_unknown")
    assert answered.status == 401


def test_a_statement_about_consent_has_a_short_name_too():
    body = json.dumps({"statements": [{"cart_token": "c-1", "consent": {"ad_storage": "denied"}}]}).encode()
    answered, house = asked(f"/t{CONSENT}", method="POST", body=body)
    assert answered.status == 202
    assert house.corridor.arrivals[0].item.cart_token == "c-1"


# ---- the cookie ----


def test_the_cookie_is_set_on_the_shops_host_with_a_permission():
    answered = cookie()
    assert answered.status == 204
    assert answered.headers[b"set-cookie"].decode() == f"_tb={VALUE}; Path=/; Max-Age=7776000; SameSite=Lax; Secure"
    assert answered.headers[b"access-control-allow-origin"] == b"https://www.shop.example"
    assert answered.headers[b"access-control-allow-credentials"] == b"true"


def test_a_domain_that_both_hosts_lie_in_is_taken_and_any_other_is_not():
    beside = {"host": "t.shop.example:8443", "sec-fetch-site": "same-site"}
    assert cookie(beside, domain="shop.example").headers[b"set-cookie"].endswith(b"; Domain=shop.example")
    for domain in ("example", "www.shop.example", "evil.example", "", "shop.example; HttpOnly", "."):
        assert b"Domain" not in cookie(beside, domain=domain).headers[b"set-cookie"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://shop.example.evil"},
        {"origin": "null"},
        {"origin": ""},
        {"host": ""},
        {"host": "shop"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_page_from_elsewhere_gets_no_cookie_and_may_read_nothing(headers):
    answered = cookie(headers)
    assert (answered.status, answered.headers) == (204, {})


@pytest.mark.parametrize(
    "wish",
    [
        {"consent": {}},
        {"consent": {"ad_storage": "denied"}},
        {"consent": {"ad_storage": "granted", "ad_user_data": "denied"}},
        {"consent": {"ad_user_data": "granted"}},
        {"consent": None},
        {"consent": {"ad_storage": True}},
        {"value": "x; Domain=evil.example"},
        {"value": "x\r\nSet-Cookie: a=b"},
        {"value": ""},
        {"value": "x" * 3_901},
        {"value": 7},
        {"domain": 7},
    ],
)
def test_without_a_permission_or_with_another_value_there_is_no_cookie(wish):
    answered = cookie(**wish)
    assert answered.status == 204
    assert b"set-cookie" not in answered.headers


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{" * 9_000, b" " * 20_000 + b"{}", b"[" * 100_000])
def test_a_body_that_is_none_sets_no_cookie(body):
    answered, _ = asked(f"/t{COOKIE}", method="POST", headers=HERE, body=body)
    assert answered.status == 204
    assert b"set-cookie" not in answered.headers


def test_the_cookie_is_for_browser_keys():
    assert cookie(query=b"").status == 401
    assert cookie(query=b"key=" + SERVER_KEY.encode()).status == 403


def test_the_cookies_path_takes_post():
    assert asked(f"/t{COOKIE}", headers=HERE)[0].status == 405
    assert asked(f"/t{COOKIE}", method="OPTIONS", headers=HERE)[0].status == 204


# ---- the part that looks at the page, now and then ----


def looked(front, path="/t.js", *, method="GET", query=QUERY):
    return asyncio.run(converse(front, a_scope(method=method, path=path, query_string=query), [b""]))


def test_one_answer_in_ten_minutes_carries_the_part_that_looks_where_the_base_code_stands():
    clock, snapshot = HandClock(), a_directory()
    front = TagFront(House(directory=snapshot).door, "/t", lambda: snapshot, {}, Looking(clock))
    tag, part = built().texts["main"], built().texts["look"]
    assert looked(front, method="HEAD").body == b""
    assert looked(front).body == tag + part
    assert looked(front).body == tag
    clock.advance(seconds=EVERY_SECONDS - 1)
    assert looked(front).body == tag
    clock.advance(seconds=1)
    assert looked(front, query=QUERY + b"&whole=1").body == built().texts["whole"] + part
    assert looked(front, query=b"key=tbb_unknown").body == tag
    assert looked(front, f"/t/{built().manifest.chunks}/look.js").status == 404


def test_any_number_of_keys_is_remembered_in_bounds():
    looking = Looking(HandClock())
    for number in range(25_000):
        assert looking.is_due(f"k{number}")
    assert len(looking._carried) <= 10_000
