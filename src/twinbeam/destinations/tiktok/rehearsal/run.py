"""Playing a rehearsal: every probe once, in order, and what its answer says of each point."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.delivery import Answered
from twinbeam.core.errors import TwinbeamError
from twinbeam.destinations.tiktok.client import FAILED, RawAnswer, TikTok, what_happened
from twinbeam.destinations.tiktok.rehearsal.points import POINTS, SET_POINTS, Point, Position, Said
from twinbeam.destinations.tiktok.rehearsal.probes import CUSTOM_NAME, PROBES, Probe, Scene
from twinbeam.destinations.tiktok.token_trial import verdict_of
from twinbeam.destinations.tiktok.verdicts import REQUEST_ID_LIMIT, readable

MADE_UP_TOKEN = "twinbeam-rehearsal-no-token"  # noqa: S105 -- nobody's
_RATE_LIMITED = 40100

Progress = Callable[[int, int, Probe, Said], None]
"""Told of each probe: its number, how many there are, itself, and what came back."""


class RehearsalStopped(TwinbeamError):  # noqa: N818 -- reads as the state it reports
    """TikTok did not take the plain test event, so no other answer would mean anything."""


class Comparison(StrEnum):
    """How TikTok and the emulator compare at one point."""

    SAME = "same"
    DIFFERS = "differs"
    UNCLEAR = "unclear"  #: an answer that the emulator cannot give
    BY_HAND = "by hand"
    UNASKED = "not asked"  #: the rehearsal ended before


class PointAnswer(Struct, frozen=True):
    """One point, and what was found."""

    point: Point
    said: Said | None
    position: Position | None
    found: Comparison


class Rehearsal(Struct, frozen=True):
    """All that a rehearsal found."""

    findings: list[PointAnswer]
    answers: dict[str, Said]  #: by the names of their probes
    cut_short: bool = False  #: TikTok asked to slow down

    @property
    def settings(self) -> dict[str, Position]:
        """The switches to turn, so that the emulator answers as TikTok did."""
        turned = [it for it in self.findings if it.found is Comparison.DIFFERS and it.point.switch]
        return {it.point.switch: it.position for it in turned}


def most_requests(event_source: str) -> int:
    """Return how many requests a rehearsal with an event source makes at most."""
    return len(_probes(event_source)) + len(_opening_names(event_source))


async def rehearse(client: TikTok, scene: Scene, token: str, progress: Progress) -> Rehearsal:
    """Send the script and read its answers; raises RehearsalStopped where TikTok takes no test event at all."""
    scene = await _opening(client, scene, token)
    probes = _probes(scene.event_source)
    answers: dict[str, Said] = {}
    for number, probe in enumerate(probes, 1):
        said = await _ask(client, probe, scene, token)
        progress(number, len(probes), probe, said)
        if said.code == _RATE_LIMITED:
            return Rehearsal(findings(scene, answers), answers, cut_short=True)
        answers[probe.name] = said
    return Rehearsal(findings(scene, answers), answers)


def findings(scene: Scene, answers: Mapping[str, Said]) -> list[PointAnswer]:
    """Compare each point that makes sense for an event source with what the emulator does."""
    asked = {probe.name for probe in _probes(scene.event_source)}
    points = [point for point in POINTS if point.probe in asked]
    return [_finding(point, answers) for point in (*points, *SET_POINTS[scene.event_source])]


def _finding(point: Point, answers: Mapping[str, Said]) -> PointAnswer:
    said = answers.get(point.probe)
    if said is None:
        return PointAnswer(point, None, None, Comparison.UNASKED)
    if point.by_hand:
        return PointAnswer(point, said, None, Comparison.BY_HAND)
    position = point.position(answers)
    if position is None:
        return PointAnswer(point, said, None, Comparison.UNCLEAR)
    return PointAnswer(point, said, position, Comparison.SAME if position == point.stance else Comparison.DIFFERS)


async def _opening(client: TikTok, scene: Scene, token: str) -> Scene:
    """Return the scene with an event name that TikTok takes; raises RehearsalStopped where it takes none."""
    said = Said()
    for name in _opening_names(scene.event_source):
        played = replace(scene, name=name)
        said = await _ask(client, PROBES[0], played, token)
        if said.code == 0:
            return played
    verdict = verdict_of(Answered(said.status, said.code, said.message), tested=True)
    raise RehearsalStopped(
        f"TikTok does not take a plain test event, so there is nothing to rehearse. {verdict.sentence} "
        f"TikTok's answer: {said.words}. {verdict.advice}"
    )


def _probes(event_source: str) -> list[Probe]:
    return [probe for probe in PROBES if event_source in probe.sources]


def _opening_names(event_source: str) -> tuple[str, ...]:
    return ("", CUSTOM_NAME) if event_source == "crm" else ("",)


async def _ask(client: TikTok, probe: Probe, scene: Scene, token: str) -> Said:
    sent = probe.make(scene)
    which = {"saved": token, "none": "", "wrong": MADE_UP_TOKEN}[sent.token]
    try:
        came = await client.ask(sent.path, msgspec.json.encode(sent.body), which)
    except FAILED as error:
        return Said(message=what_happened(error).replace(token, "[token]"))
    return _said(came, token)


def _said(came: RawAnswer, token: str) -> Said:
    retry_after = next((value for name, value in came.headers.items() if name.lower() == "retry-after"), "")
    envelope = _envelope(came.body)
    code = envelope.get("code")
    if not isinstance(code, int):
        return Said(came.status, message=f"{len(came.body)} bytes that are no answer of the API")
    return Said(
        came.status,
        code,
        readable(envelope.get("message")).replace(token, "[token]"),
        readable(envelope.get("request_id"))[:REQUEST_ID_LIMIT],
        _kind_of(envelope),
        readable(retry_after),
    )


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _kind_of(envelope: Mapping[str, Any]) -> str:
    if "data" not in envelope:
        return "absent"
    data = envelope["data"]
    return "null" if data is None else "object" if isinstance(data, dict) else "other"
