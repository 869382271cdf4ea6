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

    wish, receipt = _erased(workspace, options)
    if receipt is None:
        click.echo("The wish is noted. The gateway carries it out as soon as everything before it is recorded.")
        raise SystemExit(1)
    if as_json:
        click.echo(json.dumps({"id": wish, **msgspec.to_builtins(receipt)}))
        return
    click.echo(_told(receipt))
    click.echo(f"The audit tells of it as erasure {wish}.")


def _told(receipt: Any) -> str:
    if not (receipt.removed or receipt.in_flight or receipt.visits):
        return (
            "Nothing was found under this, so nothing was erased. It may be written otherwise, have come to another "
            "workspace, or be longer ago than look-ups are kept."
        )
    lines = [f"Erased: {receipt.removed} conversions, {receipt.visits} visits."]
    if receipt.in_flight:
        lines.append(f"On the wire just now, erased when they are answered: {receipt.in_flight}.")
    if receipt.delivered:
        lines.append(f"TikTok has {receipt.delivered} of them already, or may have: ask TikTok to delete those.")
    return "\n".join([*lines, "The keys of the conversions stay, so that none is counted or sent again."])


def _erased(workspace: str, options: dict[str, str | None]) -> tuple[str, Any]:
    """Note the wish, and wait until it is carried out; gives its id and the receipt, None when that takes too long."""
    from uuid import uuid4

    from twinbeam.app.erasures import log_path, positions, remember
    from twinbeam.app.ring import open_ring
    from twinbeam.cli.setup import known_workspace, now_ms, opened_store, settings, who
    from twinbeam.core.erasure import Erasure

    chosen = settings()
    if not (chosen.data / "store.db").exists():
        raise ConfigError(f"There is no store in {chosen.data}; see TWINBEAM_DATA.")
    ring = open_ring(chosen)
    with opened_store() as store:
        person = person_of(store, known_workspace(store, workspace), options)
        wish = Erasure(uuid4().hex, person, now_ms(), dict(positions(chosen.journal_folder, ring)))
        remember(log_path(chosen), ring, wish)
        store.ask_erasure(wish)
        what = f"erasure {person.workspace}/{wish.id}"
        store.note(what, "", f"asked by {person.kind}", now_ms=now_ms(), who=who())
        receipt = _receipt(chosen, ring, store, wish.id)
        if receipt is not None:
            store.note(what, "asked", _counts(receipt), now_ms=now_ms(), who=who())
        return wish.id, receipt


def _receipt(chosen: Any, ring: Any, store: Any, wish: str) -> Any:
    """Have the wish carried out by whoever can; None when that takes too long."""
    if _without_gateway(chosen, ring, wish):
        return store.erasure(wish)
    ends = time.monotonic() + _WAIT_SECONDS
    while (receipt := store.erasure(wish)) is None and time.monotonic() < ends:
        time.sleep(_LOOK_SECONDS)
    return receipt


def _counts(receipt: Any) -> str:
    done = f"{receipt.removed} conversions and {receipt.visits} visits erased"
    return f"{done}, {receipt.in_flight} on the wire, {receipt.delivered} at TikTok"


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
        while store.erasure(wish) is None and store.tidy(now_ms(), retention=False):
            pass
    finally:
        store.close()
    return True
