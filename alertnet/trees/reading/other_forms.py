"""Guesses a value's form in our files from another usual one: `5min` gives `5m`, `24.12.2026` gives `2026-12-24`.

Ambiguous values give nothing: 05/06/2026 is in June or in May, depending on the country.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import timedelta

from alertnet.core.directory.durations import duration_text, read_duration

_UNITS = {
    "s": "s|secs?|seconds?|segundos?|secondes?",
    "m": "m|mins?|minutes?|minutos?",
    "h": "h|hrs?|hours?|horas?|heures?",
    "d": "d|days?|d[ií]as?|jours?",
}
_DAYS = {
    "Mo": "mo|mon|monday|lu|lun|lunes|lundi",
    "Tu": "tu|tue|tues|tuesday|ma|mar|martes|mardi",
    "We": "we|wed|wednesday|mi|mi[eé]|mi[eé]rcoles|mer|mercredi",
    "Th": "th|thu|thur|thurs|thursday|ju|jue|jueves|jeu|jeudi",
    "Fr": "fr|fri|friday|vi|vie|viernes|ven|vendredi",
    "Sa": "sa|sat|saturday|s[aá]b|s[aá]bado|sam|samedi",
    "Su": "su|sun|sunday|dom|domingo|dim|dimanche",
}
_DURATION = re.compile(r"-?(?:PT|P(?=\d+D$))?((?:\d{1,5}\s*[^\W\d]+\s*)+)", re.IGNORECASE)
_TIME = re.compile(r"\b(\d{1,2})(?:[:.h](\d{2}))?h?\s*([ap])?\.?(?:m\b\.?)?", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)|(?<!\d)(\d{1,2})([-/.])(\d{1,2})\6(\d{4})")
_OPEN = re.compile(r"((Mo|Tu|We|Th|Fr|Sa|Su|[-,; ])+ )?(\d\d:\d\d-\d\d:\d\d[,; ]*)+|((\w\w) )?\d\d:\d\d")


def in_our_form(form: str, value: str) -> str:
    """The value probably meant by one that was refused with that message; empty where it is unclear."""
    return _READERS[form](value.strip()) if form in _READERS else ""


def _duration(text: str) -> str:
    parts = re.findall(r"(\d{1,5})\s*([^\W\d]+)\s*", found[1]) if (found := _DURATION.fullmatch(text)) else []
    lengths = [read_duration(f"{count}{_key_of(_UNITS, unit)}") for count, unit in parts]
    known = [length for length in lengths if length is not None]
    if len(parts) == 1 and known:
        return f"{int(parts[0][0])}{_key_of(_UNITS, parts[0][1])}"
    return duration_text(sum(known, timedelta())) if known and len(known) == len(parts) else ""


def _hours(text: str) -> str:
    """Weekdays and times in the form of opening hours, spans and moments of the week."""
    days = re.sub(r"[^\W\d_]{2,}", lambda word: _key_of(_DAYS, word[0]) or word[0], text)
    joined = re.sub(r"\s*([–—-]|\bto\b|\ba\b|\bà\b)\s*", "-", days)
    shown = _TIME.sub(_time, joined)
    return shown if _OPEN.fullmatch(shown) else ""


def _time(found: re.Match[str]) -> str:
    hour, half = int(found[1]), (found[3] or "").lower()
    if half:
        hour = hour % 12 + 12 * (half == "p")
    minute = int(found[2] or 0)
    return f"{hour:02}:{minute:02}" if hour * 60 + minute <= 24 * 60 else found[0]


def _dates(text: str) -> str:
    """A date, or a range of two dates."""
    dates = [_date(found) for found in _DATE.finditer(text)]
    between = _DATE.sub("", text).strip()
    is_range = len(dates) == 2 and re.fullmatch(r"[-–—]|\.{2,}|…|to|a|al|au", between)
    return "..".join(dates) if all(dates) and (is_range or (len(dates) == 1 and not between)) else ""


def _date(found: re.Match[str]) -> str:
    if found[1]:
        return f"{found[1]}-{int(found[3]):02}-{int(found[4]):02}"
    day, month = int(found[5]), int(found[7])
    is_plain = found[6] == "." or day > 12 or day == month
    return f"{found[8]}-{month:02}-{day:02}" if is_plain and month <= 12 else ""


def _number(text: str) -> str:
    """The number in E.164; so many digits include the country's even without a sign; in Central America eleven do."""
    digits = re.sub(r"\(0\)|[\s().–/-]", "", text)
    whole = f"+{digits.removeprefix('00')}" if re.fullmatch(r"00\d+|[1-9]\d{11,14}|50[2-7]\d{8}", digits) else digits
    return whole if re.fullmatch(r"\+[1-9]\d{6,14}", whole) else ""


def _id(text: str) -> str:
    """The name in the letters of an id: without accents and capitals, words joined by hyphens."""
    plain = "".join(sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign))
    shown = re.sub(r"[\s_]+", "-", plain)
    return shown if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", shown) else ""


def _language(text: str) -> str:
    language, mark, region = text.replace("_", "-").partition("-")
    shown = f"{language.lower()}{mark}{region.upper()}"
    # A country code alone is no language: UK does not mean Ukrainian.
    return shown if re.fullmatch(r"[a-z]{2}-[A-Z]{2}|de|en|es|fr|pt", shown) else ""


def _key_of(words: Mapping[str, str], word: str) -> str:
    return next((key for key, pattern in words.items() if re.fullmatch(pattern, word, re.IGNORECASE)), "")


_READERS: dict[str, Callable[[str], str]] = {
    "not a duration": _duration,
    "not opening hours": _hours,
    "not a span of the day": _hours,
    "not a moment of the week": _hours,
    "not a time of the day": _hours,
    "not a date": _dates,
    "not days from one to another": _dates,
    "not a telephone number": _number,
    "not a language": _language,
    "not an id": _id,
}
"""The reader by the fault's message."""
