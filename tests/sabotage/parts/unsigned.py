"""Take every signature for the sender's."""

from twinbeam.sources.signed import SourceSignatures

SourceSignatures.is_signed = lambda *_: True
