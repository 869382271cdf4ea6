"""`twinbeam report` and `twinbeam orders send-missing`."""

from contextlib import closing

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from ledgers import some_orders
from showroom import Showroom
from twinbeam.cli.main import twinbeam
from twinbeam.core.clock import HandClock
from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import MAIN
from twinbeam.settings import load

CODE = "C4A5B6C7D8E9F0G1H2I3"
WEEK = ("report", "week", "--monday", "2026-09-21")


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """Ask at the time at which the orders were placed."""
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    clock = HandClock()
    monkeypatch.setattr("twinbeam.cli.setup.SystemClock", lambda: clock)
    with closing(Showroom(tmp_path / "data", clock=clock)) as room:
        room.add_pixel(CODE, workspace=MAIN)
        some_orders(room, MAIN, CODE)
    return tmp_path


class Box(Controller):
    """A mail server on a port that is free; keeps what it takes."""

    def __init__(self):
        self.taken = []
        super().__init__(self, hostname="127.0.0.1", port=0)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 -- aiosmtpd's name
        self.taken.append(envelope)
        return "250 OK"


@pytest.fixture
def box():
    box = Box()
    box.start()
    yield box
    box.stop()


def said(*words):
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, words)
    return done.output + (str(done.exception) if done.exception else "")


def test_a_week_is_printed_and_holds_no_order():
    told = said(*WEEK)
    assert "TikTok says 2, your shop says 5." in told
    assert "1 deliberately not sent, 2 missing; accuracy 60.0%." in told
    assert "recovered: page silent: 2, worth 41.00 EUR" in told
    assert f"{CODE}: accepted" not in told
    assert "Example shop: accepted 66.7 %, deduplication none, match 0.0 of 10; issues 0 opened, 0 closed" in told
    assert "1001" not in told
    assert "2026-09-22 is no Monday" in said("report", "week", "--monday", "2026-09-22")
    assert "No order was placed in this week" in said("report", "week")


def test_a_week_is_sent_to_whom_the_settings_name(box, monkeypatch):
    assert "Nobody is to get it. Set TWINBEAM_REPORT_TO" in said(*WEEK, "--send")
    monkeypatch.setenv("TWINBEAM_SMTP_URL", f"smtp://127.0.0.1:{box.port}")
    monkeypatch.setenv("TWINBEAM_REPORT_FROM", "reports@shop.example")
    monkeypatch.setenv("TWINBEAM_REPORT_TO", "ada@shop.example, ben@agency.example")
    assert said(*WEEK, "--all-workspaces", "--send") == "Sent to 2 people.\n"
    (envelope,) = box.taken
    assert envelope.rcpt_tos == ["ada@shop.example", "ben@agency.example"]
    assert b"TikTok says 2, your shop says 5." in envelope.content
    assert b"/reconciliation/week/2026-09-21" in envelope.content


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("SMTP_URL", "mail.example:25", "write smtp://user:password@host:587"),
        ("SMTP_URL", "smtp://mail.example/box", "write smtp://"),
        ("REPORT_FROM", "Ada <ada@shop.example>", "write an address alone"),
        ("REPORT_TO", "ada@shop.example ben@agency.example", "write addresses with commas"),
        ("REPORT_TO", "ada@shop.example", "TWINBEAM_REPORT_TO needs TWINBEAM_SMTP_URL too."),
    ],
)
def test_settings_of_mail_that_cannot_be_meant_are_told(name, text, problem):
    with pytest.raises(ConfigError, match=problem) as refused:
        load({f"TWINBEAM_{name}": text})
    assert name != "SMTP_URL" or text not in str(refused.value)


def test_mail_is_encrypted_unless_it_stays_on_this_machine():
    far = load({"TWINBEAM_SMTP_URL": "smtp://ada:s%40crt@mail.example"}).smtp_url
    assert (far.host, far.port, far.user, far.password) == ("mail.example", 587, "ada", "s@crt")
    assert (far.starts_tls, far.is_tls) == (True, False)
    assert load({"TWINBEAM_SMTP_URL": "smtps://mail.example"}).smtp_url.is_tls
    assert not load({"TWINBEAM_SMTP_URL": "smtp://127.0.0.1:1025"}).smtp_url.starts_tls


def test_what_is_missing_is_previewed_and_sent_on_demand():
    told = said("orders", "send-missing")
    assert "1 can be sent again, worth 20.50 EUR. Add --yes to send." in told
    assert "1 not sent, no_event: Nothing that could be sent is kept of it" in told
    assert "1 is sent again" in said("orders", "send-missing", "--yes")
    assert "missing" in said("audit")
    assert "There is no pixel C0NOBODY in main" in said("orders", "send-missing", "--pixel", "C0NOBODY")


def test_sums_by_less_and_leads():
    rows = said("orders", "reconcile", "--by", "source", "--csv", "-").splitlines()
    assert rows[1].startswith(",,,,EUR,shopify,5,2,1,2,0.6000,102.50")
    assert "No server, CRM or file told of a lead" in said("orders", "reconcile", "--leads")
    assert said("orders", "list", "--leads") == "No lead was placed in the last 7 days.\n"
