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
        "Left out: it is empty or a placeholder (null, undefined, an unfilled template), or the hash of one. "
        "Leave the field away when there is no value."
    ),
    Trouble.EMAIL_INVALID: "Left out: not a valid e-mail address.",
    Trouble.PHONE_UNRESOLVABLE: (
        "Left out: not a valid phone number, or one that can be read in two ways. Send +<country code><number>, "
        "or add user.country."
    ),
    Trouble.PLACE_PERSONAL: "Left out: it looks like an e-mail address or a phone number.",
    Trouble.COUNTRY_INVALID: "Left out: not a country of ISO 3166. Send two letters, such as DE.",
    Trouble.STATE_INVALID: "Left out: not a state of the US. Send two letters, such as CA.",
    Trouble.ZIP_INVALID: "Left out: not a US postcode. Send five digits.",
    Trouble.IP_NOT_PUBLIC: (
        "Left out: not a public IP address. Send the visitor's own address, not a server's or a proxy's."
    ),
    Trouble.CONNECTION_NOT_PUBLIC: (
        "The request came from a private address, so the visitor's address is unknown. If that is your proxy, "
        "list it in TWINBEAM_TRUSTED_PROXIES."
    ),
    Trouble.LIMITED_WITHOUT_IP: (
        "Missing: TikTok needs the IP address to apply limited data use. The event is sent without identifiers "
        "unless another copy brings one. Send the visitor's public address."
    ),
    Trouble.CLICK_ID_INVALID: "Left out: not a click id that TikTok issues. Send it whole, at most 1,000 characters.",
    Trouble.LOCALE_INVALID: "Left out: not a language tag. Send one such as en-US.",
    Trouble.ID_PERSONAL: (
        "Replaced by its hash: it holds an e-mail address or a phone number. Send an id that does not name a person."
    ),
    Trouble.URL_SCRUBBED: "Personal data or a secret was removed from the URL. Keep such data out of URLs.",
    Trouble.TEXT_SCRUBBED: "An e-mail address or a phone number was removed from the text.",
    Trouble.CURRENCY_UNKNOWN: (
        "Left out with all amounts: TikTok does not list this currency, and no exchange rate of the last 31 days "
        "is known. Add a rate, or send a listed currency."
    ),
    Trouble.CURRENCY_MISSING: "Missing: TikTok needs the currency to report a value.",
    Trouble.VALUE_MISSING: (
        "Missing: without a value TikTok reports no revenue for this order. Send properties.value and "
        "properties.currency."
    ),
    Trouble.VALUE_NOT_POSITIVE: (
        "The order's value is zero or negative, and is sent like that. Send what the order is worth; send no "
        "event for a cancelled or refunded order."
    ),
    Trouble.VALUE_SUMMED: (
        "Missing: the sum of price times quantity of the contents is used. Send the value if it is another one."
    ),
    Trouble.QUANTITY_NOT_POSITIVE: "Left out: a quantity is 1 or more.",
    Trouble.VALUE_PART_MISSING: (
        "This pixel's value leaves this amount out, but it is missing or negative, so nothing was subtracted. "
        "Send it, or 0."
    ),
    Trouble.PRODUCT_ID_MISSING: (
        "This pixel uses a product id that some of the contents do not have, so all ids were sent unchanged. Send "
        "it for each product."
    ),
    Trouble.TIME_UNUSABLE: "Lies after the year 9999, so the time of arrival is used. Send seconds since 1970.",
    Trouble.MATCH_KEY_MISSING: (
        "TikTok cannot match this event to a person. Send at least one of e-mail, phone, external id, ttclid, "
        "ttp, or IP address with user agent."
    ),
}

#: What the steps of this room found so far: the field, and what is wrong with it.
Told = list[tuple[str, Trouble]]


def notices(told: Told, index: int) -> list[Notice]:
    """Word each finding once, in the order of discovery, for the item at this position of the request."""
    if not told:
        return []
    return [Notice(index, field, trouble.value, SENTENCES[trouble]) for field, trouble in dict.fromkeys(told)]
