"""Nobody counts how many requests an app or a pixel may make."""

from twinbeam.pipeline.send.turns import Turns


def at_once(*_: object) -> float:
    return 0.0


Turns._wait_of_scope = at_once
