"""The gate as tables, for docs/concepts/consent.md: every cell is asked of the gate itself."""

from typing import get_args

from twinbeam.core.values import Permission, Said
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.consent.policy import Policy

ANSWERS: tuple[Said | None, ...] = (*get_args(Said), None)


def as_markdown() -> str:
    """Draw one table per policy; all cells together are everything that can be said."""
    return "\n\n".join(_policy_table(policy) for policy in Policy)


def _policy_table(policy: Policy) -> str:
    head = " | ".join(f"`ad_personalization` {_word(answer)}" for answer in ANSWERS)
    lines = [
        f"Policy `{policy}`:\n",
        f"| `ad_storage` | `ad_user_data` | {head} |",
        "|---|---|" + "---|" * len(ANSWERS),
    ]
    lines += [_row(policy, storage, user_data) for storage in ANSWERS for user_data in ANSWERS]
    return "\n".join(lines)


def _row(policy: Policy, storage: Said | None, user_data: Said | None) -> str:
    cells = " | ".join(_cell(judge(policy, storage, user_data, personal)) for personal in ANSWERS)
    return f"| {_word(storage)} | {_word(user_data)} | {cells} |"


def _cell(permission: Permission) -> str:
    return f"{permission.decision}, limited" if permission.limited else str(permission.decision)


def _word(said: Said | None) -> str:
    return said or "not said"
