"""US states, districts and territories as the two letters TikTok asks for (tiktok.md 6.1)."""

from twinbeam.core.countries import country_code

US_STATES = {
    "alabama": "al",
    "alaska": "ak",
    "american samoa": "as",
    "arizona": "az",
    "arkansas": "ar",
    "california": "ca",
    "colorado": "co",
    "connecticut": "ct",
    "delaware": "de",
    "district of columbia": "dc",
    "florida": "fl",
    "georgia": "ga",
    "guam": "gu",
    "hawaii": "hi",
    "idaho": "id",
    "illinois": "il",
    "indiana": "in",
    "iowa": "ia",
    "kansas": "ks",
    "kentucky": "ky",
    "louisiana": "la",
    "maine": "me",
    "maryland": "md",
    "massachusetts": "ma",
    "michigan": "mi",
    "minnesota": "mn",
    "mississippi": "ms",
    "missouri": "mo",
    "montana": "mt",
    "nebraska": "ne",
    "nevada": "nv",
    "new hampshire": "nh",
    "new jersey": "nj",
    "new mexico": "nm",
    "new york": "ny",
    "north carolina": "nc",
    "north dakota": "nd",
    "northern mariana islands": "mp",
    "ohio": "oh",
    "oklahoma": "ok",
    "oregon": "or",
    "pennsylvania": "pa",
    "puerto rico": "pr",
    "rhode island": "ri",
    "south carolina": "sc",
    "south dakota": "sd",
    "tennessee": "tn",
    "texas": "tx",
    "utah": "ut",
    "vermont": "vt",
    "virgin islands": "vi",
    "virginia": "va",
    "washington": "wa",
    "west virginia": "wv",
    "wisconsin": "wi",
    "wyoming": "wy",
}

#: Where mail for the forces goes; no state, and yet what stands in its field.
_FORCES = ("aa", "ae", "ap")
_BY_LETTERS = (
    {name.replace(" ", ""): code for name, code in US_STATES.items()}
    | {code: code for code in (*US_STATES.values(), *_FORCES)}
    | {f"us{code}": code for code in US_STATES.values()}
    | {"washingtondc": "dc", "usvirginislands": "vi"}
)


def us_state(text: str) -> str | None:
    """Return the two letters of the state that a lower-case text names, also beside its country, city or postcode."""
    whole = _BY_LETTERS.get(_letters(text))
    if whole is not None:
        return whole
    parts = [part for part in text.split(",") if country_code(part) != "US"]
    named = {state for part in parts if (state := _BY_LETTERS.get(_letters(part)))}
    return named.pop() if len(named) == 1 else None


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))
