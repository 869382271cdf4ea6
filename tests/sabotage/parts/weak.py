"""Break the limits of claims: whatever a browser says of somebody's order is believed."""

from twinbeam.pipeline.record.claims import ClaimLimits


def believe(*_: object) -> bool:
    """Believe every claim."""
    return True


ClaimLimits.believe = believe
