"""`twinbeam erase`."""

import time
from typing import Any

import click

from twinbeam.cli.person import person_of, person_options
from twinbeam.core.errors import ConfigError, StorageBusy

_WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.2


@click.command()
@person_options
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON for programs.")
def command(workspace: str, *, as_json: bool, **options: str | None) -> None:
    """
    Erase what is stored about a person, and print a receipt.

    Everything accepted so far is recorded first. Then payloads, look-ups and visits go; of each
    conversion its key, event and time stay, so that it is counted and never sent again. The wish
    is kept beside the key ring and carried out again should an older backup be put back.

    \b
    Examples:
      twinbeam erase --email -
      twinbeam erase --order-id 1001 --json
    """  # noqa: D301 -- \b tells click to keep the lines
    import json

    import msgspec

    receipt = _erased(person_of(workspace, options))
    if receipt is None:
        click.echo("The wish is noted. The gateway carries it out as soon as everything before it is recorded.")
        raise SystemExit(1)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(receipt)))
        return
    if not (receipt.removed or receipt.in_flight or receipt.visits):
        click.echo(
            "Nothing was found under this, so nothing was erased. It may be written otherwise, have come to another "
            "workspace, or be longer ago than look-ups are kept."
        )
        return
    click.echo(f"Erased: {receipt.removed} conversions, {receipt.visits} visits.")
    if receipt.in_flight:
        click.echo(f"On the wire just now, erased when they are answered: {receipt.in_flight}.")
    if receipt.delivered:
        click.echo(f"TikTok has {receipt.delivered} of them already, or may have: ask TikTok to delete those.")
    click.echo("The keys of the conversions stay, so that none is counted or sent again.")


def _erased(who: Any) -> Any:
    """Note the wish, and wait until it is carried out; gives the receipt, or None when that takes too long."""
    from uuid import uuid4

    from twinbeam.app.erasures import log_path, positions, remember
    from twinbeam.app.ring import open_ring
    from twinbeam.cli.setup import known_workspace, now_ms, opened_store, settings
    from twinbeam.core.erasure import Erasure

    chosen = settings()
    if not (chosen.data / "store.db").exists():
        raise ConfigError(f"There is no store in {chosen.data}; see TWINBEAM_DATA.")
    ring = open_ring(chosen)
    with opened_store() as store:
        known_workspace(store, who.workspace)
        wish = Erasure(uuid4().hex, who, now_ms(), dict(positions(chosen.journal_folder, ring)))
        remember(log_path(chosen), ring, wish)
        store.ask_erasure(wish)
        if _without_gateway(chosen, ring, wish.id):
            return store.erasure(wish.id)
        ends = time.monotonic() + _WAIT_SECONDS
        while (receipt := store.erasure(wish.id)) is None and time.monotonic() < ends:
            time.sleep(_LOOK_SECONDS)
        return receipt


def _without_gateway(chosen: Any, ring: Any, wish: str) -> bool:
    """Carry the wish out here when no gateway runs; what waits in the journals still has to be recorded by one."""
    from twinbeam.cli.setup import now_ms
    from twinbeam.engines.stores.sqlite.store import SqliteStore
    from twinbeam.pipeline.record.policy import RecordPolicy
    from twinbeam.pipeline.send.limits import Ages

    try:
        store = SqliteStore.open_as_writer(chosen.data, ring, policy=RecordPolicy(), ages=Ages())
    except StorageBusy:
        return False
    click.echo("No gateway is running; working on the store directly.", err=True)
    try:
        while store.erasure(wish) is None and store.tidy(now_ms()):
            pass
    finally:
        store.close()
    return True
