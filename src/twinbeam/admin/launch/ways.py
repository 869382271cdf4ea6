"""Which way suits a pixel: its own answers to four questions, and the reason in a sentence. Pure."""

from typing import Literal

from msgspec import Struct

from twinbeam.admin.contract import Admin
from twinbeam.admin.pixels import decide
from twinbeam.core.rules import PixelRules, Way

IosShare = Literal["low", "high", "unknown"]


class Situation(Struct, frozen=True):
    """What an owner says of the shop."""

    ios: IosShare = "unknown"  #: high: a third of the visitors or more
    privacy: bool = False  #: what leaves has to be decided on the shop's own server
    valuable: bool = True  #: events are worth money, and ads are optimised for them
    starting: bool = False  #: there is no server yet that could report


class WayAdvice(Struct, frozen=True):
    """What is recommended, and why."""

    way: Way
    reason: str


NAMES: dict[Way, str] = {"both": "Pixel and Events API", "browser": "Pixel only", "server": "Events API only"}

#: What each choice does, for people who have not read a manual.
MEANINGS: dict[Way, str] = {
    "both": (
        "TikTok's pixel reports from the visitor's browser, and Twinbeam reports the same event through the Events "
        "API. Both copies have one id, so TikTok counts one event. If a browser hides its copy, the other one still "
        "arrives."
    ),
    "browser": (
        "TikTok's pixel alone reports. You need no access token and no server. Events that an ad blocker or a closed "
        "page hides are lost."
    ),
    "server": (
        "Twinbeam alone reports, through the Events API; TikTok's script does not run in your pages. You need an "
        "access token. Your pages still carry Twinbeam's tag, so that the click is known."
    ),
}


def advised(situation: Situation) -> WayAdvice:
    """Return the way for a situation; the first reason that applies counts."""
    if situation.privacy:
        reason = "What leaves is then decided on your own server, and no script of TikTok's has to run in your pages."
        return WayAdvice("server", reason)
    if situation.starting:
        reason = "One snippet is enough to begin. Come back when your server can report: ad blockers hide some events."
        return WayAdvice("browser", reason)
    if situation.ios == "high":
        reason = (
            "On iPhones many browser events do not arrive; the server reports them, and the browser adds the click."
        )
        return WayAdvice("both", reason)
    if situation.valuable:
        reason = "Events that are worth money must not be lost: each side reports what the other misses, counted once."
        return WayAdvice("both", reason)
    return WayAdvice("both", "Each side sees what the other misses, and both copies count once by their id.")


def choose(admin: Admin, workspace: str, code: str, way: str) -> PixelRules:
    """Put a way in force for a pixel; raises AdminError."""
    return decide(admin, workspace, code, {"way": way})
