"""The pages of the writer process, joined: what they read, what they change, and what the process tells of itself."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from twinbeam.app.feeds import Feeds
from twinbeam.app.flows import asking
from twinbeam.app.importing import Importing
from twinbeam.app.pending import Pending
from twinbeam.app.sending import RESEND_TERMS
from twinbeam.app.sign_in import known_hosts, sign_in_terms
from twinbeam.app.thread import Thread
from twinbeam.core.clock import Clock
from twinbeam.core.sending_waits import SendingWaits
from twinbeam.destinations.tiktok.token_trial import TikTokTrial
from twinbeam.destinations.tiktok.verdicts import ACCESS_CODES
from twinbeam.destinations.tiktok.wire import TRACK_PATH, compose
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.observe.deliveries import heard_of
from twinbeam.observe.rejected_counts import rejected_counts_of
from twinbeam.observe.rejections import RejectionFiles
from twinbeam.observe.tallies import FOLDER, exposition
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.settings import TIKTOK_URL, Settings
from twinbeam.sources.mapping_preview import preview, read_mapping
from twinbeam.web.app import build
from twinbeam.web.contract import Connecting, LagView
from twinbeam.web.debugger.masks import WireRequests
from twinbeam.web.hosts import KnownHosts


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the writer gives its pages; `closing` tells their open streams to end."""

    settings: Settings
    ring: KeyRing
    store: SqliteStore
    on_store: Thread
    reader: SqliteReader
    on_reader: Thread
    clock: Clock
    importing: Importing
    feeds: Feeds
    directory: Callable[[], Directory]
    lag: Callable[[], LagView]
    not_ready: Callable[[], list[str]]
    closing: Callable[[], bool]
    sign_in_failed: Callable[[str], None]
    sending_waits: Callable[[], SendingWaits]


def dashboard(of: Shown) -> KnownHosts:
    """Build the pages on a reader of their own."""
    settings, importing = of.settings, of.importing
    pending = Pending(settings.journal_folder, of.ring, of.reader.cursors)

    async def is_pending(workspace: str, event_id: str) -> bool:
        return await of.on_reader(pending.holds, workspace, event_id)

    pages = build(
        read_model=of.reader,
        on_reader=of.on_reader,
        administration=of.store,
        on_store=of.on_store,
        directory=of.directory,
        clock=of.clock,
        lag=of.lag,
        pending=is_pending,
        metrics=partial(exposition, settings.data / FOLDER, os.getpid()),
        ready=of.not_ready,
        access_codes=ACCESS_CODES,
        terms=sign_in_terms(settings),
        emulator_url=None if settings.tiktok_url == TIKTOK_URL else settings.tiktok_url,
        closing=of.closing,
        trial=TikTokTrial(
            settings.tiktok_url,
            of.clock,
            proxy=settings.proxy,
            may_ask=asking(of.store.request_counts, settings, of.clock, of.on_store),
        ),
        tag_path=settings.tag_path,
        intake_url=settings.listen.url,
        heard=partial(heard_of, settings.data),
        rejected_counts=partial(rejected_counts_of, of.settings.data),
        preview=preview,
        read_mapping=read_mapping,
        resend_terms=RESEND_TERMS,
        uploads=of.feeds,
        rejected=RejectionFiles(settings.data),
        outgoing=of.store.outgoing,
        wire=WireRequests(f"{settings.tiktok_url}{TRACK_PATH}", compose),
        alert_networks=settings.alert_networks,
        connecting=Connecting(api=importing.client, app=importing.app, next_import_ms=importing.next_ms),
        sign_in_failed=of.sign_in_failed,
        sending_waits=of.sending_waits,
    )
    return KnownHosts(pages, known_hosts(settings))
