"""
Places by their codes: countries as ISO 3166-1 knows them, and their parts as ISO 3166-2 does.

What law holds where is the consent room's table; here a place is only read, in whichever spelling it comes.
"""

import re
from functools import lru_cache

#: ISO 3166-1: each country's two letters, and the three that some systems write instead.
_COUNTRIES = """
AD:AND AE:ARE AF:AFG AG:ATG AI:AIA AL:ALB AM:ARM AO:AGO AQ:ATA AR:ARG AS:ASM AT:AUT AU:AUS AW:ABW AX:ALA AZ:AZE
BA:BIH BB:BRB BD:BGD BE:BEL BF:BFA BG:BGR BH:BHR BI:BDI BJ:BEN BL:BLM BM:BMU BN:BRN BO:BOL BQ:BES BR:BRA BS:BHS
BT:BTN BV:BVT BW:BWA BY:BLR BZ:BLZ CA:CAN CC:CCK CD:COD CF:CAF CG:COG CH:CHE CI:CIV CK:COK CL:CHL CM:CMR CN:CHN
CO:COL CR:CRI CU:CUB CV:CPV CW:CUW CX:CXR CY:CYP CZ:CZE DE:DEU DJ:DJI DK:DNK DM:DMA DO:DOM DZ:DZA EC:ECU EE:EST
EG:EGY EH:ESH ER:ERI ES:ESP ET:ETH FI:FIN FJ:FJI FK:FLK FM:FSM FO:FRO FR:FRA GA:GAB GB:GBR GD:GRD GE:GEO GF:GUF
GG:GGY GH:GHA GI:GIB GL:GRL GM:GMB GN:GIN GP:GLP GQ:GNQ GR:GRC GS:SGS GT:GTM GU:GUM GW:GNB GY:GUY HK:HKG HM:HMD
HN:HND HR:HRV HT:HTI HU:HUN ID:IDN IE:IRL IL:ISR IM:IMN IN:IND IO:IOT IQ:IRQ IR:IRN IS:ISL IT:ITA JE:JEY JM:JAM
JO:JOR JP:JPN KE:KEN KG:KGZ KH:KHM KI:KIR KM:COM KN:KNA KP:PRK KR:KOR KW:KWT KY:CYM KZ:KAZ LA:LAO LB:LBN LC:LCA
LI:LIE LK:LKA LR:LBR LS:LSO LT:LTU LU:LUX LV:LVA LY:LBY MA:MAR MC:MCO MD:MDA ME:MNE MF:MAF MG:MDG MH:MHL MK:MKD
ML:MLI MM:MMR MN:MNG MO:MAC MP:MNP MQ:MTQ MR:MRT MS:MSR MT:MLT MU:MUS MV:MDV MW:MWI MX:MEX MY:MYS MZ:MOZ NA:NAM
NC:NCL NE:NER NF:NFK NG:NGA NI:NIC NL:NLD NO:NOR NP:NPL NR:NRU NU:NIU NZ:NZL OM:OMN PA:PAN PE:PER PF:PYF PG:PNG
PH:PHL PK:PAK PL:POL PM:SPM PN:PCN PR:PRI PS:PSE PT:PRT PW:PLW PY:PRY QA:QAT RE:REU RO:ROU RS:SRB RU:RUS RW:RWA
SA:SAU SB:SLB SC:SYC SD:SDN SE:SWE SG:SGP SH:SHN SI:SVN SJ:SJM SK:SVK SL:SLE SM:SMR SN:SEN SO:SOM SR:SUR SS:SSD
ST:STP SV:SLV SX:SXM SY:SYR SZ:SWZ TC:TCA TD:TCD TF:ATF TG:TGO TH:THA TJ:TJK TK:TKL TL:TLS TM:TKM TN:TUN TO:TON
TR:TUR TT:TTO TV:TUV TW:TWN TZ:TZA UA:UKR UG:UGA UM:UMI US:USA UY:URY UZ:UZB VA:VAT VC:VCT VE:VEN VG:VGB VI:VIR
VN:VNM VU:VUT WF:WLF WS:WSM YE:YEM YT:MYT ZA:ZAF ZM:ZMB ZW:ZWE
"""
COUNTRIES = frozenset(pair.partition(":")[0] for pair in _COUNTRIES.split())
"""The two letters of every country."""

#: Letters that are written for a country everywhere, though ISO 3166 has others or none: XK is Kosovo's in use.
_OTHERWISE = {"UK": "GB", "EL": "GR", "XK": "XK"}
_WRITTEN = {code: code for code in COUNTRIES} | dict(pair.split(":")[::-1] for pair in _COUNTRIES.split()) | _OTHERWISE

_LONGEST = 64
_WORDS = re.compile(r"[\s_./,-]+")
_PART = re.compile(r"[A-Z0-9]{1,3}")


def place_of(written: str, part: str = "") -> str:
    """
    Read a place as `DE`, `us_ca`, `USA` or `US-CA`, and give it as `DE` or `US-CA`, or "" where it is none.

    `part` is what is said of the state beside the country: `CA` or `US-CA`; a part that is no code is left out.
    """
    return _read(written, part) if len(written) <= _LONGEST and len(part) <= _LONGEST else ""


@lru_cache(maxsize=2048)
def _read(written: str, part: str) -> str:
    country, *parts = _WORDS.split(written.strip().upper())
    code = _WRITTEN.get(country, "")
    if not code or len(parts) > 1:
        return code
    within = parts[0] if parts else _WORDS.sub("-", part.strip().upper()).removeprefix(f"{country}-")
    return f"{code}-{within}" if _PART.fullmatch(within) else code
