"""Nobody counts how many requests an app or a pixel may make."""

from twinbeam.pipeline.send.rates import Usage


def at_once(*_: object) -> float:
    return 0.0


Usage.wait = at_once
