"""What regions are called on the screen: readers write "gb", "GBR" and "uk" for one country. ISO 3166: two letters, and
the part of the country after a hyphen where it is told. Pure.

Only for what is shown; ``regions`` compares them."""

from __future__ import annotations

import re
from functools import lru_cache

from console.model.regions import CANADIAN, COUNTRIES, STATES

_CODES = (
    "ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH "
    "BBBRB BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT "
    "BWBWA BYBLR BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB "
    "CVCPV CWCUW CXCXR CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP "
    "ETETH FIFIN FJFJI FKFLK FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB "
    "GNGIN GPGLP GQGNQ GRGRC GSSGS GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL "
    "ILISR IMIMN ININD IOIOT IQIRQ IRIRN ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM "
    "KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY "
    "MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT "
    "MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU "
    "NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT "
    "REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP SHSHN SISVN SJSJM SKSVK SLSLE SMSMR "
    "SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF TGTGO THTHA TJTJK TKTKL TLTLS "
    "TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY UZUZB VAVAT VCVCT VEVEN "
    "VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE "
)
"""ISO 3166-1: two letters and then three of each country."""
_TWO = frozenset(code[:2] for code in _CODES.split())
_THREE = {code[2:]: code[:2] for code in _CODES.split()}
_PART = re.compile(r"[A-Z0-9]{1,3}")
_LONGEST = 64


@lru_cache(maxsize=4096)
def region_name(text: str) -> str:
    """A region as it is shown: "GB", "US-CA". What is not known stays as it came."""
    parts = [part for part in re.split(r"[\W_]+", text[:_LONGEST].casefold()) if part]
    whole = "".join(parts)
    if whole in STATES:
        return f"{'CA' if STATES[whole] in CANADIAN else 'US'}-{STATES[whole].upper()}"
    country = _country(whole)
    if country or len(parts) < 2:
        return country or (whole.upper() if whole in _STATE_CODES else text)
    country, part = _country(parts[0]), "".join(parts[1:])
    if not country or (len(parts) > 2 and part not in STATES):
        return text
    code = STATES.get(part, part).upper()
    return f"{country}-{code}" if _PART.fullmatch(code) else text


def _country(word: str) -> str:
    known = COUNTRIES.get(word, word).upper()
    return known if known in _TWO else _THREE.get(known, "")


_STATE_CODES = frozenset(STATES.values())
"""Two letters alone may be a country's too, so they are written in capitals and no country is put before them."""
