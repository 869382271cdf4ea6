"""Trailers become headers, no deadline ends, and nobody gives way."""

from typing import Any

from twinbeam.http_server import reader, registry

_on_header = reader.RequestReader.on_header


def on_header(self: Any, name: bytes, value: bytes) -> None:
    _on_header(self, name, value)
    if self.phase is reader.Phase.BODY:
        self._headers.append((name.lower(), value))


reader.RequestReader.on_header = on_header
registry.Registry.sweep = lambda self, passed_seconds: None
registry.Registry.evict = lambda self, count: 0
