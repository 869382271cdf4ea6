"""Phone numbers, beyond the vectors: the memory of answers, and where the region comes from."""

from hashlib import sha256

import pytest

from sealing import VECTORS, seal
from twinbeam.pipeline.identity import phone
from twinbeam.pipeline.identity.phone import Phones, easy_e164, hard_e164


def test_the_configured_region_helps_where_the_visitor_s_country_is_unknown():
    expected = sha256(b"+447911123456").hexdigest()
    assert seal(phone="07911 123456", region="GB").user["phone"] == expected
    assert seal(phone="07911 123456", region="gb", country="nowhere").user["phone"] == expected


def test_the_visitor_s_country_wins_over_the_configured_region():
    assert seal(phone="0151 23456789", country="DE", region="GB").user["phone"] == sha256(b"+4915123456789").hexdigest()


def test_an_answer_is_remembered_and_asked_for_only_once(monkeypatch):
    asked = []
    monkeypatch.setattr(phone, "hard_e164", lambda *written: asked.append(written) or "+447911123456")
    phones = Phones("GB")
    for _ in range(3):
        phones.hashed("tel. 07911 123456", None, [])
    assert asked == [("tel. 07911 123456", "GB")]


def test_the_memory_is_bounded_forgets_the_least_recent_and_holds_no_number(monkeypatch):
    monkeypatch.setattr(phone, "REMEMBERED", 3)
    asked = []
    resolve = phone.hard_e164
    monkeypatch.setattr(phone, "hard_e164", lambda *written: asked.append(written[0]) or resolve(*written))
    phones = Phones("GB")
    numbers = [f"tel. 07911 12345{last}" for last in range(4)]
    for number in (*numbers[:3], numbers[0], numbers[3], numbers[0], numbers[1]):
        phones.hashed(number, None, [])
    assert asked == [*numbers, numbers[1]]
    assert len(phones._known) == 3
    assert "12345" not in repr(phones._known.keys())
    assert all(len(digest) == 64 for digest in phones._known.values())


def test_what_cannot_be_resolved_is_remembered_too(monkeypatch):
    asked = []
    monkeypatch.setattr(phone, "hard_e164", lambda *written: asked.append(written) and None)
    phones, told = Phones(None), []
    assert phones.hashed("12", None, told) is phones.hashed("12", None, told) is None
    assert len(asked) == 1
    assert len(told) == 2


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["phone"] if isinstance(v["typed"], str)], ids=lambda v: v["typed"]
)
def test_the_fast_way_never_contradicts_libphonenumber(vector):
    easy = easy_e164(vector["typed"].strip())
    assert easy is None or easy == hard_e164(vector["typed"].strip(), None)
