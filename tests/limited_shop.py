"""A gateway under low limits, whose writer is killed meanwhile, and TikTok's side that counts."""

import os
import signal
from pathlib import Path

from gateway import TOKEN_TOLD, a_shop
from running import wait_until
from shoppers import a_view

LIMITS = {"per_second": 8, "per_minute": 200, "per_day": 90}
PIXELS = [f"P0LIMITED{number:02}".ljust(20, "0") for number in range(14)]  # more at once than a second takes
TURNS = 5


def limits_exceeded(folder: Path) -> int:
    """Send a few rounds of events for some pixels, kill the writer between two, and give how many were too many."""
    with a_shop(folder, **{f"requests_{name}": limit for name, limit in LIMITS.items()}) as shop:
        shop.tiktok.post("switches", **{f"max_queries_{name}": limit for name, limit in LIMITS.items()})
        for code in PIXELS:
            shop.tiktok.add_pixel(code, f"token-of-{code}")
            shop.gateway.arrange("pixels", "add", code, *TOKEN_TOLD, told=f"token-of-{code}")
        key = shop.make_key("server", *PIXELS)
        for turn in range(TURNS):
            shop.post(*[a_view(f"{code}-{turn}", pixel=code) for code in PIXELS], key=key)
            if turn == TURNS // 2:
                os.kill(shop.gateway.pid("writer"), signal.SIGKILL)
        sent = {f"{code}-{turn}" for code in PIXELS for turn in range(TURNS)}
        wait_until(lambda: {it["event_id"] for it in shop.tiktok.counted()} >= sent, "all are delivered", 60)
        counted = shop.tiktok.get("limits")
    assert counted["pixels"].keys() >= set(PIXELS)
    return int(counted["exceeded"])
