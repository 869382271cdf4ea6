"""The consent policies a pixel can have: a closed set, chosen by name in the pixel's settings."""

from enum import StrEnum


class Policy(StrEnum):
    """Whether a pixel's events need the visitor's word; a spoken refusal counts under every policy."""

    REQUIRE = "require"  #: silence is no permission
    NOT_REQUIRED = "not_required"  #: silence is permission


def policy_named(name: str) -> Policy:
    """Give the policy of this name; a name that is not known asks for permission."""
    try:
        return Policy(name)
    except ValueError:
        return Policy.REQUIRE
