"""A dialect is a file in sources/ and an argument: Standard Webhooks came without the accept room's doing."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook

from builders import NOW_S, PIXEL, WORKSPACE
from door import House, a_directory
from house_tree import imports, modules_in, strings
from twinbeam.app.signing import standard_webhooks
from twinbeam.core.rules import Route
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.signing import seal_secret
from twinbeam.pipeline.accept.directory import SignedSource
from twinbeam.sources import consent_v1, events_v1

RING = KeyRing([("k", b"k" * 32)])
SECRET = bytes(32)
DIALECTS = (events_v1.EVENTS_V1, consent_v1.CONSENT_V1, standard_webhooks(RING))
BODY = b'{"type":"order.paid","timestamp":"2026-11-20T11:05:00Z","data":{"event":"Lead"}}'


def known_to_accept() -> list[str]:
    """Give the places where the accept room names a dialect: its module, its path, or what its requests bear."""
    texts = [dialect.route.partition("{")[0] for dialect in DIALECTS] + ["webhook-"]
    room = modules_in(["twinbeam/pipeline/accept"])
    named = [f"{it.path}: {name}" for it in room for name in imports(it) if name.startswith("twinbeam.sources")]
    written = [f"{it.path}: {text}" for it in room for said in strings(it) for text in texts if text in said.lower()]
    return named + written


def status(*dialects) -> int:
    """Post a signed event to an intake that was given these dialects."""
    sealed = b64encode(seal_secret(RING, "till", SECRET)).decode()
    source = SignedSource("till", WORKSPACE, (sealed,), (Route(PIXEL),))
    house = House(directory=replace(a_directory(), sources={"till": source}), dialects=dialects)
    signature = Webhook(b64encode(SECRET).decode()).sign("msg_1", datetime.fromtimestamp(NOW_S, UTC), BODY.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW_S), "webhook-signature": signature}
    return house.post(BODY, headers, path="/in/webhook/till").status


@pytest.mark.house("dialects")
def test_webhooks_are_taken_by_an_intake_that_does_not_know_them(record_property):
    named = known_to_accept()
    answers = (status(*DIALECTS[:2]), status(*DIALECTS))
    unchanged = not named and answers == (404, 202)
    record_property("figures", f"webhook dialect: accept {'unchanged' if unchanged else 'changed'}")
    assert named == []
    assert answers == (404, 202)
