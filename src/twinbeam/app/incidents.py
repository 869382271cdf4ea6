"""
What TikTok announced of its own outages: a file per intake process in the data folder, written anew with each notice.

The intake may write nothing into the store; the writer reads the files. Their size is bounded by the incidents kept.
"""

import os
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

import msgspec

from twinbeam.alerts.incidents import Incident, joined
from twinbeam.engines.keyring import KeyRing
from twinbeam.observe.tiktok_status import PREFIX

_PURPOSE = b"tiktok status"
_PATTERN = "incidents-*.json"


def status_keys(ring: KeyRing) -> list[str]:
    """Return what stands at the end of the address that TikTok posts to; the first is the one to give away."""
    ring.look()
    return [urlsafe_b64encode(key[:24]).decode() for key in ring.derived(_PURPOSE)]


def status_address(ring: KeyRing, intake: str) -> str:
    """Return the whole address to subscribe with, below that of the intake; it holds a secret."""
    return f"{intake.rstrip('/')}{PREFIX}{status_keys(ring)[0]}"


def note_incidents(folder: Path, slot: int, told: Sequence[Incident]) -> None:
    """Keep what was announced, durably; raises OSError."""
    file = folder / f"incidents-{slot}.json"
    draft = file.with_suffix(".draft")
    kept = joined([*_read(file), *told])
    with draft.open("wb") as out:
        out.write(msgspec.json.encode(kept))
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


def incidents_of(folder: Path) -> list[Incident]:
    """Return what all processes were told."""
    return joined(it for file in sorted(folder.glob(_PATTERN)) for it in _read(file))


def _read(file: Path) -> list[Incident]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Incident])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return []
