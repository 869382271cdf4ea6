"""What a visitor typed and what an operator keeps secret is nowhere: not in a file, a log, a metric or a page."""

import base64
import json
import os
import re
import signal
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from gateway import PIXEL, TOKEN, Shop, a_shop
from running import ask, wait_until
from shoppers import DENIED, a_purchase

pytestmark = pytest.mark.journey

EMAIL = "Zoë.Quirrenbach+news@Kundin-Beispiel.example"
ASCII_EMAIL = "Zelda.Quirrenbach@Kundin-Beispiel.example"
PHONE = "+49 (1522) 347-8901"
NATIONAL_PHONE = "01522 3478901"
PERSON = {
    "email": [EMAIL, ASCII_EMAIL],
    "phone": [PHONE, NATIONAL_PHONE],
    "external_id": "Kundennummer-Q7715523",
    "first_name": "Zoë-Wilhelmina",
    "last_name": "O'Quirrenbach",
    "zip_code": "QX17 9ZZ",
    "country": "DE",
}
URL = f"https://shop.example/danke?mail={quote(ASCII_EMAIL)}&tel=%2B4915223478901&name=Zo%C3%AB-Wilhelmina&step=4"
#: What a person can be recognised by, in the words it was typed; digits of phones are added below.
TYPED = (
    EMAIL,
    ASCII_EMAIL,
    PHONE,
    NATIONAL_PHONE,
    "Kundennummer-Q7715523",
    "Zoë-Wilhelmina",
    "O'Quirrenbach",
    "QX17 9ZZ",
)
NUMBERS = ("4915223478901", "+4915223478901", "15223478901", "1522347", "3478901")


def spellings(text: str) -> set[bytes]:
    """Give every spelling in which a text could lie somewhere."""
    forms = {text, text.lower(), text.upper(), text.replace(" ", "")}
    found: set[bytes] = set()
    for form in forms:
        raw = form.encode()
        found |= {raw, raw.hex().encode(), form.encode("utf-16-le"), json.dumps(form)[1:-1].encode()}
        found |= {quote(form, safe="").encode(), quote(form, safe="").lower().encode(), quote_plus(form).encode()}
        found |= {base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"=")}
        found |= {base64.b64encode(bytes(shift) + raw)[4:-4] for shift in (1, 2)}
    return {spelling for spelling in found if len(spelling) >= 7}


SPELLINGS = {spelling: text for text in (*TYPED, *NUMBERS) for spelling in spellings(text)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop that met the person on every path: taken, refused, unsaid, rejected, broken, repeated, found."""
    with a_shop(tmp_path_factory.mktemp("privacy"), join_window_seconds=0) as opened:
        as_many_paths_as_there_are(opened)
        yield opened


def as_many_paths_as_there_are(shop: Shop) -> None:
    person = a_purchase("private-1", user=PERSON, page={"url": URL, "referrer": URL}, order_id="P1")
    shop.post(person)
    shop.post(person, key=shop.keys["browser"], headers={"User-Agent": "Journey/1.0", "Referer": URL})
    shop.post(a_purchase("private-2", user=PERSON, consent=DENIED, page={"url": URL}))
    shop.post(a_purchase("private-3", user=PERSON, consent={}, page={"url": URL}))
    shop.post(a_purchase(None, user=PERSON, page={"url": URL}))
    shop.post(a_purchase(ASCII_EMAIL, order_id=PHONE, user=PERSON), headers={"Idempotency-Key": EMAIL.encode().hex()})
    shop.post(person, {"event": EMAIL, "event_time": "yesterday", "user": PERSON})
    shop.post({**person, "event_id": "private-4", "user": {**PERSON, "email": f"{EMAIL} <{EMAIL}>", "phone": "0"}})
    shop.send(json.dumps({"events": [person]}).encode()[:-30])
    shop.send(json.dumps({EMAIL: PERSON, "events": [{"user": PERSON}]}).encode())
    ask(f"{shop.gateway.intake}/v1/events?email={quote(ASCII_EMAIL)}", "POST", body=b"{}")
    ask(f"{shop.gateway.intake}/{quote(ASCII_EMAIL)}")
    shop.gateway.post("/find", q=ASCII_EMAIL)
    search = ("find", "--email", ASCII_EMAIL)
    wait_until(lambda: shop.gateway.run(*search).returncode == 0, "a search finds the person's events")
    shop.tiktok.trouble("code", code=50000, times=1)
    shop.post(a_purchase("private-5", user=PERSON))
    for event_id in ("private-1", "private-4", "private-5"):
        assert shop.story(event_id)["state"] == "delivered"


def contents(file: Path) -> bytes:
    """Read a file; one that vanished meanwhile holds nothing."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def found_in(data: bytes, where: object, needles: dict[bytes, str]) -> list[str]:
    return [f"{text} as {needle!r} in {where}" for needle, text in needles.items() if needle in data]


def files_of(shop: Shop) -> list[Path]:
    """List the gateway's files: state, WAL, journal, metrics, log; not the emulator's."""
    files = [file for file in shop.gateway.data.rglob("*") if file.is_file()]
    return [*files, *shop.gateway.folder.glob("gateway.*"), shop.gateway.folder / "keyring.json"]


def test_the_person_did_reach_tiktok_hashed(shop):
    """Or else all that follows would prove nothing."""
    bodies = " ".join(call["body"] for call in shop.tiktok.requests(body=1))
    assert "private-1" in bodies
    assert len(re.findall(r"[0-9a-f]{64}", bodies)) >= 10
    assert found_in(bodies.encode(), "the wire", SPELLINGS) == []


def test_the_search_finds_what_is_there(tmp_path):
    """A search that finds nothing has to be one that could."""
    hidden = "\n".join([EMAIL.lower(), "tel%3D%2B4915223478901", base64.b64encode(b"x" + EMAIL.encode()).decode()])
    assert len(found_in(hidden.encode(), tmp_path, SPELLINGS)) >= 3


def test_no_file_holds_what_the_person_typed(shop):
    files = files_of(shop)
    assert {"store.db", "journal-0.db", "gateway.err"} <= {file.name for file in files}
    assert [found for file in files for found in found_in(contents(file), file, SPELLINGS)] == []


def test_no_page_and_no_metric_shows_what_the_person_typed(shop):
    seen = 0
    [story] = shop.stories(event_id="private-1")
    for path in ("/", "/pixels", f"/events/{story['id']}", "/find", "/metrics", "/readyz", "/healthz"):
        answer = shop.gateway.page(path)
        seen += answer.status == 200
        assert found_in(answer.body, path, SPELLINGS) == []
    assert seen == 7
    assert found_in(ask(f"{shop.gateway.intake}/readyz").body, "the intake", SPELLINGS) == []


def test_a_kill_leaves_nothing_behind_either(shop):
    """The WAL of a killed process stays as it was."""
    shop.post(a_purchase("private-6", user=PERSON))
    for name in ("writer", "ingest-0"):
        os.kill(shop.gateway.pid(name), signal.SIGKILL)
    assert [found for file in files_of(shop) for found in found_in(contents(file), file, SPELLINGS)] == []
    shop.gateway.wait_ready()
    assert shop.story("private-6")["state"] == "delivered"


def test_tokens_and_keys_are_nowhere_in_clear(shop):
    secrets = {TOKEN: "the token", **{key: f"the {kind} key" for kind, key in shop.keys.items()}}
    needles = {spelling: what for secret, what in secrets.items() for spelling in spellings(secret)}
    files = files_of(shop)
    assert [found for file in files for found in found_in(contents(file), file, needles)] == []
    for path in ("/", "/pixels", "/metrics"):
        assert found_in(shop.gateway.page(path).body, path, needles) == []


def test_files_are_their_owners_alone(shop):
    kept = [file for file in files_of(shop) if not file.name.startswith("gateway.") and "metrics" not in file.parts]
    assert len(kept) >= 5
    assert [file.name for file in kept if file.stat().st_mode & 0o077] == []
    assert shop.gateway.data.stat().st_mode & 0o077 == 0


def test_the_data_without_the_key_ring_tells_nothing_about_visitors(shop):
    """A stolen copy of the data folder: not even the hash of an address, nor a URL, can be read in it."""
    [call] = [call for call in shop.tiktok.requests(body=1) if "private-1" in call["event_ids"]]
    [sent] = [event for event in json.loads(call["body"])["data"] if event["event_id"] == "private-1"]
    told = [value for field in ("email", "phone", "external_id") for value in as_list(sent["user"].get(field))]
    needles = {text.encode(): "a hash" for text in told} | {b"shop.example/danke": "a URL", b"Journey/1.0": "a browser"}
    assert len(told) >= 3
    data = [file for file in files_of(shop) if shop.gateway.data in file.parents]
    assert [found for file in data for found in found_in(contents(file), file, needles)] == []


def as_list(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def test_the_pixel_is_the_one_that_was_set_up(shop):
    assert {call["pixel"] for call in shop.tiktok.requests()} == {PIXEL}
