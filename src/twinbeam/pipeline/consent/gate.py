"""
The gate: whether an arrival may be sent, from what its own event says and the pixel's policy.

The purposes are those of Google's consent mode, which nearly every banner can give: `ad_storage` (keep and read
advertising identifiers in the browser), `ad_user_data` (send data about a person to an advertising platform) and
`ad_personalization` (let the platform use it for personal advertising).
"""

from functools import cache

from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Arrival, Decision, Permission, Said
from twinbeam.pipeline.consent.policy import Policy


def gate(arrival: Arrival, policy: Policy) -> Permission:
    """Judge one arrival."""
    said = arrival.item.consent
    return judge(policy, said.ad_storage, said.ad_user_data, said.ad_personalization)


@cache
def judge(
    policy: Policy, ad_storage: Said | None, ad_user_data: Said | None, ad_personalization: Said | None
) -> Permission:
    """
    Judge what was said about each purpose; None means that nothing was said.

    Without personal advertising the event still counts: it is sent with limited data use (tiktok.md 10.3).
    """
    needed = {"ad_storage": ad_storage, "ad_user_data": ad_user_data}
    denied = [purpose for purpose, said in needed.items() if said == "denied"]
    if denied:
        return Permission(Decision.DROPPED, _basis(denied, "denied"), Reason.NO_CONSENT)

    unsaid = [purpose for purpose, said in needed.items() if said is None]
    decision, basis = _permit(policy, unsaid)
    if ad_personalization == "denied":
        return Permission(decision, f"{basis}, ad_personalization=denied", limited=True)
    return Permission(decision, basis)


def _permit(policy: Policy, unsaid: list[str]) -> tuple[Decision, str]:
    """
    Decide where nothing was refused.

    Under `require` both purposes must be granted: storage alone says nothing about sending a person's data on,
    and that is what we do.
    """
    match policy:
        case Policy.NOT_REQUIRED:
            return Decision.ALLOWED, "policy=not_required"
        case Policy.REQUIRE if unsaid:
            return Decision.UNDECIDED, _basis(unsaid, "unsaid")
        case Policy.REQUIRE:
            return Decision.ALLOWED, _basis(["ad_storage", "ad_user_data"], "granted")


def _basis(purposes: list[str], said: str) -> str:
    return ", ".join(f"{purpose}={said}" for purpose in purposes)
