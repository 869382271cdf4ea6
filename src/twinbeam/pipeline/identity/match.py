"""Which match keys a body has, as bits."""

from twinbeam.core.values import MATCH
from twinbeam.pipeline.identity.body import WireUser

_EMAIL, _PHONE, _EXTERNAL_ID = MATCH["email"], MATCH["phone"], MATCH["external_id"]
_TTCLID, _TTP, _IP = MATCH["ttclid"], MATCH["ttp"], MATCH["ip"]
_FIRST_NAME, _LAST_NAME, _ZIP_CODE = MATCH["first_name"], MATCH["last_name"], MATCH["zip_code"]


def match_of(person: WireUser) -> int:
    """Sum up the bits of the match keys a person has."""
    return (  # written out: a loop over names costs five times as much
        (_EMAIL if person.email else 0)
        + (_PHONE if person.phone else 0)
        + (_EXTERNAL_ID if person.external_id else 0)
        + (_TTCLID if person.ttclid else 0)
        + (_TTP if person.ttp else 0)
        + (_IP if person.ip else 0)
        + (_FIRST_NAME if person.first_name else 0)
        + (_LAST_NAME if person.last_name else 0)
        + (_ZIP_CODE if person.zip_code else 0)
    )
