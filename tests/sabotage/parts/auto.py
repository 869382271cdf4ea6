"""Let the purchases of every pixel's browsers wait for a server, whether or not one reports."""

from twinbeam.core.values import Signal
from twinbeam.pipeline.record import confirming, waiting


def _always(_known: object, _signal: Signal) -> bool:
    return True


confirming.is_awaited = waiting.is_awaited = _always
