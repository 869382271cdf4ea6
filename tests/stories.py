"""The golden stories of spec/examples, played through the real door, gate and seal; only the journal is a list."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from builders import WORKSPACE
from door import BROWSER_KEY, SERVER_KEY, Answered, House, a_directory
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.core.values import Arrival, Sealed, Signal
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.consent.receipts import Receipts
from twinbeam.pipeline.flow import Intake
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.commit import Seal

EXAMPLES = Path(__file__).resolve().parent.parent / "spec" / "examples"
RECEIPTS = Receipts([b"r" * 32])
KEYS = {"server": SERVER_KEY, "browser": BROWSER_KEY}


class Pixel(Struct):
    code: str
    event_source: str
    consent: str


class Request(Struct):
    headers: dict[str, str]
    body: dict[str, Any]
    client: str = "198.51.100.7"


class Answer(Struct):
    status: int
    body: dict[str, Any] | None


class Sent(Struct):
    """An event for TikTok: every member of `body` must be in it, and others may."""

    pixel: str
    event: str
    body: dict[str, Any]
    test_event_code: str = ""


class Story(Struct, forbid_unknown_fields=True):
    """One file of spec/examples; spec/README.md explains the members."""

    story: str
    pixels: list[Pixel]
    key: str
    request: Request
    answer: Answer
    tiktok: list[Sent]
    never: list[str]


def all_stories() -> dict[str, Story]:
    """Give every story by the name of its file."""
    return {path.stem: msgspec.json.decode(path.read_bytes(), type=Story) for path in sorted(EXAMPLES.glob("*.json"))}


def play(story: Story) -> tuple[Answered, list[Signal]]:
    """Send a story's request, and give the answer and what the journal would hold."""
    journal: list[Signal] = []

    async def append(brought: Sequence[Arrival], seal: Seal[Arrival]) -> Sequence[Sealed]:
        sealed = seal(brought)
        journal.extend(one.signal for one in sealed)
        return sealed

    intake = Intake(receipts=RECEIPTS, seal=Sealer().seal, append=append)
    entries = [
        PixelEntry(pixel.code, WORKSPACE, pixel.event_source, PixelRules(consent=ConsentRules(policy=pixel.consent)))
        for pixel in story.pixels
    ]
    house = House(directory=a_directory(*entries), take=intake.take, note=intake.note)
    headers = {"authorization": f"Bearer {KEYS[story.key]}"} | story.request.headers
    answered = house.post(json.dumps(story.request.body).encode(), headers, client=(story.request.client, 50_000))
    assert answered is not None
    return answered, journal
