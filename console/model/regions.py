"""Whether two words for a region mean the same one: "us-ca", "CA" and "California" do."""

from __future__ import annotations

import enum
import re
from functools import lru_cache

STATES = {
    "alabama": "al", "alaska": "ak", "arizona": "az", "arkansas": "ar", "california": "ca", "colorado": "co",
    "connecticut": "ct", "delaware": "de", "florida": "fl", "georgia": "ga", "hawaii": "hi", "idaho": "id",
    "illinois": "il", "indiana": "in", "iowa": "ia", "kansas": "ks", "kentucky": "ky", "louisiana": "la", "maine": "me",
    "maryland": "md", "massachusetts": "ma", "michigan": "mi", "minnesota": "mn", "mississippi": "ms", "missouri": "mo",
    "montana": "mt", "nebraska": "ne", "nevada": "nv", "newhampshire": "nh", "newjersey": "nj", "newmexico": "nm",
    "newyork": "ny", "northcarolina": "nc", "northdakota": "nd", "ohio": "oh", "oklahoma": "ok", "oregon": "or",
    "pennsylvania": "pa", "rhodeisland": "ri", "southcarolina": "sc", "southdakota": "sd", "tennessee": "tn",
    "texas": "tx", "utah": "ut", "vermont": "vt", "virginia": "va", "washington": "wa", "westvirginia": "wv",
    "wisconsin": "wi", "wyoming": "wy", "districtofcolumbia": "dc", "ontario": "on", "quebec": "qc",
    "britishcolumbia": "bc", "alberta": "ab", "manitoba": "mb", "saskatchewan": "sk", "novascotia": "ns",
    "newbrunswick": "nb", "newfoundlandandlabrador": "nl", "princeedwardisland": "pe",
}  # fmt: skip
COUNTRIES = {
    "usa": "us", "unitedstates": "us", "d": "de", "germany": "de", "deu": "de", "a": "at", "austria": "at", "aut": "at",
    "f": "fr", "france": "fr", "fra": "fr", "i": "it", "italy": "it", "ita": "it", "e": "es", "spain": "es",
    "esp": "es", "b": "be", "belgium": "be", "bel": "be", "netherlands": "nl", "nld": "nl", "uk": "gb", "gbr": "gb",
    "unitedkingdom": "gb", "greatbritain": "gb", "pol": "pl", "poland": "pl", "cze": "cz", "czechia": "cz",
    "che": "ch", "switzerland": "ch", "can": "ca", "canada": "ca", "mex": "mx", "mexico": "mx", "rus": "ru",
    "russia": "ru", "ukr": "ua", "ukraine": "ua", "h": "hu", "hun": "hu", "hungary": "hu", "s": "se", "swe": "se",
    "sweden": "se", "nor": "no", "norway": "no", "dnk": "dk", "denmark": "dk", "fin": "fi", "finland": "fi",
    "p": "pt", "prt": "pt", "portugal": "pt",
}  # fmt: skip
CANADIAN = frozenset({"on", "qc", "bc", "ab", "mb", "sk", "ns", "nb", "nl", "pe"})
"""Those of STATES that are no states of the USA."""
_LONGEST = 64


class Regions(enum.StrEnum):
    """How the region of a read and that of a list's entry go together."""

    AGREE = "agree"
    UNKNOWN = "unknown"
    """One of them says nothing."""
    DIFFER = "differ"


@lru_cache(maxsize=4096)
def region_words(text: str) -> frozenset[str]:
    """The parts of a region's name, each in its short form; empty for no region."""
    parts = [part for part in re.split(r"[\W_]+", text[:_LONGEST].casefold()) if part]
    whole = "".join(parts)
    if whole in STATES:
        return frozenset({STATES[whole]})
    if whole in COUNTRIES:
        return frozenset({COUNTRIES[whole]})
    return frozenset(STATES.get(part) or COUNTRIES.get(part, part) for part in parts)


def regions(read: str, listed: str) -> Regions:
    """One that is less exact agrees with one that says more: "us" with "us-ca"."""
    a, b = region_words(read), region_words(listed)
    if not a or not b:
        return Regions.UNKNOWN
    return Regions.AGREE if a <= b or b <= a else Regions.DIFFER
