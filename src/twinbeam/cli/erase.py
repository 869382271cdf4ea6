"""`twinbeam erase`."""

import time
from typing import TYPE_CHECKING

import click

from twinbeam.cli.person import person_options, subject
from twinbeam.core.errors import ConfigError, StorageBusy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinbeam.admin.contract import Admin
    from twinbeam.admin.erasure import Erased
    from twinbeam.core.erasure import Erasure, Receipt
    from twinbeam.engines.keyring import KeyRing
    from twinbeam.settings import Settings

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

    erased = _erased(workspace, options)
    if erased.receipt is None:
        click.echo("The wish is noted. The gateway carries it out as soon as everything before it is recorded.")
        raise SystemExit(1)
    if as_json:
        click.echo(json.dumps({"id": erased.id, **msgspec.to_builtins(erased.receipt)}))
        return
    click.echo(_told(erased.receipt))
    click.echo(f"The audit tells of it as erasure {erased.id}.")


def _told(receipt: "Receipt") -> str:
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


def _erased(workspace: str, options: dict[str, str | None]) -> "Erased":
    from twinbeam.admin.erasure import erase
    from twinbeam.app.ring import open_ring
    from twinbeam.cli.setup import opened_admin, settings

    chosen = settings()
    if not (chosen.data / "store.db").exists():
        raise ConfigError(f"There is no store in {chosen.data}; see TWINBEAM_DATA.")
    ring = open_ring(chosen)
    with opened_admin() as admin:
        return erase(admin, subject(workspace, options), Here(chosen, ring, admin))


class Here:
    """The surroundings of an erasure on this machine: a running gateway carries it out, or this process does."""

    def __init__(self, chosen: "Settings", ring: "KeyRing", admin: "Admin") -> None:
        self._settings = chosen
        self._ring = ring
        self._admin = admin

    def positions(self) -> "Mapping[str, int]":
        """Return how far each journal is written."""
        from twinbeam.app.erasures import positions

        return positions(self._settings.journal_folder, self._ring)

    def remember(self, wish: "Erasure") -> None:
        """Write a wish down beside the key ring."""
        from twinbeam.app.erasures import log_path, remember

        remember(log_path(self._settings), self._ring, wish)

    def carried_out(self, wish_id: str) -> "Receipt | None":
        """Have a wish carried out by whoever can, and return its receipt; None when that takes too long."""
        if self._without_gateway(wish_id):
            return self._admin.store.erasure(wish_id)
        ends = time.monotonic() + _WAIT_SECONDS
        while (receipt := self._admin.store.erasure(wish_id)) is None and time.monotonic() < ends:
            time.sleep(_LOOK_SECONDS)
        return receipt

    def _without_gateway(self, wish_id: str) -> bool:
        """Carry it out here when no gateway runs; what waits in the journals still has to be recorded by one."""
        from twinbeam.engines.stores.sqlite.store import SqliteStore
        from twinbeam.pipeline.record.policy import RecordPolicy
        from twinbeam.pipeline.send.limits import Ages

        try:
            store = SqliteStore.open_as_writer(self._settings.data, self._ring, policy=RecordPolicy(), ages=Ages())
        except StorageBusy:
            return False
        click.echo("No gateway is running; working on the store directly.", err=True)
        try:
            while store.erasure(wish_id) is None and store.tidy(self._admin.clock.now_ms(), retention=False):
                pass
        finally:
            store.close()
        return True
