"""`twinbeam serve`."""

import sys

import click


@click.command()
def command() -> None:
    """
    Run the gateway until Ctrl-C: one process takes events in, one records and delivers them.

    Events come in at TWINBEAM_LISTEN (127.0.0.1:8700), pages and stories are at TWINBEAM_DASHBOARD
    (127.0.0.1:8701). The first start prints a link for the owner; see twinbeam users --help.

    \b
    Examples:
      twinbeam serve
      TWINBEAM_LOG_FORMAT=console twinbeam serve
      TWINBEAM_LISTEN=0.0.0.0:8700 TWINBEAM_INGEST_PROCESSES=2 twinbeam serve
    """  # noqa: D301 -- \b tells click to keep the lines
    import os

    from twinbeam.app import ownership
    from twinbeam.app.keyring import open_keyring
    from twinbeam.app.presence import check_store
    from twinbeam.app.supervisor import Supervisor
    from twinbeam.observe import logs
    from twinbeam.settings import MEND_PAGES, load
    from twinbeam.surroundings import is_loopback

    settings = load()
    os.umask(0o077)  # what is made from here on is its owner's alone
    open_keyring(settings)
    check_store(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    logs.configure(settings.log_format)
    log = logs.named("supervisor")
    for folder in ownership.open_folders(settings):
        if ownership.tighten(folder):
            log.warning("folder.tightened", folder=str(folder))
        else:
            log.warning("folder.open", folder=str(folder), fix=f"chmod 700 {folder}")
    if not is_loopback(settings.dashboard.host):
        log.warning("pages.public", address=f"{settings.dashboard.host}:{settings.dashboard.port}", fix=MEND_PAGES)
    supervisor = Supervisor(settings, log)
    if sys.stderr.isatty():
        click.echo(f"Events: {settings.listen.url}/v1/events   Pages: {settings.dashboard.url}", err=True)
    sys.exit(supervisor.run())
