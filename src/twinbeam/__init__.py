"""Twinbeam: a gateway that joins both copies of a conversion and delivers it to TikTok once."""

__version__ = "0.1.0"
RELEASED = "2026-09-01"  #: no clock is right that shows an earlier day; moved on with each release
