"""
Which query parameters hold a secret or a piece of a person, judged by their names.

Names are judged word by word (`reset_token`, `accessToken`, `user[email]`), so that `keyword`, `promo_code` and
`utm_campaign` pass.
"""

import re
from urllib.parse import unquote

#: One of these words anywhere in the name makes the value a secret.
_CONFIDENTIAL = """
token key apikey secret password passwd passphrase pass pwd pin otp jwt hmac sig sign signature
auth authorization authentication oauth credential credentials bearer csrf xsrf nonce wpnonce
session sessionid sess sessid sid phpsessid jsessionid cookie
"""
#: `code` alone is an OAuth grant, with one of these it opens something; `promo_code` and the like pass.
_OPENING = """
access activation auth confirm confirmation gift giftcard grant invite login reset security sms
verification verify
"""
#: The last words of the name (`billing_email`, `customer[first_name]`) say that the value describes a person.
_PERSONAL = """
email emailaddress phone phonenumber telephone mobile mobilephone mobilenumber msisdn
firstname lastname fname lname surname fullname givenname familyname customername
street streetaddress address address1 address2 addressline1 addressline2 zip zipcode postcode postalcode
birthday birthdate dateofbirth
"""
#: These only where they are the whole name: a product, a campaign and a file have names too.
_PERSONAL_ALONE = "mail tel cell name user username dob"

_CONFIDENTIAL_WORDS = frozenset(_CONFIDENTIAL.split())
_OPENING_WORDS = frozenset(_OPENING.split())
_PERSONAL_ENDS = frozenset(_PERSONAL.split())
_PERSONAL_NAMES = frozenset(_PERSONAL_ALONE.split())

#: Secrets written in one word with something else (`sessiontoken`, `authtoken`).
_SECRET_PARTS = re.compile(r"token|password|passwd|secret|signature|sessionid|sessid|apikey|credential")
_WORD_BREAK = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_NAME = 40
_MOST_NAMES = 2_048


class _Sensitive(dict[str, bool]):
    """
    Remembers the verdict per name, because one site uses the same few dozen names again and again.

    Bounded in number and in length; a name with anything but usual characters is judged anew each time.
    """

    def __missing__(self, name: str) -> bool:
        verdict = is_sensitive(name)
        if len(self) < _MOST_NAMES and len(name) <= _LONGEST_NAME and "@" not in name:
            self[name] = verdict
        return verdict


def is_sensitive(name: str) -> bool:
    """Return whether a parameter of this name holds a secret or personal data."""
    last = unquote(name).rpartition("/")[2]
    words = [word.lower() for word in _WORD_BREAK.split(last) if word]
    return _is_secret(words) or _is_personal(words)


def _is_secret(words: list[str]) -> bool:
    if not _CONFIDENTIAL_WORDS.isdisjoint(words) or _SECRET_PARTS.search("".join(words)):
        return True
    return "code" in words and (len(words) == 1 or not _OPENING_WORDS.isdisjoint(words))


def _is_personal(words: list[str]) -> bool:
    if "".join(words) in _PERSONAL_NAMES:
        return True
    return any("".join(words[-count:]) in _PERSONAL_ENDS for count in (1, 2, 3))


#: Verdicts by name; look a name up and it is judged.
SENSITIVE = _Sensitive()
