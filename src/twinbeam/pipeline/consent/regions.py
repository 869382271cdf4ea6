"""
What the law of a place asks for, as far as data of a shop's visitors for an advertising platform is concerned.

This is a cautious default and no legal advice: whatever is not listed asks first, and an owner's own word on a place
(`consent.regions` in the pixel's rules) comes before this table. docs/concepts/consent.md shows each entry with its
source.
"""

from collections.abc import Mapping
from typing import NamedTuple

from twinbeam.core.rules import Law


class Jurisdiction(NamedTuple):
    """Places of one law, and where that is written."""

    law: Law
    codes: str  #: ISO 3166, with blanks between; a state has its country's law unless it is listed itself
    source: str


JURISDICTIONS: Mapping[str, Jurisdiction] = {
    "European Union": Jurisdiction(
        "opt_in",
        "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE",
        "ePrivacy Directive 2002/58/EC, article 5(3); GDPR, articles 6(1)(a) and 7",
    ),
    "EEA outside the EU": Jurisdiction("opt_in", "IS LI NO", "the same two acts, by the EEA Agreement"),
    "European territories of their own code": Jurisdiction(
        "opt_in", "AX GF GP MF MQ RE YT", "the law of Finland and France"
    ),
    "United Kingdom and Crown dependencies": Jurisdiction(
        "opt_in", "GB GG IM JE GI", "PECR 2003, regulation 6; UK GDPR; the acts that follow them"
    ),
    "Switzerland": Jurisdiction(
        "opt_in",
        "CH",
        "cautious: Telecommunications Act, article 45c, asks to be told and allowed to refuse; the revised Data "
        "Protection Act asks first for high-risk profiling only. Shops that also sell to the EU ask first",
    ),
    "Brazil": Jurisdiction("opt_in", "BR", "LGPD (Law 13.709), articles 7(I) and 8"),
    "Quebec": Jurisdiction(
        "opt_in", "CA-QC", "Act respecting personal information in the private sector (Law 25), 8.1, 14"
    ),
    "Canada elsewhere": Jurisdiction(
        "opt_in",
        "CA",
        "a choice: PIPEDA, principle 4.3, lets an opt-out do for ads under the Privacy Commissioner's guidelines of "
        "2021; where a shop keeps to those, `consent.regions.CA=opt_out` says so, and Quebec stays opt-in",
    ),
    "China": Jurisdiction("opt_in", "CN", "PIPL, articles 13, 23 and 39"),
    "India": Jurisdiction("opt_in", "IN", "DPDP Act 2023, section 6"),
    "Japan": Jurisdiction(
        "opt_in", "JP", "APPI, article 31: consent before cookies and the like are matched with a person"
    ),
    "South Africa": Jurisdiction("opt_in", "ZA", "POPIA, sections 11 and 69"),
    "South Korea": Jurisdiction("opt_in", "KR", "PIPA, articles 15, 17 and 22"),
    "Thailand": Jurisdiction("opt_in", "TH", "PDPA, section 19"),
    "Turkey": Jurisdiction("opt_in", "TR", "KVKK (Law 6698), article 5"),
    "Australia": Jurisdiction(
        "opt_out", "AU", "Privacy Act 1988, APP 6 and 7: no rule of prior consent; a request to stop is to be followed"
    ),
    "New Zealand": Jurisdiction("opt_out", "NZ", "Privacy Act 2020, principles 3, 10 and 11: no rule of prior consent"),
    "United States and its territories": Jurisdiction(
        "opt_out",
        "US AS GU MP PR VI",
        "state acts such as California's CCPA, 1798.120 and .135: a right to opt out of sale and sharing, of which "
        "Global Privacy Control is a valid use. States without an act are treated alike",
    ),
}
"""Law, ISO 3166 codes and source by group."""

ELSEWHERE: Law = "opt_in"
"""Of places that are not listed, and of visitors whose place nobody knows."""

#: Where TikTok acts on `limited_data_use` (tiktok.md 10.3); the list has grown since, and no current one is published.
LIMITED_DATA_USE = frozenset({"US-CA", "US-VA", "US-CO", "US-CT", "US-UT"})

_LAWS: Mapping[str, Law] = {code: each.law for each in JURISDICTIONS.values() for code in each.codes.split()}


def law_at(own: Mapping[str, Law], code: str) -> Law:
    """Return the law of a country or state: the closest place counts, and for one place the owner's word first."""
    country = code[:2]
    if own:
        law = own.get(code) or _LAWS.get(code if code != country else "") or own.get(country)
        if law is not None:
            return law
    return _LAWS.get(code) or _LAWS.get(country, ELSEWHERE)
