"""`twinbeam erase`."""

from typing import TYPE_CHECKING

import click

from twinbeam.cli.person import person_options, subject

if TYPE_CHECKING:
    from twinbeam.admin.erasure import Erased
    from twinbeam.core.erasure import Receipt

_WAIT_SECONDS = 60.0


@click.command()
@person_options
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON for programs.")
def command(workspace: str, *, as_json: bool, **options: str | None) -> None:
    """
    Erase what is stored about a person, and print a receipt.

    Everything accepted so far is recorded first. Then payloads, look-ups and visits go; of each
    conversion its key, event and time stay, so that it is counted and never sent again. The request
    is kept beside the key ring and carried out again if an older backup is restored.

    \b
    Examples:
      twinbeam erase --email -
      twinbeam erase --order-id 1001 --json
    """  # noqa: D301 -- \b tells click to keep the lines
    import json

    import msgspec

    erased = _erased(workspace, options)
    if erased.receipt is None:
        click.echo("The request is noted. The gateway carries it out when everything accepted before is recorded.")
        raise SystemExit(1)
    if as_json:
        click.echo(json.dumps({"id": erased.id, **msgspec.to_builtins(erased.receipt)}))
        return
    click.echo(_told(erased.receipt))
    click.echo(f"In the audit it is erasure {erased.id}.")


def _told(receipt: "Receipt") -> str:
    if not (receipt.removed or receipt.in_flight or receipt.visits):
        return (
            "Nothing was found, so nothing was erased. It may be spelled differently, belong to another workspace, "
            "or be older than look-ups are kept."
        )
    lines = [f"Erased conversions: {receipt.removed}. Erased visits: {receipt.visits}."]
    if receipt.in_flight:
        lines.append(f"Being sent just now, erased when TikTok answers: {receipt.in_flight}.")
    if receipt.delivered:
        lines.append(f"TikTok already has, or may have, {receipt.delivered} of them: ask TikTok to delete those.")
    return "\n".join([*lines, "The keys of the conversions stay, so that none is counted or sent again."])


def _erased(workspace: str, options: dict[str, str | None]) -> "Erased":
    from twinbeam.admin.erasure import erase
    from twinbeam.app.keyring import open_keyring
    from twinbeam.app.local_erasures import LocalErasures
    from twinbeam.cli.setup import opened_admin, with_store

    chosen = with_store()
    ring = open_keyring(chosen)
    with opened_admin() as admin:
        here = LocalErasures(settings=chosen, ring=ring, admin=admin, wait_seconds=_WAIT_SECONDS, alone=_tell_alone)
        return erase(admin, subject(workspace, options), here)


def _tell_alone() -> None:
    click.echo("No gateway is running; working on the store directly.", err=True)
