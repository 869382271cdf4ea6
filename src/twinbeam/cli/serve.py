"""`twinbeam serve`."""

import sys

import click


@click.command()
def command() -> None:
    """
    Run the gateway until Ctrl-C: one process takes events in, one records and delivers them.

    Events come in at TWINBEAM_LISTEN (127.0.0.1:8700), pages and stories are at TWINBEAM_DASHBOARD
    (127.0.0.1:8701). Keep the second one private: it shows what the first one took.

    \b
    Examples:
      twinbeam serve
      TWINBEAM_LOG_FORMAT=console twinbeam serve
      TWINBEAM_LISTEN=0.0.0.0:8700 TWINBEAM_INGEST_PROCESSES=2 twinbeam serve
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.app.ring import open_ring
    from twinbeam.app.supervisor import Supervisor
    from twinbeam.observe import logs
    from twinbeam.settings import load

    settings = load()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    open_ring(settings)
    logs.configure(settings.log_format)
    supervisor = Supervisor(settings, logs.named("supervisor"))
    if sys.stderr.isatty():
        click.echo(f"Events: {settings.listen.url}/v1/events   Pages: {settings.dashboard.url}", err=True)
    sys.exit(supervisor.run())
