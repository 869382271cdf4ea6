"""`twinbeam rehearse`."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twinbeam.cli.options import workspace_option
from twinbeam.core.errors import ConfigError

if TYPE_CHECKING:
    from twinbeam.destinations.tiktok.rehearsal.points import Said
    from twinbeam.destinations.tiktok.rehearsal.probes import Probe, Scene
    from twinbeam.destinations.tiktok.rehearsal.run import PointAnswer, Rehearsal


@click.command()
@click.argument("code")
@click.option("--test-code", required=True, help="The code that the page Test events shows now, such as TEST12345.")
@click.option(
    "--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write what was found into this file."
)
@workspace_option
def command(code: str, test_code: str, file: Path | None, workspace: str) -> None:
    """
    Ask TikTok what its documents leave open, by test events, and say where the emulator differs.

    It sends about 35 requests with the pixel's saved token. Each event is a test about nobody: it goes out under the
    test code, so it shows on the page Test events and does not count. The
    requests count against the app's limit of the day; nothing else of this installation is changed.

    \b
    Examples:
      twinbeam rehearse C4A5B6C7D8E9F0G1H2I3 --test-code TEST12345
      twinbeam rehearse C4A5B6C7D8E9F0G1H2I3 --test-code TEST12345 --json answers.json
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin.testing import check_code
    from twinbeam.cli.setup import now_ms
    from twinbeam.destinations.tiktok.rehearsal.probes import Scene
    from twinbeam.settings import load

    check_code(test_code)
    event_source, token = _pixel(code, workspace)
    settings, scene = load(), Scene(event_source, code, test_code, now_ms())
    click.echo(f"Rehearsal of {code} against {settings.tiktok_url}, as {test_code}", err=True)
    found = asyncio.run(_play(settings.tiktok_url, settings.proxy, scene, token))
    if file is not None:
        file.write_text(json.dumps(as_json(scene, found), indent=2) + "\n")
    for line in table(found):
        click.echo(line)


def _pixel(code: str, workspace: str) -> tuple[str, str]:
    """Return the kind of an event source and its token."""
    from twinbeam.admin import pixels
    from twinbeam.admin.contract import Admin
    from twinbeam.admin.workspaces import meant_for
    from twinbeam.app.flows import note_requests
    from twinbeam.cli.setup import actor, opened_store, settings
    from twinbeam.core.clock import SystemClock
    from twinbeam.destinations.tiktok.rehearsal.run import most_requests

    with opened_store() as store:
        row = pixels.known(Admin(store, actor(), SystemClock()), workspace, code)
        lent = store.accounts.pixel_tokens().get((workspace, code))
        token = store.tokens().get((workspace, code)) or (lent.token if lent else None)
        if token is None:
            mend = f"twinbeam pixels token {code}{meant_for(workspace)} < token.txt"
            raise ConfigError(f"Pixel {code} has no access token that can be read. Save one: {mend}")
        wanted = most_requests(row.event_source)
        if not note_requests(store.request_counts, settings(), SystemClock(), wanted, owner="rehearsal"):
            raise ConfigError(f"Of this UTC day's requests fewer than {wanted} are left. Rehearse after midnight UTC.")
    return row.event_source, token


async def _play(url: str, proxy: str, scene: "Scene", token: str) -> "Rehearsal":
    from twinbeam.destinations.tiktok.client import TikTok
    from twinbeam.destinations.tiktok.rehearsal.run import rehearse

    client = TikTok(base_url=url, token=lambda _lane: token, timeout_seconds=30, connections=1, proxy=proxy)
    try:
        return await rehearse(client, scene, token, _progress)
    finally:
        await client.close()


def _progress(number: int, total: int, probe: "Probe", said: "Said") -> None:
    click.echo(f"{number:3}/{total} {probe.what:52} {said.words}", err=True)


def table(found: "Rehearsal") -> list[str]:
    """Return what was found, for people."""
    from twinbeam.destinations.tiktok.rehearsal.points import NOT_ASKED
    from twinbeam.destinations.tiktok.rehearsal.run import Comparison

    by_hand = [it for it in found.findings if it.found is Comparison.BY_HAND]
    lines = [f"{'found':10} {'point':58} {'TikTok':28} {'emulator':16}"]
    lines += [_row(it) for it in found.findings if it.found is not Comparison.BY_HAND]
    lines += ["", "To be looked at by hand, in Events Manager:"]
    lines += [f"  {it.point.question} {it.point.by_hand} ({it.point.switch})" for it in by_hand]
    lines += ["", "Not asked:", *(f"  {name}: {why}" for name, why in NOT_ASKED.items()), ""]
    if found.cut_short:
        lines += ["TikTok asked to slow down, so the rest was not sent. Try again in 5 minutes.", ""]
    return [*lines, *_settings(found)]


def _row(it: "PointAnswer") -> str:
    answer = _short(it.position) if it.position is not None else it.said.words if it.said else ""
    return f"{it.found:10} {it.point.question:58} {answer:28} {_short(it.point.stance):16} {it.point.switch}".rstrip()


def _settings(found: "Rehearsal") -> list[str]:
    if not found.settings:
        return ["The emulator answers as TikTok did; no switch has to be turned."]
    body = json.dumps(found.settings)
    return ["To let the emulator answer as TikTok did:", f"  curl http://127.0.0.1:8702/_control/switches -d '{body}'"]


def as_json(scene: "Scene", found: "Rehearsal") -> Mapping[str, Any]:
    """Return what was found, for programs; it holds no token."""
    from twinbeam.core.values import plain

    points = [
        {
            "point": it.point.name,
            "question": it.point.question,
            "section": it.point.section,
            "switch": it.point.switch,
            "found": it.found.value,
            "tiktok": it.position,
            "emulator": it.point.stance,
        }
        for it in found.findings
    ]
    answers = {name: plain(said) for name, said in found.answers.items()}
    return {
        "pixel": scene.code,
        "event_source": scene.event_source,
        "at_ms": scene.now_ms,
        "points": points,
        "answers": answers,
        "settings": found.settings,
        "cut_short": found.cut_short,
    }


def _short(position: Any) -> str:
    return position if isinstance(position, str) else json.dumps(position)
