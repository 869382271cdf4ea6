"""
The hashes that find things again: the key of a conversion, and look-ups by what a person may ask for.

Unkeyed BLAKE2b with 128 bits: fast (0.4 us), and the same in every process and on every machine.
"""

from hashlib import blake2b

KEY_BYTES = 16
LOOKUP_BYTES = 8  # a look-up may collide; the story is checked against the row it leads to


def scope_of(workspace: str, shop: str) -> str:
    """
    Name what the ids of a shop are unique in: they say nothing in another shop, though it may report to the same pixel.

    The workspace's first shop is named by the workspace alone. No name of a workspace has a slash.
    """
    return f"{workspace}/{shop}" if shop else workspace


def conversion_key(scope: str, event_source: str, source_id: str, event: str, event_id: str) -> bytes:
    """
    Identify one conversion of a shop: event source, event source id (pixel code), canonical event name, event id.

    The shop is named by its `scope_of`. The parts are joined by a byte that none of them may contain.
    Source: tiktok.md 7.1.
    """
    return blake2b(
        f"{scope}\0{event_source}\0{source_id}\0{event}\0{event_id}".encode(), digest_size=KEY_BYTES
    ).digest()


def stream_of(pixel: str, test_code: str) -> str:
    """Name what a pixel's events are keyed under: tests are kept apart from the same conversions in earnest."""
    return f"{pixel}?{test_code}" if test_code else pixel


def lookup(kind: str, workspace: str, value: str) -> bytes:
    """Hash one searchable value (`order`, `email`, `phone`, `external_id`); identifiers come here already hashed."""
    return blake2b(f"{kind}\0{workspace}\0{value}".encode(), digest_size=LOOKUP_BYTES).digest()


def visit(kind: str, scope: str, value: str) -> bytes:
    """Hash a token of one visit (`visitor`, `cart`, `checkout`, `order`) that joins its copies within one shop."""
    return blake2b(f"visit\0{kind}\0{scope}\0{value}".encode(), digest_size=KEY_BYTES).digest()
