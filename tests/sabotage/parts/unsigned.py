"""Take every signature for the sender's."""

from twinbeam.sources.signed import SignedSources

SignedSources.is_signed = lambda *_: True
