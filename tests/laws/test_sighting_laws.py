"""What the debugger keeps: the last arrivals, fairly divided, and nothing that a person typed or its hash."""

from hashlib import sha256

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW_S, an_arrival
from sealing import ALLOWED, BARE, DROPPED, UNDECIDED, seal
from twinbeam.core.sightings import PAGE, Ring, Sighting, SightingPlace
from twinbeam.core.values import Channel, Consent, Page, Properties, User
from twinbeam.engines.memory import MemoryStore
from twinbeam.pipeline.consent.records import record_of
from twinbeam.pipeline.record.contract import Numbered

PLACES = [SightingPlace("main", pixel, side) for pixel in ("P1", "P2", "P3") for side in ("browser", "server")]
ROOM = 200

#: What each field is typed as, valid and otherwise; none of it may be found again.
TYPED = {
    "email": ["Quillon.Vexley@shop.example", "quillon.vexley at shop"],
    "phone": ["+491701234567", "0170 1234567 x"],
    "external_id": ["customer-quillon"],
    "first_name": ["Quillon"],
    "last_name": ["Vexley"],
    "zip_code": ["98765-4321", "nope-quillon"],
    "city": ["quillon.vexley@shop.example"],
    "ttclid": ["E.C.P.quillonquillonquillonquillon", "quillon"],
    "ttp": ["quillonquillonquillonquillon"],
    "ip": ["203.0.113.77", "10.0.0.77"],
    "user_agent": ["Quillon/5.0 (Vexley)"],
}
MARKS = ("quillon", "vexley", "1701234567", "98765", "113.77", "10.0.0.77")


def a_sighting(n):
    return Sighting(n, "Purchase", "web", "server", "shop", "opened", n, "allowed", "granted")


@given(st.lists(st.lists(st.tuples(st.sampled_from(PLACES), st.integers(1, 150)), max_size=6), max_size=12))
def test_whoever_floods_pushes_out_none_of_those_who_have_less(batches):
    ring, kept, sent = Ring(room=ROOM), {}, dict.fromkeys(PLACES, 0)
    for batch in batches:
        sighted = [(place, a_sighting(n)) for place, count in batch for n in range(count)]
        pages, leaving = ring.add(sighted)
        kept |= {page.number: page for page in pages}
        for number in leaving:
            del kept[number]
        for place, count in batch:
            sent[place] += count
    has = dict.fromkeys(PLACES, 0)
    for page in kept.values():
        has[page.place] += len(page.sightings)
    share = ROOM // len(PLACES)
    assert sum(has.values()) <= ROOM
    assert sum(has.values()) > min(ROOM - PAGE, sum(sent.values()) - 1)
    assert [place for place in PLACES if has[place] < min(sent[place], share - PAGE)] == []
    numbers = [page.number - place for page in kept.values() for place in range(len(page.sightings))]
    assert len(numbers) == len({*numbers})
    assert max(numbers, default=0) == ring.newest == sum(sent.values())


def users():
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(said) for name, said in TYPED.items()})


@given(
    users(),
    st.sampled_from([ALLOWED, UNDECIDED, DROPPED, BARE]),
    st.sampled_from([Channel.BROWSER, Channel.SERVER]),
    st.booleans(),
)
def test_nothing_that_a_person_typed_and_no_hash_of_it_is_in_a_stored_row(user, permission, channel, says_more):
    more = {
        "page": Page(url="https://shop.example/?email=quillon%40vexley.example&phone=%2B491701234567"),
        "properties": Properties(search_string="quillon.vexley@shop.example", description="call +491701234567"),
        "consent": Consent(ad_storage="granted", source="quillon@vexley.example", evidence="quillon", at=NOW_S),
        "order_id": "quillon.vexley@shop.example",
        "event_id": "quillon.vexley@shop.example",
        "visitor_id": "quillonquillonquillon1",
    }
    arrival = an_arrival(event_time=NOW_S, channel=channel, user=User(**user), **(more if says_more else {}))
    signal = seal(arrival, permission, record_of(arrival)).signal
    store = MemoryStore()
    store.record("0a" * 16, [Numbered(1, [signal])], NOW_S * 1_000)
    (page,) = store._rows.sightings.values()
    stored = (msgspec.msgpack.encode(page.sightings) + msgspec.json.encode(page.place)).lower()
    assert [mark for mark in MARKS if mark.encode() in stored] == []
    digests = [sha256(text.lower().encode()) for texts in TYPED.values() for text in texts]
    assert [it for it in digests if it.hexdigest().encode() in stored or it.digest() in stored] == []
