"""Finds names of incident types in a text (B2), using the tables of `type_vocabulary`; words are compared by sound."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise, product

from alertnet.core.codec import replace, value
from alertnet.core.inbound import type_vocabulary as vocabulary
from alertnet.core.inbound.code_formats import PERSON_CODE
from alertnet.core.inbound.sms_words import Word, alike_until, sound
from alertnet.core.inbound.type_hints import hinted
from alertnet.core.incident import TYPES

Name = tuple[str, ...]

NEAR = 2
"""How many words on either side are near; and how many unimportant words may stand between two words of a name."""
FAR = 6
"""How many words of any kind may stand in a gap of a name."""
GAP = "_"
LONG_NAME = 9
"""In names this long one missing or swapped letter is forgiven; in shorter ones too many everyday words would match."""
_PLACE_OR_CONSENT = re.compile(r"l\d{1,3}|c[0-3]")


@value
class _Found:
    """The name of a type, and where it stands among the words."""

    at: int
    end: int
    name: Name
    is_none: bool = False
    """It is denied, or means something harmless."""

    @property
    def type(self) -> str | None:
        return None if self.is_none else _TYPE_OF[self.name]

    @property
    def is_open(self) -> bool:
        """Whether another name may begin after its first word."""
        return GAP in self.name or self.name in _WHO_IS_THERE


def _names_of(type: str) -> Iterator[str]:
    for name in vocabulary.TYPE_NAMES[type].split():
        verb = name.removesuffix("*")
        ending = next(each for each in vocabulary.FORMS if verb.endswith(each))
        forms = vocabulary.FORMS[ending].split() if verb != name else [ending]
        yield from (verb.removesuffix(ending) + form for form in forms)


NAMES = {type: tuple(_names_of(type)) for type in vocabulary.TYPE_NAMES}
"""All names of each type: verbs in all their forms, with a hyphen between words."""


def _heard_names(names: str) -> list[Name]:
    heard = sound(names).split()
    return [form for name in heard for form in product(*(part.split("/") for part in name.split("-")))]


_NAMES = {name: type for type, names in NAMES.items() for name in _heard_names(" ".join(names))}
_SAID = {name: type for type, names in vocabulary.SAID.items() for name in _heard_names(names)}
_TYPE_OF: dict[Name, str | None] = {**_NAMES, **_SAID, **dict.fromkeys(_heard_names(vocabulary.NO_NAMES))}
_EVERYDAY = frozenset(_heard_names(vocabulary.EVERYDAY))
_WHO_IS_THERE = frozenset(_heard_names(vocabulary.SAID["armed_presence"]))
"""Names for who is there. What else is said of them, if as grave, is what happened.

And they may begin it: armed men took P9.
"""


def _kinds_of(as_heard: Callable[[str], str]) -> dict[str, frozenset[str]]:
    """For each word of a kind, as it is heard: its sound, and the kinds that it belongs to."""
    found: dict[str, set[str]] = defaultdict(set)
    for kind in vocabulary.KINDS:
        within, seen = [kind], []
        for each in within:
            words = vocabulary.KINDS[each].split()
            within += [word for word in words if word.isupper()]
            seen += [word for word in words if not word.isupper()]
        said = " ".join(seen)
        for word, heard in zip(as_heard(said).split(), sound(said).split(), strict=True):
            found[word] |= {heard, kind}
        for word in within:
            found[word] |= {word, kind}
    return {word: frozenset(kinds) for word, kinds in found.items()}


_KINDS_OF, _KINDS_SPELT = _kinds_of(sound), _kinds_of(str)
"""A word that is spelt like one of a kind is none that only sounds like it: files are not filles."""
_WORDS = frozenset(part for name in _TYPE_OF for part in name) | _KINDS_OF.keys()
_LONG: dict[tuple[str, int], list[tuple[str, str]]] = defaultdict(list)
"""By first letter and length: long names as written and as they sound, each with its sound."""
_LONG_NAMES = " ".join(name for names in NAMES.values() for name in names if "-" not in name and len(name) >= LONG_NAME)
for _name, _sound in zip(_LONG_NAMES.split(), sound(_LONG_NAMES).split(), strict=True):
    for _form in {_name, _sound}:
        _LONG[_form[0], len(_form)].append((_form, _sound))
_BY_FIRST: dict[str, list[tuple[Name, frozenset[str]]]] = defaultdict(list)
"""Names by their first word, each with all words that must be heard."""
for _said in _TYPE_OF:
    _BY_FIRST[_said[0]].append((_said, frozenset(_said) - {GAP}))
_SHORT = dict(each.split("=") for each in vocabulary.SHORT.split())
_CLITIC = re.compile(r"(?<=ar|er|ir|do)(?:me|te|se|nos|lo|la|le|los|las|les)$")
_SKIPPED, _LITTLE, _DENIED, _OR, _TOPICS, _ABOUT = (
    frozenset(getattr(vocabulary, words).split()) for words in ("SKIPPED", "LITTLE", "DENIED", "OR", "TOPICS", "ABOUT")
)
_OF_THINGS = frozenset(("killed", "killing", "shot", "shoot"))
_ARTICLES = frozenset(("the", "a", "an", "our"))
_GOES_ON = frozenset(("in", "at", "on", "for", "to", "of", "with", "near", "during", "since", "and", "about"))
"""Words that may follow the thing that was shot; nobody speaks so of a film crew that was shot."""
_BELONGINGS = frozenset(("KIT", "PAPERS", "NET"))
_THINGS = frozenset(sound(f"{word}{more}") for word in vocabulary.THINGS.split() for more in ("", "s"))
_PICTURES, _WEATHER = (frozenset(sound(words).split()) for words in (vocabulary.PICTURES, vocabulary.WEATHER))


def type_in(words: list[Word], begins: int) -> tuple[str | None, list[Word]]:
    """The type that the words name, and the words that say only that; only codes stand before `begins`.

    It is the type where the form has it; else the gravest that is not denied; else the gravest that is hinted at.
    """
    heard = list(map(_heard, words))
    told = list(_told(words, heard, begins))
    named = [(each, type) for each in told if (type := each.type)]
    if not named:
        people = {at for at, each in enumerate(heard) if "P" in each}
        denied = {at for at in range(len(words)) if _is_denied(words[: at + 1])}
        return None if told else hinted(words, people, denied), []
    in_form = (each for each in named if _is_in_form(words, begins, each[0]))
    gravest = min(named, key=lambda each: (TYPES[each[1]].severity.rank, each[0].name in _WHO_IS_THERE))
    found, type = next(in_form, gravest)
    return type, words[found.at : found.end] if found.at == begins and found.name in _NAMES else []


def begins_with_type(words: list[Word]) -> bool:
    """Whether the first word begins the name of a type."""
    heard = list(map(_heard, words))
    return bool(_found_at(words, heard, _said_in(heard), 0))


def _heard(word: Word) -> frozenset[str]:
    """What a word may be in a name: itself, its long form, its singular, or a kind."""
    if PERSON_CODE.fullmatch(word.plain):
        return _KINDS_OF["P"]
    heard = sound(word.plain)
    meant = {heard, _SHORT.get(heard, heard), _CLITIC.sub("", heard)}
    if (heard,) not in _TYPE_OF:
        meant |= {heard.removesuffix("s")} & _WORDS
    if meant.isdisjoint(_WORDS):
        meant = {_meant(word.plain) or _meant(heard) or heard}
    spelt = _KINDS_SPELT.get(word.plain) or _KINDS_SPELT.get(word.plain.removesuffix("s"))
    return frozenset(spelt or ()).union(*((not spelt and _KINDS_OF.get(each)) or (each,) for each in meant))


def _meant(word: str) -> str | None:
    """The sound of the long name that the word is a slip of."""
    alike = (each for more in (0, 1, 2) for each in _LONG.get((word[:1], len(word) + more), ()))
    return next((heard for form, heard in alike if _is_slip(word, form)), None)


def _is_slip(word: str, name: str) -> bool:
    """Whether a letter is missing, perhaps between two equal ones, or swapped with its neighbour."""
    at = alike_until(word, name)
    swapped = word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
    is_between_alike = 0 < at < len(name) - 1 and name[at - 1] == name[at + 1]
    return name[at:] == swapped or word[at:] in (name[at + 1 :], name[at + 2 :] if is_between_alike else None)


def _said_in(heard: list[frozenset[str]]) -> dict[str, list[Name]]:
    """The names whose words all occur, by their first word."""
    parts = frozenset().union(*heard)
    return {part: [name for name, needed in _BY_FIRST[part] if needed <= parts] for part in parts & _BY_FIRST.keys()}


def _found_at(words: list[Word], heard: list[frozenset[str]], said: dict[str, list[Name]], at: int) -> list[_Found]:
    """The names that begin there: the longest one, and those with a gap."""
    # In order, so that of two types with the same words every process finds the same one.
    names = (name for part in sorted(heard[at]) for name in said.get(part, ()))
    found = [_Found(at, end, name) for name in names if (end := _end(words, heard, at, name)) is not None]
    whole = [each for each in found if GAP not in each.name]
    return [*sorted(whole, key=lambda each: each.end)[-1:], *(each for each in found if GAP in each.name)]


def _end(words: list[Word], heard: list[frozenset[str]], at: int, name: Name) -> int | None:
    end, after_gap = at + 1, False
    for part in name[1:]:
        if part != GAP:
            places = _places(words, end, after_gap=after_gap)
            end = next((place + 1 for place in places if part in heard[place]), 0)
            if not end:
                return None
        after_gap = part == GAP
    return end


def _places(words: list[Word], at: int, *, after_gap: bool) -> Iterator[int]:
    """Where the next word of a name may stand: there, or after a few words, without punctuation or denial between.

    In a name without a gap those words must be unimportant.
    """
    for place in range(at, min(at + (FAR if after_gap else NEAR) + 1, len(words))):
        yield place
        between = words[place].plain
        is_passed = between not in _DENIED if after_gap else between in _SKIPPED
        if not (is_passed and _is_joined(words, place) and _is_joined(words, place + 1)):
            return


def _told(words: list[Word], heard: list[frozenset[str]], begins: int) -> Iterator[_Found]:
    """The names in the text, none inside another: a death threat is not also a threat. A denied name has no type."""
    said = _said_in(heard)
    end, was_denied = 0, False
    for at in range(len(words)):
        names = _found_at(words, heard, said, at) if at >= end else []
        found = [each for each in names if each.name not in _EVERYDAY or _is_meant(words, heard, begins, each)]
        if not found:
            continue
        goes_on = was_denied and at == end + 1 and words[end].plain in _OR
        was_denied = goes_on or _is_denied(words[end : at + 1])
        end = max((each.end for each in found if not each.is_open), default=at)
        is_none = was_denied or any(each.type is None or _is_of_thing(words, heard, each) for each in found)
        yield from (replace(each, is_none=is_none) for each in found)


def _is_of_thing(words: list[Word], heard: list[frozenset[str]], found: _Found) -> bool:
    """Whether it is clearly said of a thing; never if a person is near (A12).

    A false alarm that a coordinator sees is far cheaper than a killing that is missed.
    """
    at = found.at
    if _TYPE_OF[found.name] == "disappearance":
        return _is_lost_property(words, heard, at)
    if len(found.name) > 1 or words[at].plain not in _OF_THINGS:
        return False
    # Who shot a film is not shot.
    has_filmed = len(words) > at + 2 and words[at + 1].plain in _ARTICLES and not heard[at + 2].isdisjoint(_PICTURES)
    if any("P" in each for each in heard[at if has_filmed else max(0, at - NEAR) : at + NEAR + 1]):
        return False
    before = heard[at - 1] if _is_joined(words, at) else frozenset()
    if words[at].plain == "shoot":
        return not before.isdisjoint(_PICTURES)
    has_article = words[at + 1 : at + 2] and words[at + 1].plain in _ARTICLES
    thing = at + (2 if has_article else 1)
    is_told_so = all(_is_joined(words, place) for place in range(at + 1, thing + 1))
    if _is_joined(words, thing + 1) and words[thing + 1].plain not in _GOES_ON:
        return False
    is_thing = is_told_so and not heard[thing].isdisjoint(_THINGS)
    return is_thing and bool(has_article or not before.isdisjoint(_WEATHER))


def _is_lost_property(words: list[Word], heard: list[frozenset[str]], at: int) -> bool:
    """Whether what has disappeared is a phone or a file, and nobody is spoken of."""
    before = (place for place in range(at - 1, -1, -1) if words[place].plain not in _LITTLE)
    what = next((heard[place] for place in before), frozenset())
    return not what.isdisjoint(_BELONGINGS) and not any("P" in each for each in heard)


def _is_joined(words: list[Word], at: int) -> bool:
    """Whether only a space stands between that word and the one before it."""
    return 0 < at < len(words) and words[at].start - words[at - 1].end == 1


def _is_meant(words: list[Word], heard: list[frozenset[str]], begins: int, found: _Found) -> bool:
    """Whether an everyday word names a type there."""
    beside = (*heard[max(0, found.at - 1) : found.at], *heard[found.end : found.end + 1])
    return any("P" in each for each in beside) or _is_in_form(words, begins, found)


def _is_in_form(words: list[Word], begins: int, found: _Found) -> bool:
    """Whether the type stands where the form has it: only codes before it, and a place or nothing after it."""
    after = words[found.end :]
    is_last = not after or _PLACE_OR_CONSENT.fullmatch(after[0].plain) is not None
    return found.at == begins and found.name in _NAMES and is_last


def _is_denied(words: list[Word]) -> bool:
    """Whether the words before the last one, which begins a name, deny it, without punctuation between.

    What a film or a workshop is about has not happened there.
    """
    is_about = False
    for word, following in pairwise(reversed(words)):
        if word.start - following.end > 1:
            return False
        if following.plain in _ABOUT:
            is_about = True
        elif following.plain not in _LITTLE:
            return following.plain in _DENIED or (is_about and following.plain in _TOPICS)
    return False
