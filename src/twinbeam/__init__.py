"""Twinbeam: a gateway that joins both copies of a conversion and delivers it to TikTok once."""

__version__ = "0.1.0"
