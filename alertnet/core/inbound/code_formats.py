"""The formats of codes and PINs: the length tells a spoken code, a written code and a PIN apart (B4).

And of the codes for people and places, in the form in which words are compared, of what a message of ours names, and
of the number that a text or call comes from.
"""

import re
import unicodedata

from alertnet.core.incident import Scope, narrowest

SPOKEN_CODE_LENGTH = 3
WRITTEN_CODE_LENGTH = 4
PIN_LENGTH = 5
ONE_TIME_PIN_LENGTH = 6

PERSON_CODE = re.compile(r"p\d{1,3}")
PLACE_CODE = re.compile(r"l\d{1,3}")
CONSENTS = dict(zip(("c0", "c1", "c2", "c3"), Scope, strict=True))

CONSENT_APART = re.compile(
    r"(?<=\d)([\s,;./-]+c) (?=[0-3](?:(?: \d\d)?[\s,;./-]*(?:$|[plc] ?\d|\d{5})|\s*[-.,;:!]++(?!\s*\d)))", re.IGNORECASE
)
"""Behind another code, and before one, a sign or the end: "20 L 12 P 7 C 1"; not "c 3 dias", nor "c 2, 3 hommes"."""
_PERHAPS_CONSENT = re.compile(
    r"(?:(?<=\d)[\s,;./-]+|\b(?=c\W+\d\s*(?:$|[-.,;:!()]++(?!\s*\d))))c[\s:=.]{1,3}([0-2])(?![.,:/-]?\d)\b",
    re.IGNORECASE,
)
"""Behind another code, or before a sign or the end: "C 1 detenida", "they took him, C 0.", and "c 1 homme" as well."""
MEASURED = re.compile(
    r"(?<!\d)\d{1,2}(?:[:.h/]\d{2}(?!\d)| ?(?:%|(?:h|hrs?|hours?|horas?|heures?|stunden?|uhr|am|pm|min|mins|minut[a-z]*"
    r"|days?|d[ií]as?|jours?|tagen?)\b|km\b(?!\W*\d)))",
    re.IGNORECASE,
)
"""A time, a date, or so much of something, none of whose numbers is that of a type; not "43 km 14", a checkpoint."""

_WRITTEN = re.compile(r"(?!19|20)[0-9]{4}")
_PIN = re.compile(r"[0-9]{5}|[0-9]{6}")

PIN_IN_ONE = re.compile(r"(?<!\d)\d{5,6}(?!\d)")
"""Matches anything in a text that could be a PIN."""
_DATE = r"\d\d?([.-])\d\d?\1\d\d(?!\d)"
_TELEPHONE = r"\d{3}\s\d{3}(?:[\s.-]\d\d){2}(?!\d)"
PIN_APART = re.compile(
    rf"(?<![\d.-])(?<!\d )(?!{_DATE})(?:\d(?:[.-]?\d){{4,5}}(?![.-]?\d)|\d(?: \d){{4,5}}(?!\d| \d\b)"
    rf"|(?<!\w)(?<!\d,)(?!{_TELEPHONE})\d{{2,3}}[,\s]\d{{3}}(?!\d|[,.\s-]\d{{3}}))"
)
"""Matches a PIN whose digits stand apart, or that is written like thousands, as phones do that take dictation.

It matches no date, and no part of a telephone number.
"""

_OLD_MEXICAN = re.compile(r"^(\+52)1(\d{10})$")

_LINK = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"\+\d[\d ]*")
_REF = re.compile(r"\b[A-Z]-[A-Z2-9]{4}\b")
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")


def is_written_code(text: str) -> bool:
    """Whether the text is a written code: four digits, never 19xx or 20xx, which look like a year."""
    return _WRITTEN.fullmatch(text) is not None


def is_pin(text: str) -> bool:
    """Whether the text has the form of a PIN: five digits, or six for a one-time PIN."""
    return _PIN.fullmatch(text) is not None


def perhaps_consent(text: str) -> Scope | None:
    """The narrowest consent that may be meant by a digit apart from its letter; what is so measured is none."""
    measured = {found.start() for found in MEASURED.finditer(text)}
    said = [CONSENTS[f"c{it[1]}"] for it in _PERHAPS_CONSENT.finditer(text) if it.start(1) not in measured]
    return narrowest(said) if said else None


def digits_of(text: str) -> str:
    """The digits of a text, in ASCII."""
    return "".join(str(unicodedata.decimal(each)) for each in text if each.isdecimal())


def number_as_listed(sender: str) -> str:
    """The number that a text or call comes from, or that somebody has written, as trees have it.

    Before mobiles in Mexico some carriers and people still put the 1 that ended in 2019.
    """
    return _OLD_MEXICAN.sub(r"\1\2", sender)


def refs_and_codes_in(text: str) -> tuple[list[str], list[str]]:
    """All references and written codes in an SMS of ours; one too many does no harm, as it is given to nobody else."""
    bare = _NUMBER.sub(" ", _LINK.sub(" ", text))
    codes = (code for code in _FOUR.findall(_REF.sub(" ", bare)) if is_written_code(code))
    return list(dict.fromkeys(_REF.findall(bare))), list(dict.fromkeys(codes))
