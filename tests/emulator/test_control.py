"""The control API: what a demo, a checker and other people's tests rely on."""

import hashlib
import json

import pytest

from emulator_sender import PIXEL, event, request

ADVERTISER = "7000000000000000001"


def test_it_describes_itself(sender):
    described = sender.control("GET", "")["control"]
    for line in described:
        path = line.split()[1].partition("?")[0]
        assert path.startswith("/_control")


def test_every_described_address_is_served(sender):
    for line in sender.control("GET", "")["control"]:
        methods, path = line.split()[0].split("|"), line.split()[1].partition("?")[0]
        for method in methods:
            assert sender.ask(method, path, {} if method == "POST" else None).status in (200, 400)


def test_counted_events_carry_what_a_checker_compares(tiktok, sender):
    sender.beacon()
    tiktok.allow("changed_body")
    sender.track(event())
    (shown,) = sender.control("GET", f"/counted?pixel={PIXEL}&event=Purchase")["items"]
    wanted = {
        "seq": 1,
        "pixel": PIXEL,
        "event": "Purchase",
        "event_id": "order-1",
        "order_id": "1",
        "value": 20.0,
        "currency": "USD",
        "connection": "both",
        "copies": 2,
        "browser_copies": 1,
        "server_copies": 1,
    }
    assert {key: shown[key] for key in wanted} == wanted
    assert {"email", "phone", "ip", "user_agent"} <= set(shown["user_keys"])
    assert "merged" not in shown
    (full,) = sender.control("GET", "/counted?full=1")["items"]
    assert full["merged"]["properties"]["value"] == 20.0


def test_lists_are_paged_by_after_and_limit(sender):
    sender.track(*(event(event_id=str(i)) for i in range(7)))
    seen, after, more = [], 0, True
    while more:
        page = sender.control("GET", f"/counted?after={after}&limit=3")
        seen += [each["event_id"] for each in page["items"]]
        after, more = page["next"], page["more"]
    assert seen == [str(i) for i in range(7)]
    assert sender.control("GET", f"/counted?after={after}") == {"items": [], "next": after, "more": False}


def test_a_filter_does_not_break_paging(sender):
    sender.track(*(event(event_id=str(i), event="Purchase" if i % 2 else "Lead") for i in range(6)))
    first = sender.control("GET", "/counted?event=Lead&limit=2")
    rest = sender.control("GET", f"/counted?event=Lead&after={first['next']}")
    assert [each["event_id"] for each in first["items"] + rest["items"]] == ["0", "2", "4"]


def test_requests_are_logged_with_the_hash_of_their_bytes(sender):
    body = json.dumps(request(event(), event(event_id="order-2"))).encode()
    got = sender.post("/event/track/", body)
    (shown,) = sender.control("GET", "/requests")["items"]
    assert shown["sha256"] == hashlib.sha256(body).hexdigest()
    assert shown["request_id"] == got.json["request_id"]
    assert (shown["path"], shown["pixel"], shown["events"], shown["status"], shown["code"]) == (
        "/open_api/v1.3/event/track/",
        PIXEL,
        2,
        200,
        0,
    )
    assert shown["event_ids"] == ["order-1", "order-2"]
    assert "body" not in shown
    assert sender.control("GET", "/requests?body=1")["items"][0]["body"].encode() == body


def test_received_shows_every_copy_with_its_fate(sender):
    sender.track(event(), event(), event(event_id="order-2"))
    items = sender.control("GET", "/received")["items"]
    assert [(each["fate"], each["counted_as"], each["index"]) for each in items] == [
        ("counted", 1, 0),
        ("duplicate", 1, 1),
        ("counted", 2, 2),
    ]
    assert items[0]["body"]["event_id"] == "order-1"
    assert len(sender.control("GET", "/received?fate=duplicate")["items"]) == 1


def test_totals_add_up(tiktok, sender):
    tiktok.allow("changed_body")
    sender.beacon()
    sender.track(event(), event(), event(event_id="order-2"))
    sender.track(event(event="Lead", event_id="lead-1"))
    totals = sender.control("GET", "/totals")
    assert (totals["requests"], totals["received"], totals["counted"]) == (3, 5, 3)
    assert (totals["merged"], totals["duplicates_dropped"]) == (1, 1)
    by_event = {each["event"]: each["received"] for each in totals["by_event"]}
    assert by_event == {"Purchase": 4, "Lead": 1}
    assert totals["received"] == sum(totals[fate] for fate in ("counted", "merged", "duplicate", "cookie_duplicate"))


def test_reset_forgets_events_and_keeps_accounts(sender):
    sender.control("POST", "/accounts", {"tokens": [{"token": "second"}]})
    sender.track(event())
    sender.control("POST", "/reset")
    assert sender.control("GET", "/counted")["items"] == []
    assert sender.control("GET", "/requests")["items"] == []
    assert sender.post("/event/track/", request(), token="second").code == 0


def test_accounts_can_be_seeded_and_tokens_revoked(sender):
    pixel = "C0TWINBEAMDEMO000009"
    seed = {
        "advertisers": [{"id": "7000000000000000009", "name": "Nine"}],
        "pixels": [{"code": pixel, "advertiser_id": "7000000000000000009"}],
        "tokens": [{"token": "nine", "advertiser_ids": ["7000000000000000009"]}],
    }
    sender.control("POST", "/accounts", seed)
    body = request(event_source_id=pixel)
    assert sender.post("/event/track/", body, token="nine").code == 0
    sender.control("POST", "/accounts", {"revoke": ["nine"]})
    assert sender.post("/event/track/", body, token="nine").code == 40105


@pytest.mark.parametrize(("position", "code"), [(False, 0), (True, 40105)])
def test_a_generated_token_works_and_may_revoke_the_older_ones(tiktok, sender, position, code):
    tiktok.switch(regenerate_revokes=position)
    token = sender.control("POST", "/token", {"pixel": PIXEL})["token"]
    assert sender.post("/event/track/", request(), token=token).code == 0
    assert sender.track(event()).code == code


def test_time_moves_stops_and_runs_on(sender):
    frozen = sender.control("POST", "/time", {"freeze": True})
    assert sender.control("GET", "/time")["at_ms"] == frozen["at_ms"]
    moved = sender.control("POST", "/time", {"move_seconds": 3600})
    assert moved["at_ms"] == frozen["at_ms"] + 3_600_000
    assert sender.control("POST", "/time", {"at_ms": 1_800_000_000_000})["at"] == "2027-01-15T08:00:00.000Z"
    assert sender.control("POST", "/time", {"freeze": False})["frozen"] is False


def test_trouble_is_planned_shown_and_taken_away(sender):
    planned = sender.control("POST", "/trouble", {"kind": "rate_limit", "times": 2})
    sender.track(event())
    (shown,) = sender.control("GET", "/trouble")["items"]
    assert (shown["id"], shown["hit"], shown["spent"]) == (planned["id"], 1, False)
    assert sender.control("DELETE", f"/trouble?id={planned['id']}")["items"] == []
    assert sender.track(event()).code == 0


def test_switches_are_shown_and_turned(sender):
    assert sender.control("GET", "/switches")["switches"]["http_status_mode"] == "portal"
    turned = sender.control("POST", "/switches", {"http_status_mode": "always200"})
    assert turned["switches"]["http_status_mode"] == "always200"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/switches", {"no_such_switch": 1}),
        ("/switches", {"http_status_mode": "sideways"}),
        ("/trouble", {"kind": "earthquake"}),
        ("/trouble", {"kind": "code", "seconds": "long"}),
        ("/accounts", {"pixel": []}),
        ("/accounts", []),
        ("/time", {"move": 5}),
        ("/token", {"pixel": "C0NOBODYSPIXEL000001"}),
        ("/token", {}),
        ("/diagnostics", {"hide": "all"}),
    ],
)
def test_a_mistake_in_a_control_call_is_400_with_a_reason(sender, path, body):
    got = sender.ask("POST", f"/_control{path}", body)
    assert got.status == 400
    assert got.json["error"]


@pytest.mark.parametrize("query", ["after=x", "limit=many"])
def test_a_bad_page_is_400_with_the_parameters_name(sender, query):
    got = sender.ask("GET", f"/_control/counted?{query}")
    assert got.status == 400
    assert query.split("=")[0] in got.json["error"]


def test_faults_come_with_counts_severity_and_source(tiktok, sender):
    tiktok.expect("missing_event_name")
    sender.track(event(event=""))
    faults = sender.control("GET", "/faults?grave=1")
    assert faults["counts"] == {"missing_event_name": 1}
    assert faults["items"][0]["source"] == "tiktok.md 11.3"


def test_the_processing_delay_keeps_events_out_of_the_counts_for_a_while(tiktok, sender):
    tiktok.switch(processing_delay_seconds=600)
    tiktok.freeze()
    sender.track(event())
    assert sender.control("GET", "/counted")["items"] == []
    assert sender.control("GET", f"/overview?pixel={PIXEL}")["items"] == []
    tiktok.move(600)
    assert len(sender.control("GET", "/counted")["items"]) == 1
    assert len(sender.control("GET", f"/overview?pixel={PIXEL}")["items"]) == 1
