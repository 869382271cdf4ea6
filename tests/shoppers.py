"""What shops post: events as JSON objects, and a crowd that posts without pause and remembers what was acknowledged."""

import itertools
import json
import os
import random
import sys
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import urlsplit

GRANTED = {"ad_storage": "granted", "ad_user_data": "granted", "source": "banner"}
DENIED = {"ad_storage": "denied", "ad_user_data": "denied", "source": "banner"}


def a_purchase(event_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """Give a permitted purchase of this moment; a change to None takes the field away."""
    event = {
        "event": "Purchase",
        "event_time": int(time.time()),
        "event_id": event_id,
        "user": {"email": f"{event_id}@shop.example"},
        "properties": {"value": 20.5, "currency": "EUR"},
        "page": {"url": "https://shop.example/thanks"},
        "consent": GRANTED,
    }
    return {name: value for name, value in {**event, **changes}.items() if value is not None}


def a_view(event_id: str, **changes: Any) -> dict[str, Any]:
    """Give a permitted page view: small, and never held back for a twin."""
    return a_purchase(event_id, event="ViewContent", properties=None, **changes)


def a_seed() -> int:
    """Draw a seed and print it; JOURNEY_SEED in the environment plays an earlier one again."""
    seed = int(os.environ.get("JOURNEY_SEED", random.randrange(2**32)))
    sys.stdout.write(f"JOURNEY_SEED={seed}\n")
    return seed


def ids_of(events: list[dict[str, Any]]) -> set[str]:
    """Give the ids of events, wherever they were listed."""
    return {event["event_id"] for event in events}


class Shopper(Thread):
    """
    One connection that posts group after group, each until it is acknowledged.

    What it asked for again and again is in `again`: bodies that met a broken connection or a refusal.
    """

    def __init__(self, name: str, url: str, key: str, *, group: int, pause_seconds: float) -> None:
        super().__init__(name=name, daemon=True)
        self.acknowledged: set[str] = set()
        self.again = 0
        self.surprises: list[str] = []
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}"}
        self._group = group
        self._pause_seconds = pause_seconds
        self._closing = Event()

    def run(self) -> None:
        with closing(self._connection):
            for turn in itertools.count():
                self._post_until_taken([f"{self.name}-{turn}-{place}" for place in range(self._group)])
                if self._closing.wait(self._pause_seconds):
                    return

    def close(self, seconds: float) -> None:
        """Finish the group under way."""
        self._closing.set()
        self.join(seconds)
        assert not self.is_alive(), f"{self.name} was not served within {seconds} s"

    def _post_until_taken(self, ids: list[str]) -> None:
        body = json.dumps({"events": [a_view(event_id) for event_id in ids]}).encode()
        while not self._is_taken(body):
            self.again += 1
            time.sleep(0.05)
        self.acknowledged.update(ids)

    def _is_taken(self, body: bytes) -> bool:
        try:
            self._connection.request("POST", "/v1/events", body, self._headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            return False
        if answer.status != 202:
            self.surprises.append(f"{answer.status} {said!r}")
        return answer.status == 202


class Crowd:
    """Several shoppers at once."""

    def __init__(self, url: str, key: str, *, size: int = 4, group: int = 20, pause_seconds: float = 0.02) -> None:
        self.shoppers = [
            Shopper(f"shopper{place}", url, key, group=group, pause_seconds=pause_seconds) for place in range(size)
        ]

    def __enter__(self) -> Self:
        for shopper in self.shoppers:
            shopper.start()
        return self

    def __exit__(self, *_: object) -> None:
        for shopper in self.shoppers:
            shopper.close(60)

    @property
    def acknowledged(self) -> set[str]:
        return set().union(*(shopper.acknowledged for shopper in self.shoppers))

    @property
    def again(self) -> int:
        return sum(shopper.again for shopper in self.shoppers)

    @property
    def surprises(self) -> list[str]:
        return [said for shopper in self.shoppers for said in shopper.surprises]
