"""Tell everybody how many events wait."""

import msgspec

from twinbeam.observe.health import Health
from twinbeam.pipeline.accept.asgi import Reply


def talkative(self: Health) -> Reply:
    return Reply(200, (), msgspec.json.encode({"ready": True, "pending": self._journal.backlog().pending}))


Health._readiness = talkative
