"""What an owner decides about alerts, and how what is to be told is kept, tried and bounded."""

import re

import pytest

from twinbeam.admin import alert_steps, alerts, pixels
from twinbeam.admin.alerts import NewChannel, NewMute
from twinbeam.admin.errors import AdminError, Conflict, Invalid, NotFound
from twinbeam.alerts.facts import AlertFacts
from twinbeam.alerts.incidents import MOST, Incident, joined
from twinbeam.alerts.measures import measure
from twinbeam.alerts.retrying import GIVEN_UP_MS
from twinbeam.alerts.rules import LOG, ChannelKind, usual
from twinbeam.core.rules import MAIN
from twinbeam.engines.stores.tables import alerts as table

CODE = "C4A5B6C7D8E9F0G1H2I3"
ADDRESS = "https://hooks.example/services/T0/secret-part"


@pytest.fixture
def at_once(admin):
    """The rule of the disk without durations."""
    alerts.decide(admin, "disk", {"raise_after_seconds": "0", "clear_after_seconds": "0"})
    return admin


def take(admin, free_mib):
    return alert_steps.take_in(
        admin.store.alerts, measure(AlertFacts(now_ms=admin.clock.now_ms(), free_mib=free_mib)), ""
    )


def drained(admin, trouble=""):
    """Try what may be tried once, and give what was tried."""
    found = alert_steps.sendable(admin.store.alerts, admin.clock.now_ms())
    for it in found:
        alert_steps.note(admin.store.alerts, it, trouble, admin.clock.now_ms())
    return [(it.channel, it.message.type) for it in found]


def test_a_rule_is_changed_by_words_and_can_be_as_usual_again(admin):
    pixels.add(admin, pixels.NewPixel(CODE))
    changed = alerts.decide(
        admin, "volume_drop", {"raise_at": "40", "clear_at": "60.5", "pixels": CODE, "channels": LOG}
    )
    assert (changed.raise_at, changed.clear_at, changed.pixels) == (40, 60.5, (f"{MAIN}/{CODE}",))
    assert admin.store.alerts.rules()["volume_drop"] == changed
    assert alerts.decide(admin, "volume_drop", {"on": "no", "pixels": ""}).pixels == ()
    alerts.reset(admin, "volume_drop")
    assert admin.store.alerts.rules()["volume_drop"] == usual("volume_drop")


@pytest.mark.parametrize(
    ("kind", "words", "says"),
    [
        ("disk", {"raise_at": "2000"}, "clear_at to 2000 or more"),
        ("queue_age", {"clear_at": "1e8"}, "clear_at to 1800 or less"),
        ("queue_age", {"raise_at": "nan"}, "from 0 to"),
        ("queue_age", {"raise_at": "much"}, "no number"),
        ("queue_age", {"raise_at": "0", "clear_at": "0"}, "above 0"),
        ("clock", {"raise_at": "3"}, "no threshold"),
        ("disk", {"pixels": CODE}, "There is no pixel"),
        ("disk", {"channels": "nowhere"}, "no channel"),
        ("disk", {"raise_after_seconds": "-1"}, "no number of seconds"),
        ("disk", {"raise_after_seconds": "100000"}, "from 0 to 86400"),
        ("disk", {"colour": "red"}, "it has on, raise_at"),
        ("weather", {"on": "no"}, "no kind of alert"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_the_fix_and_nothing_changes(admin, kind, words, says):
    before = admin.store.alerts.rules()
    with pytest.raises(AdminError, match=says):
        alerts.decide(admin, kind, words)
    assert admin.store.alerts.rules() == before


def test_a_channels_address_and_secret_are_sealed_and_told_to_nobody(admin, tmp_path):
    secret = alerts.add_channel(admin, NewChannel("ops", ChannelKind.WEBHOOK, ADDRESS))
    assert admin.store.alerts.opened("ops") == (ADDRESS, secret)
    shown = repr(alerts.standing(admin.store.alerts, 0)) + repr(admin.store.changes(limit=9))
    stored = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert "secret-part" not in shown
    assert b"secret-part" not in stored
    assert secret not in shown
    assert secret.encode() not in stored
    assert "hooks.example" in shown


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (NewChannel("Ops!", ChannelKind.SLACK, ADDRESS), Invalid),
        (NewChannel("ops", ChannelKind.SLACK, "ftp://hooks.example"), Invalid),
        (NewChannel("ops", ChannelKind.SLACK, "https://[bad"), Invalid),
        (NewChannel("ops", ChannelKind.EMAIL, "ada"), Invalid),
        (NewChannel("ops", ChannelKind.EMAIL, "a@b.example\nBcc: x@y.example"), Invalid),
        (NewChannel("ops", ChannelKind.LOG, ""), Invalid),
        (NewChannel(LOG, ChannelKind.SLACK, ADDRESS), Conflict),
    ],
)
def test_a_channel_that_cannot_be_is_refused(admin, new, error):
    with pytest.raises(error):
        alerts.add_channel(admin, new)
    assert [it.name for it in admin.store.alerts.channels()] == [LOG]


@pytest.mark.parametrize(
    ("address", "networks", "says"),
    [
        ("http://10.1.2.3:9000/key-of-it", (), "http://10.1.2.3:9000 is not in a network of TWINBEAM_ALERT_NETWORKS"),
        ("http://10.1.2.3/key-of-it", ("192.168.0.0/16",), "add 10.1.2.3 to the setting and restart the gateway"),
        ("http://me:key-of-it@hooks.shop.example/", (), "Give an address with https://, or add its network"),
        ("https://[::1]:9000/key-of-it", (), "::1 is an address of a private network"),
        ("https://169.254.169.254/key-of-it", ("10.0.0.0/8",), "add it to TWINBEAM_ALERT_NETWORKS"),
    ],
)
def test_an_address_that_no_message_may_go_to_is_refused_at_once_with_the_setting(admin, address, networks, says):
    with pytest.raises(Invalid, match=re.escape(says)) as refused:
        alerts.add_channel(admin, NewChannel("ops", ChannelKind.SLACK, address), networks)
    assert "key-of-it" not in str(refused.value)
    assert len(admin.store.alerts.channels()) == 1


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("http://10.1.2.3:9000/x", ("10.0.0.0/8",)),
        ("https://10.1.2.3/x", ("10.1.2.3",)),
        ("http://chat.office/x", ("10.0.0.0/8",)),  # what it leads to is seen when it is used
        ("https://hooks.example/x", ()),
    ],
)
def test_an_address_of_a_listed_network_is_taken(admin, address, networks):
    assert alerts.add_channel(admin, NewChannel("ops", ChannelKind.SLACK, address), networks) == ""


def test_a_rule_whose_only_channel_is_removed_goes_to_the_log(admin):
    alerts.add_channel(admin, NewChannel("ops", ChannelKind.SLACK, ADDRESS))
    alerts.decide(admin, "disk", {"channels": "ops"})
    alerts.remove_channel(admin, "ops")
    assert admin.store.alerts.rules()["disk"].channels == (LOG,)
    with pytest.raises(Conflict):
        alerts.remove_channel(admin, LOG)
    with pytest.raises(NotFound):
        alerts.try_channel(admin, "ops", "")


def test_a_mute_says_why_and_until_when_and_what_waits_begins_after_it(at_once):
    for asked in (NewMute(hours=0, reason="x"), NewMute(hours=1, reason=" "), NewMute(hours=1e9, reason="x")):
        with pytest.raises(Invalid):
            alerts.mute(at_once, asked)
    made = alerts.mute(at_once, NewMute(hours=1, reason="moving", kind="disk"))
    assert take(at_once, 1.0) == 0
    at_once.clock.advance(seconds=3_600)
    assert take(at_once, 1.0) == 1
    assert alerts.standing(at_once.store.alerts, at_once.clock.now_ms()).mutes == []
    alerts.unmute(at_once, made.id)
    with pytest.raises(NotFound):
        alerts.unmute(at_once, made.id)


def test_only_the_channels_of_its_rule_are_told(at_once):
    alerts.add_channel(at_once, NewChannel("ops", ChannelKind.SLACK, ADDRESS))
    alerts.decide(at_once, "disk", {"channels": "ops"})
    assert take(at_once, 1.0) == 1
    assert drained(at_once) == [("ops", "alert.began")]


def test_a_channel_that_fails_is_shown_is_tried_later_and_holds_up_only_itself(at_once):
    alerts.add_channel(at_once, NewChannel("ops", ChannelKind.SLACK, ADDRESS))
    take(at_once, 1.0)
    take(at_once, 9_999.0)
    store, clock = at_once.store.alerts, at_once.clock
    assert drained(at_once, "It answers 500.") == [(LOG, "alert.began"), ("ops", "alert.began")]
    assert store.channels()[1].trouble == "It answers 500."
    assert drained(at_once) == []
    clock.advance(seconds=10)
    assert drained(at_once) == [(LOG, "alert.began"), ("ops", "alert.began")]
    assert drained(at_once) == [(LOG, "alert.ended"), ("ops", "alert.ended")]
    assert (store.channels()[1].trouble, store.channels()[1].sent_ms) == ("", clock.now_ms())
    assert store.waiting() == {}


def test_tries_go_on_for_a_day_each_later_than_the_one_before_and_then_end(at_once):
    take(at_once, 1.0)
    began, gaps = at_once.clock.now_ms(), []
    while heads := at_once.store.alerts.heads():
        gaps.append(heads[0].next_ms - at_once.clock.now_ms())
        at_once.clock.advance(seconds=gaps[-1] / 1_000)
        assert drained(at_once, "It answers 500.") == [(LOG, "alert.began")]
    assert gaps == sorted(gaps)
    assert GIVEN_UP_MS <= at_once.clock.now_ms() - began <= GIVEN_UP_MS + 3_600_000
    assert len(gaps) < 50


def test_what_is_kept_of_alerts_is_bounded_however_often_they_come(at_once, monkeypatch):
    for name in ("MOST_PAST", "MOST_DONE", "MOST_WAITING"):
        monkeypatch.setattr(table, name, 10)
    store = at_once.store.alerts
    for _ in range(15):
        at_once.clock.advance(seconds=1)
        take(at_once, 1.0)
        take(at_once, 9_999.0)
    assert len(store.past(limit=99)) == 10
    assert store.waiting() == {LOG: 10}
    while drained(at_once):
        pass
    (kept,) = at_once.store._db.execute("SELECT count(*) FROM alert_notice").fetchone()
    assert kept == 10


def test_however_many_incidents_are_announced_a_bounded_number_is_kept():
    assert len(joined(Incident(str(n), "", n, n, is_over=False) for n in range(10_000))) == MOST
