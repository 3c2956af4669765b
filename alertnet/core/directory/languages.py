"""The choice of language when there is none of the recipient's own; and phrases that are translated only when read."""

import re
from collections.abc import Callable, Container, Mapping
from functools import lru_cache
from typing import Union

from alertnet.core.codec import value

FALLBACK = "en"
"""The language that always exists."""

Say = Callable[[str], str]
"""Translates the English form of a phrase; its placeholders stay."""

Value = Union[str, int, "Phrase", tuple["Value", ...]]
"""A value in a phrase: text written by somebody, kept as it is; another phrase; or several values."""

_PLACE = re.compile(r"\{(\w+)\}")


@value
class Phrase:
    """A text of ours by its English form, with values for its placeholders; translated where it is read."""

    form: str
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        """The phrase in English."""
        return self.said(str)

    def said(self, say: Say) -> str:
        """The phrase translated by `say`; values are put in unchanged, whatever they contain."""
        known = dict(self.values)
        return _PLACE.sub(lambda place: _put(known[place[1]], say), say(self.form))


def phrase(form: str, **values: Value) -> Phrase:
    return Phrase(form, tuple(values.items()))


def as_written(text: str) -> Phrase:
    """A text that is the same in every language."""
    return phrase("{text}", text=text)


def _put(value: Value, say: Say) -> str:
    if isinstance(value, tuple):
        return ", ".join(_put(each, say) for each in value)
    return value.said(say) if isinstance(value, Phrase) else str(value)


# Cached, since every message asks, and each of its words.
@lru_cache(maxsize=1024)
def fallbacks(language: str, of_tree: str = "") -> tuple[str, ...]:
    """The languages to try, best first: region, language, the tree's, English.

    `fr-CA` in a tree that speaks `es` gives fr-CA, fr, es, en.
    """
    tried = (language, primary(language), of_tree, primary(of_tree), FALLBACK)
    return tuple(dict.fromkeys(filter(None, tried)))


def primary(language: str) -> str:
    """The language without its region."""
    return language.split("-")[0]


def nearest(language: str, spoken: Container[str], of_tree: str = "") -> str:
    """The first of the fallbacks that is in `spoken`; English if none is."""
    return next((each for each in fallbacks(language, of_tree) if each in spoken), FALLBACK)


def title_in(language: str, title: str, titles: Mapping[str, str], of_tree: str = "") -> str:
    """The title for people of that language; the common title where no fallback has one."""
    return next((titles[each] for each in fallbacks(language, of_tree) if each in titles), title)


@value
class Title:
    """A title that is translated only when read: the common one, those by language, and the tree's language."""

    common: str
    by_language: Mapping[str, str]
    of_tree: str

    def said_in(self, language: str) -> str:
        """The title for readers of that language."""
        return title_in(language, self.common, self.by_language, self.of_tree)


def language_of_title(language: str, titles: Mapping[str, str], of_tree: str) -> str:
    """The language of that title; the tree's where it is the common one."""
    return next((each for each in fallbacks(language, of_tree) if each in titles), of_tree)


def in_all(texts: Mapping[str, str]) -> str:
    """The one text for all, or each text with its language, as in `de: Bitte; es: Por favor`."""
    if texts.keys() <= {FALLBACK}:
        return texts.get(FALLBACK, "none")
    return "; ".join(f"{language}: {text}" for language, text in texts.items())


def shown(language: str, used: str) -> str:
    """A language for display: `es`, or `de → en` where another language is used."""
    return language if primary(language) == primary(used) else f"{language} → {used}"
