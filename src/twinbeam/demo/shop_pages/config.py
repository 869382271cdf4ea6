"""What the shop is told when it opens, as its owner sets it up: addresses, keys, and the lines of a page's head."""

from pathlib import Path

import msgspec
from msgspec import Struct

NONCE = "@NONCE@"  #: stands in `head` where each page puts its policy's nonce


class ShopConfig(Struct, frozen=True):
    """Where everything is, and the keys that open it."""

    port: int
    intake: str
    dashboard: str
    tiktok: str
    pixel: str
    server_key: str
    read_key: str
    order_secret: str
    head: str  #: what `twinbeam tag snippet` printed, then TikTok's base code


def write_config(path: Path, config: ShopConfig) -> None:
    """Write it where only the shop's own user may read them."""
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(config))


def read_config(path: Path) -> ShopConfig:
    """Read it; raises ValidationError and OSError."""
    return msgspec.json.decode(path.read_bytes(), type=ShopConfig)
