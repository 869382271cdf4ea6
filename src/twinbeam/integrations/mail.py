"""Handing an e-mail over to a server, by SMTP: encrypted, unless the server is on this machine."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Protocol

from twinbeam.core.errors import TwinbeamError

TIMEOUT_SECONDS = 30.0


class MailFailed(TwinbeamError):  # noqa: N818 -- reads as the state it reports
    """An e-mail was not taken; the message says why, without the password."""


class MailHost(Protocol):
    """Where e-mail is handed over."""

    @property
    def host(self) -> str:
        """Return its name."""
        ...

    @property
    def port(self) -> int:
        """Return its port."""
        ...

    @property
    def user(self) -> str:
        """Return who signs in; empty for nobody."""
        ...

    @property
    def password(self) -> str:
        """Return the password."""
        ...

    @property
    def is_tls(self) -> bool:
        """Return whether it is encrypted from the first byte on."""
        ...

    @property
    def starts_tls(self) -> bool:
        """Return whether it must become encrypted after the greeting."""
        ...


def send(server: MailHost, sender: str, to: Sequence[str], subject: str, text: str, *, now_s: float) -> None:
    """Hand a plain-text e-mail over to a server; blocks, and raises MailFailed."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(to), subject
    message["Date"] = formatdate(now_s)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to it
    message.set_content(text)
    try:
        with _connected(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            refused = smtp.send_message(message, sender, list(to))
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailed(f"{server.host}:{server.port} did not take the e-mail: {_said(error)}") from error
    if refused:
        raise MailFailed(f"{server.host}:{server.port} refused {len(refused)} of {len(to)} recipients.")


def _connected(server: MailHost) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.is_tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
    smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        if server.starts_tls:
            smtp.starttls(context=context)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _said(error: Exception) -> str:
    """Return what went wrong; of recipients no address, since logs keep it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"all recipients were refused ({', '.join(map(str, codes))})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    return f"{type(error).__name__}: {error}"
