"""Which language somebody is written to in, where there is nothing in their own; and phrases that know none yet."""

import re
from collections.abc import Callable, Container, Mapping
from functools import lru_cache
from typing import Union

from alertnet.core.codec import value

FALLBACK = "en"
"""What is always there."""

Say = Callable[[str], str]
"""What puts the English form of a phrase into another language, its places as they are."""

Value = Union[str, int, "Phrase", tuple["Value", ...]]
"""What stands in a place of a phrase: something that somebody wrote, which stays so; words of ours; several of them."""

_PLACE = re.compile(r"\{(\w+)\}")


@value
class Phrase:
    """Words of ours by their English form, and what stands in its places: put into a language where they are read."""

    form: str
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        """It in English."""
        return self.said(str)

    def said(self, say: Say) -> str:
        """It in the language of `say`; values are put in as they are, whatever they look like."""
        known = dict(self.values)
        return _PLACE.sub(lambda place: _put(known[place[1]], say), say(self.form))


def phrase(form: str, **values: Value) -> Phrase:
    """The phrase of that form, with these values in its places."""
    return Phrase(form, tuple(values.items()))


def as_written(text: str) -> Phrase:
    """A text that is the same in every language."""
    return phrase("{text}", text=text)


def _put(value: Value, say: Say) -> str:
    if isinstance(value, tuple):
        return ", ".join(_put(each, say) for each in value)
    return value.said(say) if isinstance(value, Phrase) else str(value)


# It is asked of each message, and of each word of one.
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
    """The first of its fallbacks that is spoken; English, if none is."""
    return next((each for each in fallbacks(language, of_tree) if each in spoken), FALLBACK)


def title_in(language: str, title: str, titles: Mapping[str, str], of_tree: str = "") -> str:
    """The title for somebody of that language; the one that all share, where there is none in its fallbacks."""
    return next((titles[each] for each in fallbacks(language, of_tree) if each in titles), title)


def language_of_title(language: str, titles: Mapping[str, str], of_tree: str) -> str:
    """In which language that title is: the tree's, where all share one."""
    return next((each for each in fallbacks(language, of_tree) if each in titles), of_tree)


def in_all(texts: Mapping[str, str]) -> str:
    """The one text that all share, or each behind its language, as in `de: Bitte; es: Por favor`."""
    if texts.keys() <= {FALLBACK}:
        return texts.get(FALLBACK, "none")
    return "; ".join(f"{language}: {text}" for language, text in texts.items())


def shown(language: str, used: str) -> str:
    """As in `es`, or in `de → en` where another language is used."""
    return language if primary(language) == primary(used) else f"{language} → {used}"
