"""`twinbeam keys`."""

import json
import secrets

import click

from twinbeam.core.errors import ConfigError


@click.group()
def command() -> None:
    """
    Make keys for tags, servers and readers; list and revoke them.

    \b
    Examples:
      twinbeam keys create server --source shop --pixel CODE
      twinbeam keys list
    """  # noqa: D301 -- \b tells click to keep the lines


@command.command()
@click.argument("kind", type=click.Choice(["server", "browser", "read"]))
@click.option("--source", required=True, help="Who will use it, such as shop or tag; shown with each event.")
@click.option("--pixel", "pixels", multiple=True, help="A pixel its events go to; repeat for several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def create(kind: str, source: str, pixels: tuple[str, ...], *, as_json: bool) -> None:
    """
    Make a key and show it, once.

    \b
    server   writes events from your backend; keep it secret
    browser  writes events from pages; may be seen by anybody
    read     reads what became of events; keep it secret

    \b
    Examples:
      twinbeam keys create server --source shop --pixel C4A5B6C7D8E9F0G1H2I3
      twinbeam keys create read --source support
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import WORKSPACE, now_ms, opened_store
    from twinbeam.core.story import KeyRow
    from twinbeam.core.values import KeyKind
    from twinbeam.pipeline.accept.directory import fingerprint, mint

    if kind != "read" and not pixels:
        raise ConfigError(f"A {kind} key needs a pixel: add --pixel CODE (twinbeam pixels list shows the codes).")
    text, key_id = mint(KeyKind(kind)), secrets.token_hex(4)
    with opened_store() as store:
        known = {row.code for row in store.pixels()}
        unknown = [code for code in pixels if code not in known]
        if unknown:
            raise ConfigError(f"There is no pixel {unknown[0]}; add it first: twinbeam pixels add {unknown[0]}")
        store.add_key(KeyRow(key_id, fingerprint(text), kind, WORKSPACE, source, list(pixels), now_ms(), None))
    if as_json:
        click.echo(json.dumps({"id": key_id, "key": text, "kind": kind, "source": source, "pixels": list(pixels)}))
    else:
        click.echo(text)
        click.echo(
            f"This is the only time key {key_id} is shown. A running gateway knows it within a second.", err=True
        )


@command.command(name="list")
def list_keys() -> None:
    """
    List the keys. Their texts are not kept and cannot be shown.

    \b
    Examples:
      twinbeam keys list
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import opened_store

    with opened_store() as store:
        rows = store.access_keys()
    if not rows:
        click.echo("No key yet. Make one:  twinbeam keys create server --source shop --pixel CODE")
        return
    click.echo(f"{'id':10} {'kind':8} {'source':20} {'state':8} pixels")
    for row in rows:
        state = "revoked" if row.revoked_ms is not None else "valid"
        click.echo(f"{row.id:10} {row.kind:8} {row.source:20.20} {state:8} {' '.join(row.pixels)}")


@command.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """
    Make a key invalid, by its id (twinbeam keys list).

    \b
    Examples:
      twinbeam keys revoke 1f2e3d4c
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import now_ms, opened_store

    with opened_store() as store:
        if not store.revoke_key(key_id, now_ms()):
            raise ConfigError(f"There is no valid key {key_id}; see: twinbeam keys list")
    click.echo(f"Key {key_id} is revoked; a running gateway refuses it within a second.")
