"""Take silence for permission wherever the visitor is, as if no law asked first."""

from twinbeam.pipeline.consent import gate

gate.law_at = lambda _own, _code: "opt_out"
