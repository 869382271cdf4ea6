"""No text a stranger may send keeps the intake busy: whatever is as long as it may be costs milliseconds."""

import time
from collections.abc import Callable
from itertools import product

import pytest

from twinbeam.core import addresses, names
from twinbeam.pipeline.accept.hosts import host_of
from twinbeam.pipeline.identity import email, event_ids, hashing, hiding, network, person, phone, text, urls, us_states
from twinbeam.sources.events_v1 import read
from twinbeam.sources.numbers import number_in

_LONGEST = 8_000  #: characters of a page's address, the longest text that is taken
_SECONDS = 0.15  #: a pattern that tries every division of such a text takes 0.3 s and more, all others under 0.02 s
_BEGINNINGS = ("", "https://", "https://shop.example/?x=", "+", "a@")
_REPEATED = (
    *("a", "1", ".", "@", " ", "%", "=", "&", ";", "/", "\\", "(", "_", "?", "#", "[", ":", "+", "é", "\u3000"),
    *("a.", "a1", "a-", "1.", "-1", "1 ", "+1 ", "00", "a@", "a@a.", "a=1&", "%20", "%40"),
)
_ENDS = ("", "@", "\x00", "@a.b", " x", "é")

readers: dict[str, Callable[[str], object]] = {
    "page": lambda said: urls.scrubbed_url(said, ("+491701234567",)),
    "click id": urls.click_id_of,
    "host": host_of,
    "host only": addresses.host_only,
    "without query": addresses.without_query,
    "event name": names.understood,
    "event id": event_ids.safe_id,
    "user agent": network.plain_user_agent,
    "name": person.normal_name,
    "city": person.normal_city,
    "phone": phone.easy_e164,
    "e-mails": text.without_emails,
    "phones": text.has_international_phone,
    "decoded": text.decoded,
    "free text": lambda said: text.without_personal(said, ("1234567",)),
    "exposes": lambda said: text.exposes(said, ()),
    "unhidden": hiding.unhidden,
    "e-mail": email.normal_email,
    "postcode": lambda said: person.hashed_zip(said, "us", []),
    "state": us_states.us_state,
    "country": lambda said: person.plain_country(said, []),
    "address": lambda said: network.public_ip(said, []),
    "nothing": hashing.is_nothing,
    "number": lambda said: number_in(said, "EUR"),
    "malformed body": lambda said: read(f'{{"events": [{said}, {{"event": "Lead"}}]}}'.encode()),
}


@pytest.mark.slow
@pytest.mark.parametrize("read", readers)
def test_no_text_takes_long(read: str) -> None:
    for beginning, repeated, end in product(_BEGINNINGS, _REPEATED, _ENDS):
        room = _LONGEST - len(beginning) - len(end)
        said = beginning + repeated * (room // len(repeated)) + end
        began = time.process_time()
        readers[read](said)
        assert time.process_time() - began < _SECONDS, (beginning, repeated, end)


def test_a_header_that_is_longer_than_any_address_names_no_host() -> None:
    assert host_of("https://shop.example/" + "x" * _LONGEST) == ""
