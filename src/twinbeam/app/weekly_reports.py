"""The job of the weekly report, joined where somebody is to get it."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from twinbeam.admin.weekly_report import WeeklyReport, read_report, text_of, title_of
from twinbeam.app.thread import Thread
from twinbeam.core.clock import Clock
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.integrations.mail import send
from twinbeam.jobs import weekly_reports
from twinbeam.jobs.contract import Job
from twinbeam.settings import Settings


def jobs(
    settings: Settings, reader: SqliteReader, on_counter: Thread, store: SqliteStore, on_store: Thread, clock: Clock
) -> Sequence[Job]:
    """Return the job, or nothing where nobody is to get the report."""
    if not settings.report_to:
        return []
    read = partial(_read, reader, clock)
    sending = partial(mail, settings, clock=clock)
    return [weekly_reports.job(read, on_counter, sending, lambda: store.orders, on_store, clock)]


def mail(settings: Settings, week: WeeklyReport, *, clock: Clock) -> None:
    """Send a report to all who are to get it; blocks, and raises MailFailed."""
    if settings.smtp_url is None:
        return
    now_s = clock.now_ms() / 1_000
    text = text_of(week, link_to(settings, week))
    send(settings.smtp_url, settings.report_from, settings.report_to, title_of(week), text, now_s=now_s)


def link_to(settings: Settings, week: WeeklyReport) -> str:
    """Return where the page of a report is, for whoever can reach the pages."""
    return f"{settings.pages_url}/reconciliation/week/{week.monday}"


def _read(reader: SqliteReader, clock: Clock, monday: date) -> WeeklyReport:
    return read_report(reader, monday, clock.now_ms())
