"""Saving a token as commands do: TikTok is asked first, and what it says is told."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from twinbeam.admin import token_check, tokens
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Conflict
from twinbeam.admin.token_check import TokenSaved
from twinbeam.admin.token_record import TokenCheck
from twinbeam.app.flows import asking
from twinbeam.destinations.tiktok.token_trial import TikTokTrial
from twinbeam.settings import load

T = TypeVar("T")


def save_told(admin: Admin, place: tuple[str, str], token: str, *, untried: bool, force: bool) -> list[str]:
    """Save a pixel's token and return what to say of it; raises AdminError where the one that is there stays."""
    if untried:
        tokens.save(admin, *place, token)
        return []
    outcome = asyncio.run(_tried(admin, place, token, force=force))
    if not outcome.saved:
        raise Conflict(f"{outcome.refusal} To save it all the same: --force")
    return lines(outcome.check)


def lines(check: TokenCheck) -> list[str]:
    """Return TikTok's word on a token, and what to do."""
    told = [f"  {check.verdict.sentence}", f"  TikTok's answer: {check.answer}"]
    return [*told, f"  -> {check.verdict.advice}"] if check.verdict.advice else told


async def _tried(admin: Admin, place: tuple[str, str], token: str, *, force: bool) -> TokenSaved:
    settings = load()
    may_ask = asking(admin.store.request_counts, settings, admin.clock, _here)
    trial = TikTokTrial(settings.tiktok_url, admin.clock, proxy=settings.proxy, may_ask=may_ask)
    return await token_check.try_and_save(admin, _here, trial, place, token, force=force)


async def _here(fn: Callable[[], T], /) -> T:
    """Run a call of the store on this very thread: a command has no other."""
    return fn()
