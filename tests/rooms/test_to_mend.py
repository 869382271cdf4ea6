"""What senders are told to mend, from the request to the name under which it is counted."""

import msgspec
import pytest

from builders import NOW_S
from door import House
from sealing import seal
from twinbeam.core.pixel_counts import MEND_BY_CODE, MEND_BY_FIELD, ToMend
from twinbeam.core.values import Channel
from twinbeam.pipeline.accept.codes import Remark
from twinbeam.pipeline.identity.notices import Trouble
from twinbeam.pipeline.record.beside import to_mend


def test_each_code_that_is_counted_is_one_that_senders_are_told():
    codes = {*MEND_BY_CODE, *(code for _, code in MEND_BY_FIELD)}
    assert codes <= {*map(str, Remark), *map(str, Trouble)}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"properties": {"value": "89,90 EUR net", "currency": "EUR"}}, ToMend.VALUE_NOT_NUMBER),
        ({"hat_colour": "blue"}, ToMend.UNKNOWN_FIELD),
        ({"event_time": NOW_S - 8 * 86_400}, ToMend.TIME_OLD),
    ],
)
def test_what_is_odd_about_a_body_is_counted(said, kind):
    house = House()
    event = {"event": "Purchase", "event_id": "e-1", "event_time": NOW_S, "user": {"email": "ada@shop.example"}} | said
    assert house.post(msgspec.json.encode({"events": [event]})).status == 202
    (arrival,) = house.corridor.arrivals
    told = tuple(arrival.remarks)
    assert to_mend(told, "", Channel.SERVER, has_token=False) == [f"server|{kind}"]
    imported = to_mend(told, "", Channel.FILE, has_token=False)
    assert imported == ([] if kind is ToMend.TIME_OLD else [f"server|{kind}"])


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"email": "nobody-knows"}, ToMend.EMAIL_INVALID),
        ({"phone": "07911 123456"}, ToMend.PHONE_INVALID),
        ({"ip": "10.1.2.3"}, ToMend.ADDRESS_PRIVATE),
        ({"event_id": "eve@shop.example"}, ToMend.PERSONAL_DATA),
        ({"url": "https://shop.example/?email=eve%40shop.example"}, ToMend.PERSONAL_DATA),
        ({"currency": "XXX"}, ToMend.CURRENCY_UNKNOWN),
    ],
)
def test_what_is_odd_about_an_identifier_is_counted(said, kind):
    told = tuple(seal(**said).signal.told)
    assert to_mend(told, "", Channel.BROWSER, has_token=False) == [f"browser|{kind}"]


def test_names_that_tiktok_replaced_are_told_from_those_that_it_keeps_for_itself():
    kinds = [to_mend((), name, Channel.SERVER, has_token=False) for name in ("SubmitForm", "Registration")]
    assert kinds == [["server|old_name"], ["server|reserved_name"]]


def test_a_token_in_the_address_of_a_checkout_is_nothing_to_mend():
    told = tuple(seal(url="https://shop.example/checkout/order-received/7/?key=wc_order_aB3").signal.told)
    assert "url_scrubbed" in told
    assert to_mend(told, "", Channel.BROWSER, has_token=True) == []
