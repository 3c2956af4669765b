"""Translates what the console says: its pages, refusals, warnings of incidents, and phrases about contact trees."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from alertnet.core.codec import value
from alertnet.core.directory.languages import Say

PACKAGE = "alertnet.web.console"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "es": "Español", "fr": "Français", "de": "Deutsch", "pt": "Português"}
KEPT_APART = re.compile(r" (?=[:;!?»])|(?<=«) ")
"""A space in French at which no line may break."""
OURS = ("role", "status", "answer")
"""Places in a sentence that hold a word of ours, to be translated; other places hold what people wrote."""
SEVERAL = ("facts", "changes")
"""Places that hold several sentences of ours, separated by "; "."""
LONGEST = 4000
"""The longest text to translate, in characters; a longer one stays English."""


@value
class Frame:
    """A sentence with places for values: the fixed parts, and the names of the places between them."""

    fixed: tuple[str, ...]
    places: tuple[str, ...]

    @classmethod
    def of(cls, english: str) -> "Frame":
        """Parse a sentence in which `{name}` stands for a value."""
        parts = re.split(r"\{(\w+)\}", english)
        return cls(tuple(parts[::2]), tuple(parts[1::2]))

    def values_in(self, text: str) -> dict[str, str]:
        """The value at each place of a text of this form; empty where the text has another form or a value is empty.

        A value ends where the fixed part after it first occurs. There is no backtracking, whatever text comes in (B9).
        """
        first, *between, last = self.fixed
        if not (text.startswith(first) and text.endswith(last)):
            return {}
        values, start = {}, len(first)
        for place, after in zip(self.places, [*between, None], strict=True):
            end = len(text) - len(last) if after is None else text.find(after, start + 1)
            if end <= start:
                return {}
            values[place], start = text[start:end], end + len(after or "")
        return values


@cache
def words(language: str) -> dict[str, str]:
    """Translations of the templates' English texts; a text without one stays English."""
    known = _in_tables(language, "history.", "trees.", "")
    return {english: KEPT_APART.sub("\u00a0", said) for english, said in known.items()} if language == "fr" else known


@cache
def refusals(language: str) -> dict[str, str]:
    """Translations of the sentences by which the program refuses something, and of their parts."""
    return _in_tables(language, "refusals.")


@cache
def cautions(language: str) -> dict[str, str]:
    """Translations of an incident's warnings, which are stored in English."""
    return _in_tables(language, "cautions.")


@cache
def phrases(language: str) -> dict[str, str]:
    """Translations of phrases about contact trees, without those that pages and refusals say alike."""
    return _in_tables(language, *(f"phrases/{name}." for name in ("differences", "faults", "keys", "warnings")))


def _in_tables(language: str, *names: str) -> dict[str, str]:
    if language == ENGLISH:
        return {}
    tables = ((files(PACKAGE) / "words" / f"{name}{language}.yaml").read_text("utf-8") for name in names)
    return {english: told for table in tables for english, told in yaml.load(table, yaml.CSafeLoader).items()}


def translated(language: str, text: str) -> str:
    """Translate an English sentence of ours, or a part of one; it stays English where no table has it."""
    for table in (refusals, cautions, words):
        if (sentence := table(language).get(text)) is not None:
            return sentence
    for frame, sentence in _frames(language) if len(text) <= LONGEST else ():
        if found := frame.values_in(text):
            return sentence.format(**{name: _part(language, name, part) for name, part in found.items()})
    return text


def _part(language: str, name: str, value: str) -> str:
    if name in SEVERAL:
        return "; ".join(translated(language, each) for each in value.split("; "))
    return translated(language, value) if name in OURS else value


@cache
def _frames(language: str) -> list[tuple[Frame, str]]:
    """Sentences with places for values, each with its translation, the longest first."""
    known = {**refusals(language), **cautions(language)}.items()
    with_places = [(english, said) for english, said in known if "{" in english]
    return [(Frame.of(english), said) for english, said in sorted(with_places, key=lambda each: -len(each[0]))]


@cache
def sayer(language: str) -> Say:
    """A function that translates phrases about contact trees; a phrase without a translation stays English."""
    known = refusals(language) | words(language) | phrases(language)
    return lambda form: known.get(form, form)


def say_by(names: Mapping[str, str], language: str) -> Say:
    """A function that translates English words. `names`: message-template words by their English, such as types."""
    known = {} if language == ENGLISH else {**names, **words(language)}
    return lambda text: known.get(text, text)
