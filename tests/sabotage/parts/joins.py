"""Let no copy show any more that two conversions are one order."""

from twinbeam.pipeline.record import joining

joining._may_unite = lambda *_: False
