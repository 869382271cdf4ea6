"""The identity room as tests use it: `seal(phone="07911 123456", country="GB")` and what comes out."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from builders import an_arrival
from twinbeam.core.values import Arrival, Decision, Notice, Permission, Reason, Signal
from twinbeam.pipeline.identity.seal import Sealer

ALLOWED = Permission(Decision.ALLOWED, "ad_storage=granted")
UNDECIDED = Permission(Decision.UNDECIDED, "said nothing")
DROPPED = Permission(Decision.DROPPED, "ad_storage=denied", Reason.NO_CONSENT)

VECTORS: dict[str, list[Any]] = json.loads(
    (Path(__file__).parents[1] / "spec" / "identifiers.json").read_text(encoding="utf-8")
)


class Sealed(NamedTuple):
    """A signal, its body decoded, and what the sender was told."""

    signal: Signal
    body: dict[str, Any]
    notices: list[Notice]

    @property
    def user(self) -> dict[str, Any]:
        """The wire's user."""
        return self.body.get("user", {})

    @property
    def told(self) -> list[tuple[str, str]]:
        """Field and code of each notice."""
        return [(notice.field, notice.code) for notice in self.notices]


def seal(
    arrival: Arrival | None = None, permission: Permission = ALLOWED, *, region: str | None = None, **changes: Any
) -> Sealed:
    """Seal one arrival, built from the keywords unless it is given."""
    signal, notices = Sealer(default_region=region).seal(arrival or an_arrival(**changes), permission)
    return Sealed(signal, msgspec.json.decode(signal.body) if signal.body else {}, notices)
