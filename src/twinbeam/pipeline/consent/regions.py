"""
What the law of a place asks for, as far as data of a shop's visitors for an advertising platform is concerned.

This is a cautious default and no legal advice: whatever is not listed asks first, and an owner's own word on a place
(`consent.regions` in the pixel's rules) comes before this table. The reasons, one per group:

- EU and EEA: the ePrivacy Directive, article 5(3), for what is kept and read in the browser, and the GDPR, articles
  6(1)(a) and 7, for handing a person's data on.
- United Kingdom: PECR, regulation 6, and the UK GDPR. Guernsey, Jersey and the Isle of Man follow both.
- Switzerland: the revised data protection act (2023) with article 45c of the telecommunications act; asking first is
  the reading that holds for shops that also sell to the EU.
- Other places that ask first: Brazil (LGPD, articles 7 and 8), Canada (PIPEDA 4.3; Quebec's Law 25), China (PIPL,
  article 13), India (DPDP Act, section 6), South Africa (POPIA, sections 11 and 69), South Korea (PIPA, articles 15
  and 22), Thailand (PDPA, section 19), Turkey (KVKK, article 5).
- United States: state laws such as California's CCPA give a right to opt out of sale and sharing, of which Global
  Privacy Control is a valid use; no state asks first for a shop's ordinary events. States without such a law are
  treated alike, so an opt-out counts in all of them.
"""

from collections.abc import Mapping

from twinbeam.core.rules import Law

GROUPS: Mapping[str, tuple[Law, str]] = {
    "European Union": (
        "opt_in",
        "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE",
    ),
    "EEA outside the EU": ("opt_in", "IS LI NO"),
    "European territories of their own code": ("opt_in", "AX GF GP MF MQ RE YT"),
    "United Kingdom and Crown dependencies": ("opt_in", "GB GG IM JE GI"),
    "Switzerland": ("opt_in", "CH"),
    "Others that ask first": ("opt_in", "BR CA CN IN KR TH TR ZA"),
    "United States": ("opt_out", "US"),
}
"""Law and ISO 3166 codes by group; a state such as US-CA has its country's law."""

ELSEWHERE: Law = "opt_in"
"""Of places that are not listed, and of visitors whose place nobody knows."""

_LAWS: Mapping[str, Law] = {code: law for law, codes in GROUPS.values() for code in codes.split()}


def law_at(own: Mapping[str, Law], code: str) -> Law:
    """Give the law of a country or state; `own` is an owner's word, and a state's comes before its country's."""
    country = code[:2]
    if own:
        law = own.get(code) or own.get(country)
        if law is not None:
            return law
    return _LAWS.get(code) or _LAWS.get(country, ELSEWHERE)
