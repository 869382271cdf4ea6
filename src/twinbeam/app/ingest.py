"""
An ingest process: the intake, the gate, the seal and its own journal slot. It touches nothing else.

Run by the supervisor: python -m twinbeam.app.ingest SLOT LISTENER-FD LIFELINE-FD
"""

import asyncio
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from twinbeam.app.incidents import note_incidents, status_keys
from twinbeam.app.keyring import open_keyring
from twinbeam.app.known_time import Watch
from twinbeam.app.process import attempt, beat, end_with_parent, every, run, side_by_side
from twinbeam.app.reports import Reports
from twinbeam.app.signing import signed_dialects
from twinbeam.app.slot import Slot
from twinbeam.app.snapshot import SnapshotFile
from twinbeam.core.clock import Clock, SystemClock, day_of
from twinbeam.core.errors import StorageDamaged, StorageError
from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.core.values import Rejected
from twinbeam.engines.journals.losses import Loss, note_loss
from twinbeam.engines.journals.sqlite import SqliteJournal, set_aside, slot_path
from twinbeam.engines.keyring import KeyRing
from twinbeam.http_server.server import Server
from twinbeam.observe import logs
from twinbeam.observe.deliveries import DeliveryLog
from twinbeam.observe.health import Health
from twinbeam.observe.rejected_counts import RejectedCounts
from twinbeam.observe.rejections import RejectionLog
from twinbeam.observe.tallies import FOLDER as METRICS
from twinbeam.observe.tiktok_status import TikTokStatus
from twinbeam.pipeline.accept.client_address import Proxies
from twinbeam.pipeline.accept.directory import Sender, place
from twinbeam.pipeline.accept.intake_app import IntakeApp
from twinbeam.pipeline.accept.rate_limits import EventRates, RateLimits
from twinbeam.pipeline.accept.tag.front import CONSENT, EVENTS, TagFront
from twinbeam.pipeline.accept.tag.looking import Looking
from twinbeam.pipeline.consent.receipts import PURPOSE, Receipts
from twinbeam.pipeline.flow import Intake
from twinbeam.pipeline.identity.rates import Rates
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.commit import GroupCommit
from twinbeam.pipeline.journal.contract import JournalWriter
from twinbeam.settings import Settings, load
from twinbeam.sources import consent_v1, events_v1, orders_v1

DIRECTORY_SECONDS = 0.5  #: how soon a new key or a changed policy is in force
FORGET_SECONDS = 1.0
FLUSH_SECONDS = 1.0
TAKEOVER_SECONDS = 20.0  #: how long a predecessor that is told to stop may still hold the slot


def intake_app(  # noqa: PLR0913, PLR0917 -- a parts list
    settings: Settings,
    directory: SnapshotFile,
    journal: JournalWriter,
    ring: KeyRing,
    reports: Reports,
    watch: Watch,
    slot: int = 0,
) -> IntakeApp:
    """Put the intake's rooms together."""
    clock = watch.clock

    def rates(workspace: str) -> Rates:
        return directory.current.workspaces.get(workspace, DEFAULT_WORKSPACE).rates

    def confirming_until_ms(workspace: str, pixel: str) -> int:
        entry = directory.current.pixels.get(place(workspace, pixel))
        return 0 if entry is None else entry.confirming_until_ms

    intake = Intake(
        receipts=Receipts(ring.derived(PURPOSE)),
        seal=Sealer(default_region=settings.default_region or None, rates=rates).seal,
        append=GroupCommit(journal, clock=clock, report=reports.group).append,
        confirming_until_ms=confirming_until_ms,
    )
    return IntakeApp(
        directory=directory.in_force,
        dialects=(events_v1.EVENTS_V1, consent_v1.CONSENT_V1, orders_v1.ORDERS_V1, *signed_dialects(ring)),
        take=intake.take,
        note=intake.note,
        clock=clock,
        proxies=Proxies(settings.trusted_proxies),
        limits=RateLimits(
            EventRates(settings.server_key_rate, settings.browser_key_rate, settings.browser_address_rate)
        ),
        country_header=settings.country_header.lower().encode(),
        report=reports.request,
        is_clock_right=watch.is_right,
        fallback=Health(
            journal,
            clock,
            TikTokStatus(partial(status_keys, ring), partial(note_incidents, settings.data, slot), clock),
        ),
    )


def slot_of(settings: Settings, number: int, ring: KeyRing, reports: Reports, clock: Clock) -> Slot:
    """Open an ingest process's slot; where its journal cannot be opened, that is said and tried again."""
    path = slot_path(settings.journal_folder, number)

    def opened() -> SqliteJournal:
        journal = SqliteJournal(
            path,
            ring,
            cap_bytes=settings.journal_cap_bytes,
            reserve_bytes=settings.disk_reserve_bytes,
            wait_seconds=TAKEOVER_SECONDS,
        )
        if (lost := journal.lost) is not None:
            reports.happening(
                "journal.lost",
                file=str(path),
                journal=lost.journal,
                after=lost.after,
                upto=lost.upto,
                events=lost.events,
            )
            note_loss(path.parent, Loss(file=path.name, at_ms=clock.now_ms(), **lost._asdict()))
        return journal

    return Slot(path, opened, partial(set_aside, path), reports.happening)


async def main(slot: int, listener: socket.socket, lifeline: int) -> None:
    """Serve until told to stop or until the supervisor is gone."""
    settings = load()
    log = logs.named("ingest", slot=slot)
    reports = Reports(log, settings.data / METRICS)
    stop = asyncio.Event()
    end_with_parent(lifeline, stop)
    directory = SnapshotFile(settings.data)
    ring = open_keyring(settings)
    watch = Watch(settings.data, SystemClock())
    journal = slot_of(settings, slot, ring, reports, watch.clock)
    deliveries, rejections = DeliveryLog(settings.data, slot), RejectionLog(settings.data, slot)
    rejected_counts = RejectedCounts(settings.data, slot)

    def count_rejected(sender: Sender, rejected: Sequence[Rejected]) -> None:
        places = dict.fromkeys(place(sender.workspace, route.pixel) for route in sender.routes)
        rejected_counts.note(places, (it.code for it in rejected), day_of(watch.clock.now_ms()))

    async def refresh() -> None:
        try:
            if directory.refresh():
                log.info("directory", keys=len(directory.current.keys), pixels=len(directory.current.pixels))
        except StorageDamaged as error:
            reports.happening("directory.damaged", detail=str(error))

    async def forget() -> None:
        try:
            journal.forget()
        except StorageError as error:
            reports.happening("journal.crashed", error=type(error).__name__, detail=str(error))

    async def flush() -> None:
        reports.flush()
        deliveries.flush(directory.current.sources)
        rejections.flush(watch.clock.now_ms())
        rejected_counts.flush(directory.current.pixels)
        watch.look()

    log.info("ingest.ready", journal=journal.journal_id)
    app = TagFront(
        replace(
            intake_app(settings, directory, journal, ring, reports, watch, slot),
            hear=deliveries.hear,
            note_rejected=rejections.note,
            count_rejected=count_rejected,
        ),
        settings.tag_path,
        directory.in_force,
        {EVENTS: events_v1.PATH, CONSENT: consent_v1.PATH},
        Looking(watch.clock),
    )
    await side_by_side(
        stop,
        Server(app, report=reports.happening).serve(listener, stop),
        beat(lifeline, stop),
        every(DIRECTORY_SECONDS, stop, partial(attempt, reports.happening, "settings", refresh)),
        every(FORGET_SECONDS, stop, partial(attempt, reports.happening, "forget", forget)),
        every(FLUSH_SECONDS, stop, partial(attempt, reports.happening, "metrics", flush)),
    )
    journal.close()
    log.info("ingest.stopped")


if __name__ == "__main__":
    logs.configure(load().log_format)
    run(main(int(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])), int(sys.argv[3])))
