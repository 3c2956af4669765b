"""Guesses what was meant by a word of the field or of another language where a file needs a keyword."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import yaml
from phonenumbers import PhoneNumber, country_code_for_region

from alertnet.core.directory.countries import COUNTRIES
from alertnet.core.directory.languages import Phrase, phrase
from alertnet.shipped import country_names

_INSTEAD = {
    "whatsapp": phrase('write it as {task: "Write on WhatsApp, https://wa.me/573005550101: …"}'),
    "signal": phrase('write it as {task: "Write on Signal, +573005550101: …"}'),
    "telegram": phrase('write it as {task: "Write on Telegram, +573005550101: …"}'),
    "accompanied": phrase(
        "somebody whom you accompany is a defender, or other; is it one who goes along: accompanier?"
    ),
    "protected": phrase("somebody whom you accompany is a defender, or other"),
}
"""Words without a keyword, and what to write or decide instead."""

_NUMBERS = {"two": "2", "dos": "2", "deux": "2", "three": "3", "tres": "3", "trois": "3", "both": "2"}

_NEGATIONS = ("un", "non", "not", "no", "in", "dis", "anti", "counter", "im")


@cache
def _meant_by() -> Mapping[str, list[str]]:
    """The keywords that a word may mean."""
    keywords: dict[str, list[str]] = defaultdict(list)
    said = Path(__file__).with_suffix(".yaml").read_text("utf-8")
    for keyword, words in yaml.load(said, yaml.CBaseLoader).items():  # noqa: S506 - a base loader makes no objects
        for word in words:
            keywords[word].append(keyword)
    return keywords


def did_you_mean(meant: str) -> Phrase:
    return phrase("did you mean {meant}?", meant=meant)


def hint(word: str, allowed: Collection[str]) -> Phrase | None:
    """What was probably meant, as the end of a sentence; None where it is unclear."""
    folded = word.casefold().strip()
    if folded in _INSTEAD and not {"call", "defender"}.isdisjoint(allowed):
        return _INSTEAD[folded]
    known = {name.casefold(): name for name in allowed}
    meant_by = _meant_by()
    words = (*meant_by.get(folded, ()), *meant_by.get(folded.replace("_", " "), ()), known.get(folded))
    meant = next((each for each in words if each and each.casefold() in known), None)
    if meant is None and "a number from 1" in allowed:
        meant = _NUMBERS.get(folded)
    if meant is None and "UTC" in allowed:
        meant = _zone(folded, known)
    if meant is None and len(known) > 200 and "AD" in allowed:
        meant = _country(folded)
    # CST is no slip for UCT, nor GTM for TM: what stands for hours or a country elsewhere must not be guessed.
    if meant is None and (len(folded) > SHORT or {"UTC", "AD"}.isdisjoint(allowed)):
        cutoff = 0.8 if "UTC" in allowed else 0.6  # Honduras is no slip for Montreal, which is in another zone
        alike = get_close_matches(folded, known, n=3, cutoff=cutoff)
        meant = next((known[each] for each in alike if _may_mean(folded, each)), None)
    return did_you_mean(known.get(meant.casefold(), meant)) if meant else None


def meant_language(word: str) -> Phrase | None:
    """The code of a language that was written by its name."""
    meant = _meant_by().get(word.casefold().strip(), ())
    code = next((each for each in meant if each in ("de", "en", "es", "fr", "pt")), None)
    return did_you_mean(code) if code else None


def _may_mean(word: str, other: str) -> bool:
    """Whether a similar word may be a typo of the other: not its opposite, nor another country or number."""
    for longer, shorter in ((word, other), (other, word)):
        if any(longer == f"{no}{mark}{shorter}" for no in _NEGATIONS for mark in ("", "-", "_")):
            return False
    ends = [each.rpartition("-")[2] for each in (word, other) if "-" in each]
    return len(ends) < 2 or ends[0] == ends[1] or max(map(len, ends)) > SHORT


SHORT = 3
"""The longest ending of an id (a country, a number) that tells it from its neighbours, in characters."""


@cache
def _countries_by_name() -> dict[str, str]:
    return {
        name.removeprefix("*").casefold(): code
        for code, names in country_names().items()
        if code in COUNTRIES
        for name in names.values()
    }


def _country(name: str) -> str | None:
    """The country of that name or code of three letters, or of a word close to it, such as `Colombian`."""
    named = _countries_by_name()
    if len(name) == len("COL"):
        from holidays.registry import COUNTRIES as named_in_full  # 4 MB, needed only by whoever slips here

        return next((codes[1] for codes in named_in_full.values() if name.upper() in codes[2:]), None)
    alike = get_close_matches(name, named, n=1, cutoff=0.85)
    return named.get(name) or (named[alike[0]] if alike else None)


def _zone(name: str, known: Mapping[str, str]) -> str | None:
    """The time zone of a city or an offset. Zones named by offset have the opposite sign (`Etc/GMT+5` is UTC-5)."""
    offset = re.fullmatch(r"(?:utc|gmt)\s*([+-])0?(\d{1,2})(?::?00)?", name)
    if offset:
        return known.get(f"etc/gmt{'-' if offset[1] == '+' else '+'}{offset[2]}")
    city = name.replace(" ", "_")
    if there := next((zone for each, zone in known.items() if each.rpartition("/")[2] == city), None):
        return there
    country = name.rpartition("/")[2].replace("_", " ")
    # EST is Eastern Standard Time, and not the code of Estonia.
    return _only_zone(_country(country)) if len(country) > SHORT else None


def _only_zone(country: str | None) -> str | None:
    """The time zone of a country that has one alone."""
    from phonenumbers.timezone import time_zones_for_geographical_number  # needed only by whoever slips here

    code = country_code_for_region(country or "")
    zones = time_zones_for_geographical_number(PhoneNumber(country_code=code, national_number=0)) if code else ()
    return zones[0] if len(zones) == 1 else None
