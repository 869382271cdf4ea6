"""
What this room may tell a sender to mend, from a closed set, one sentence each.

A sentence never repeats the value it is about: notices travel in answers and may be logged by the sender.
docs/reference/identifiers.md lists them; a test keeps the two in step.
"""

from enum import StrEnum

from twinbeam.core.values import Notice


class Trouble(StrEnum):
    """Why something the sender wrote was left out or changed; the event itself was taken."""

    VALUE_EMPTY = "value_empty"
    EMAIL_INVALID = "email_invalid"
    PHONE_UNRESOLVABLE = "phone_unresolvable"
    PLACE_PERSONAL = "place_personal"
    COUNTRY_INVALID = "country_invalid"
    STATE_INVALID = "state_invalid"
    ZIP_INVALID = "zip_invalid"
    IP_NOT_PUBLIC = "ip_not_public"
    CONNECTION_NOT_PUBLIC = "connection_not_public"
    LIMITED_WITHOUT_IP = "limited_without_ip"
    CLICK_ID_INVALID = "click_id_invalid"
    LOCALE_INVALID = "locale_invalid"
    ID_PERSONAL = "id_personal"
    URL_SCRUBBED = "url_scrubbed"
    TEXT_SCRUBBED = "text_scrubbed"
    CURRENCY_UNKNOWN = "currency_unknown"
    CURRENCY_MISSING = "currency_missing"
    VALUE_MISSING = "value_missing"
    VALUE_NOT_POSITIVE = "value_not_positive"
    VALUE_SUMMED = "value_summed"
    QUANTITY_NOT_POSITIVE = "quantity_not_positive"
    VALUE_PART_MISSING = "value_part_missing"
    PRODUCT_ID_MISSING = "product_id_missing"
    TIME_UNUSABLE = "time_unusable"
    MATCH_KEY_MISSING = "match_key_missing"


SENTENCES: dict[Trouble, str] = {
    Trouble.VALUE_EMPTY: (
        "Holds no value (empty, 0, null, none, undefined, nan, an unfilled template), or the hash of one, "
        "and was left out; "
        "leave the field away when there is nothing to say."
    ),
    Trouble.EMAIL_INVALID: "Is not an e-mail address and was left out.",
    Trouble.PHONE_UNRESOLVABLE: (
        "Is not one number that can exist, or may be read in two ways, and was left out; "
        "send it as +<country code><number>, or send user.country with it."
    ),
    Trouble.PLACE_PERSONAL: "Looks like an e-mail address or a phone number and was left out.",
    Trouble.COUNTRY_INVALID: "Is not a country of ISO 3166 and was left out; send its two letters, such as DE.",
    Trouble.STATE_INVALID: "Is not a state of the US and was left out; send its two letters, such as CA.",
    Trouble.ZIP_INVALID: "Does not hold one US postcode of five digits and was left out.",
    Trouble.IP_NOT_PUBLIC: (
        "Is not a public IP address and was left out; send the visitor's own address, not a server's or proxy's."
    ),
    Trouble.CONNECTION_NOT_PUBLIC: (
        "The request came from an address that is not public, so the visitor's own is not known; "
        "where that is a proxy's, its operator lists it in TWINBEAM_TRUSTED_PROXIES."
    ),
    Trouble.LIMITED_WITHOUT_IP: (
        "Is missing, and TikTok finds by it where limited data use applies; the event is sent without identifiers "
        "unless another copy brings it. Send the visitor's own public address."
    ),
    Trouble.CLICK_ID_INVALID: (
        "Cannot be what TikTok issued and was left out; send the value whole, at most 1,000 characters."
    ),
    Trouble.LOCALE_INVALID: "Is not a language tag such as en-US and was left out.",
    Trouble.ID_PERSONAL: (
        "Holds an e-mail address or a phone number and was replaced by its hash; "
        "send an id that names the order and not the person."
    ),
    Trouble.URL_SCRUBBED: "Held personal data or a secret, which was removed; keep such data out of page addresses.",
    Trouble.TEXT_SCRUBBED: "Held an e-mail address or a phone number, which was removed.",
    Trouble.CURRENCY_UNKNOWN: (
        "Is not among the currencies TikTok lists, and no rate of the last 31 days converts it, "
        "so every amount and the currency were left out; add a rate, or send a listed currency."
    ),
    Trouble.CURRENCY_MISSING: "A value came without its currency; TikTok needs both to report revenue.",
    Trouble.VALUE_MISSING: (
        "An order came without its value, so no revenue can be reported for it; "
        "send properties.value and properties.currency."
    ),
    Trouble.VALUE_NOT_POSITIVE: (
        "An order's value is zero or below, and goes as it is; send what the order is worth, "
        "and no event for one that was cancelled or paid back."
    ),
    Trouble.VALUE_SUMMED: (
        "Was missing and is the sum of price times quantity of the contents; send what it is worth where that differs."
    ),
    Trouble.QUANTITY_NOT_POSITIVE: "A quantity below 1 is no number of pieces and was left out.",
    Trouble.VALUE_PART_MISSING: (
        "This pixel leaves it out of the value, but it was not said (or is below 0), so nothing was taken off for it; "
        "send it, 0 where there is none."
    ),
    Trouble.PRODUCT_ID_MISSING: (
        "This pixel chose a product id that is not in every one of the contents, so all ids went as sent; "
        "send it in each."
    ),
    Trouble.TIME_UNUSABLE: "Lies after the year 9999; the time of arrival is used instead. Send seconds since 1970.",
    Trouble.MATCH_KEY_MISSING: (
        "Nothing in the event tells whose it is (e-mail, phone, customer id, click id, browser id, address), "
        "so TikTok cannot match it; send at least one."
    ),
}

#: What the steps of this room found so far: the field, and what is wrong with it.
Told = list[tuple[str, Trouble]]


def notices(told: Told, index: int) -> list[Notice]:
    """Word each finding once, in the order of discovery, for the item at this position of the request."""
    if not told:
        return []
    return [Notice(index, field, trouble.value, SENTENCES[trouble]) for field, trouble in dict.fromkeys(told)]
