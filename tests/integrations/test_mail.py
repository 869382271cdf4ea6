"""Handing an e-mail over to a real SMTP server on this machine, one that may be out of sorts."""

import ssl
import subprocess
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from twinbeam.integrations.mail import MailFailed, send
from twinbeam.mail_settings import MailServer

TO = ("ada@shop.example", "ben@agency.example")


class Box:
    """Keeps what is handed over; of some recipients it wants nothing."""

    def __init__(self):
        self.taken = []
        self.unwanted = set()
        self.is_full = False

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 -- aiosmtpd's name
        if address in self.unwanted:
            return f"550 no {address} here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 -- likewise
        if self.is_full:
            return "452 the disk is full"
        self.taken.append(envelope)
        return "250 OK"


class OnAnyPort(Controller):
    """Listens on a port that is free."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def box():
    return Box()


@pytest.fixture
def served(box):
    """Give a function that starts a server and returns where it is."""
    running = []

    def start(**options):
        controller = OnAnyPort(box, hostname="127.0.0.1", port=0, **options)
        controller.start()
        running.append(controller)
        return controller.port

    yield start
    for controller in running:
        controller.stop()


def sent(port, **changes):
    send(MailServer("127.0.0.1", port, **changes), "reports@shop.example", TO, "Week", "Grüße\n47", now_s=1_790_000_000)


def test_the_text_arrives_at_all(served, box):
    sent(served())
    (envelope,) = box.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("reports@shop.example", list(TO))
    message = message_from_bytes(envelope.content, policy=default)
    assert message.get_content().split() == ["Grüße", "47"]
    assert message["Subject"] == "Week"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.timestamp() == 1_790_000_000


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_who_must_sign_in_does(served, box):
    def known(_server, _session, _envelope, _mechanism, data):
        said = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ada", b"s3cret")
        return AuthResult(success=said, handled=False)

    port = served(authenticator=known, auth_require_tls=False, auth_required=True)
    sent(port, user="ada", password="s3cret")
    assert len(box.taken) == 1
    with pytest.raises(MailFailed, match="it answered 535") as refused:
        sent(port, user="ada", password="another secret")
    assert "another secret" not in str(refused.value)


def test_a_server_that_cannot_encrypt_gets_nothing(served, box):
    with pytest.raises(MailFailed, match="did not take the e-mail"):
        sent(served(), starts_tls=True, user="ada", password="s3cret")
    assert box.taken == []


def test_a_certificate_that_nobody_signed_is_not_believed(served, box, tmp_path):
    files = {"-keyout": tmp_path / "key.pem", "-out": tmp_path / "cert.pem"}
    named = [str(word) for pair in files.items() for word in pair]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=mail.example", *named],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with pytest.raises(MailFailed, match="certificate verify failed"):
        sent(served(tls_context=context), starts_tls=True, user="ada", password="s3cret")
    assert box.taken == []


def test_who_is_refused_is_counted_and_not_named(served, box):
    port = served()
    box.unwanted = {TO[0]}
    with pytest.raises(MailFailed, match="refused 1 of 2 recipients") as some:
        sent(port)
    box.unwanted = set(TO)
    with pytest.raises(MailFailed, match=r"all recipients were refused \(550\)") as none:
        sent(port)
    assert "example" not in str(some.value) + str(none.value)


def test_a_full_server_and_one_that_is_not_there_are_told(served, box):
    box.is_full = True
    with pytest.raises(MailFailed, match="it answered 452"):
        sent(served())
    with pytest.raises(MailFailed, match="ConnectionRefusedError"):
        sent(1)
