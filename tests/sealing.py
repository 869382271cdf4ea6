"""The identity room as tests use it: `seal(phone="07911 123456", country="GB")` and what comes out."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from builders import WORKSPACE, an_arrival
from twinbeam.core.consent import NOTHING_SAID, ConsentRecord
from twinbeam.core.values import Arrival, Decision, Judged, Notice, Permission, Reason, Signal
from twinbeam.pipeline.identity.rates import Rates
from twinbeam.pipeline.identity.seal import Sealer

ALLOWED = Permission(Decision.ALLOWED, "ad_storage=granted")
UNDECIDED = Permission(Decision.UNDECIDED, "said nothing")
DROPPED = Permission(Decision.DROPPED, "ad_storage=denied", Reason.NO_CONSENT)
ENDED = Permission(Decision.DROPPED, "", Reason.LEFT_TO_BROWSER)
BARE = Permission(Decision.ALLOWED, "ad_user_data=denied", bare=True)

VECTORS: dict[str, list[Any]] = json.loads(
    (Path(__file__).parents[1] / "spec" / "identifiers.json").read_text(encoding="utf-8")
)


class Opened(NamedTuple):
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
    arrival: Arrival | None = None,
    permission: Permission = ALLOWED,
    record: ConsentRecord = NOTHING_SAID,
    *,
    region: str | None = None,
    rates: Rates | None = None,
    **changes: Any,
) -> Opened:
    """Seal one arrival, built from the keywords unless it is given."""
    sealer = Sealer(default_region=region, rates=lambda workspace: rates or {} if workspace == WORKSPACE else {})
    (sealed,) = sealer.seal([Judged(arrival or an_arrival(**changes), permission, record)])
    signal, notices = sealed.signal, sealed.notices
    return Opened(signal, msgspec.json.decode(signal.body) if signal.body else {}, notices)
