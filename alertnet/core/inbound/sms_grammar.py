"""What a text from a telephone says: answers with written codes, reports from the field, or neither (B4).

Nothing here knows who sent the text or which codes are open: whether a code or PIN is the right one is for the flows
to find. In doubt a text says nothing, and a person reads it. None of the carrier's words (STOP, YES, HELP, …) is a verb
of an answer, since networks keep those for themselves.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile

from alertnet.core.inbound.auto_replies import says_so
from alertnet.core.inbound.code_formats import is_pin, is_written_code
from alertnet.core.incident import TYPES_BY_NUMBER, Scope, narrowest


class Verb(StrEnum):
    """What is said about a code; a bare code says OK."""

    OK = "ok"
    NO = "no"
    RELAY = "pass"
    DONE = "done"
    GO = "go"
    HOLD = "hold"


_WORDS_OF_VERBS = {
    Verb.OK: ("ok",),
    Verb.NO: ("no", "non", "nein", "nao"),
    Verb.RELAY: ("pass", "told", "transmis", "paso", "pase", "weitergegeben", "repassei"),
    Verb.DONE: ("done", "fait", "hecho", "erledigt", "feito"),
    Verb.GO: ("go",),
    Verb.HOLD: ("hold", "attendre", "espera", "warten", "aguardar"),
}

VERBS = {word: verb for verb, words in _WORDS_OF_VERBS.items() for word in words}
"""Whatever the language that it is written to in, a phone may answer in any: none of the words means two things."""

OPT_OUTS = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "arret"))
"""With one of these as the whole text, networks stop all further SMS to that phone (docs/twilio.md 1)."""

PANIC = frozenset(
    (
        *("sos", "help", "emergency", "ayuda", "ayudame", "ayudenme", "auxilio", "emergencia"),
        *("aide", "aidez", "secours", "urgence"),
        *("hilfe", "notfall", "ajuda", "socorro"),
    )
)
"""Words that raise an alarm at its gravest, whatever the language of the phone."""
ALARMS = frozenset(("alert", "alerte", "alerta", "alarm", "alarme", "alarma"))
LONG_WORD = 5
"""In a word of so many letters or more any one slip is forgiven; a shorter one would become another word too easily."""

CONSENTS = dict(zip(("c0", "c1", "c2", "c3"), Scope, strict=True))

_DOUBTS = frozenset(
    (
        *("no", "non", "not", "t", "cant", "cannot", "dont", "n", "ne", "pas", "pero", "but", "mais", "imposible"),
        *("impossible", "nein", "nicht", "kein", "keine", "aber", "leider", "nao", "mas", "impossivel"),
    )
)
"""Words after a code which may turn an OK or a GO into its contrary; t and n are what is left of can't and n'ai."""

MOST_CODES = 3
"""Codes that one text may answer with: whoever sends more is guessing, and has answered nothing."""

_WORD = re.compile(r"\w+")
_VERB_WITH_CODE = re.compile(rf"({'|'.join(VERBS)})?(\d{{4}})")
_SOS = re.compile(r"(s+[o0]+s+)(\d{5,6})?")
_WORD_WITH_PIN = re.compile(r"([^\W\d_]+)(\d{5,6})?")
_TURN = re.compile(r"(on|off)(\d{5,6})")
_PERSON = re.compile(r"p\d{1,3}")
_PLACE = re.compile(r"l\d{1,3}")


@dataclass(frozen=True)
class SmsAnswer:
    """One answer of a text. `code` None: a verb alone, which never acts. `note`: what was written after it."""

    verb: Verb
    code: str | None
    note: str | None = None


@dataclass(frozen=True)
class Turn:
    """Somebody takes a turn of duty, or leaves it to the others."""

    is_on: bool
    pin: str = field(repr=False)


@dataclass(frozen=True)
class Report:
    """What a member's text was understood to say; each part may be missing.

    `text` begins at the first word that was not understood and is kept as it was written, but for a PIN among it.
    """

    panic: bool
    """SOS, HELP or another cry for help."""
    pin: str | None = field(default=None, repr=False)
    type: str | None = None
    place: str | None = None
    people: tuple[str, ...] = ()
    consent: Scope | None = None
    text: str | None = None


@dataclass(frozen=True)
class _Word:
    plain: str
    """In small letters, without accents, with ASCII digits."""
    start: int
    end: int


def is_opt_out(text: str) -> bool:
    """Whether the whole text is one of the words by which a phone refuses further SMS."""
    words = _words(_clean(text))
    return len(words) == 1 and words[0].plain in OPT_OUTS


def parse_answers(text: str) -> tuple[SmsAnswer, ...]:
    """The answers at the beginning of a text, in its order, else that with the only code in it; else none.

        4711 · OK 4711 · NO4711 · "4711 no" · OK 4711, NO 5823 · NO 4711 5823 (no to both) · DONE 4711 some words
        "My answer is 4711, thanks" · "Good evening, OK 4711"

    What follows the last code is its note. A verb alone is an answer without a code. A code among words that may take
    back its OK ("4711, but not before Monday") is left to people: then there is no answer at all. So is a text with
    more than `MOST_CODES`, and one that begins as a report does, wherever it has four digits.
    """
    text = _clean(text)
    words = _words(text)
    if len(words) == 1 and words[0].plain in VERBS:
        return (SmsAnswer(VERBS[words[0].plain], None),)
    if len(words) == 2 and is_written_code(words[0].plain) and words[1].plain in VERBS:
        return (SmsAnswer(VERBS[words[1].plain], words[0].plain),)
    found, end = _leading_answers(words)
    if not found:
        return _only_answer(text, words)
    if len(found) > MOST_CODES:
        return ()
    note = text[words[end].start :].strip() if end < len(words) else None
    if note and _is_doubtful(found[-1][0], note, words[end:]):
        return ()
    verb, code = found[-1]
    return (*(SmsAnswer(*each) for each in found[:-1]), SmsAnswer(verb, code, note))


def says_more(text: str) -> bool:
    """Whether a text has words besides verbs and digits: something for people to read."""
    plain = (word.plain for word in _words(_clean(text)))
    return any(not (each in VERBS or each.isdigit() or _VERB_WITH_CODE.fullmatch(each)) for each in plain)


def parse_report(text: str) -> Report | None:
    """The report of a text that begins with a cry for help, with ALERT, or with PIN and TYPE#; None of any other.

        SOS · AYUDA · AIDE · EMERGENCY · ALERTA 47110 20 L12 P7 C2 words · 47110 20 words · 47110 SOS · ALRETA47110

    One slip in the first word is forgiven (a letter that is wrong, missing, doubled or in its neighbour's place). PIN
    (5 or 6 digits) and TYPE# (2 digits) stand before the free text, in any order; a PIN that comes later is taken out
    of it. Codes of people (P7), place (L12) and consent (C0 to C3) are taken wherever they stand, and of several
    consents the narrowest.
    """
    text = _clean(text)
    words = _words(text)
    begun = _begin_report(words)
    if begun is None:
        return None
    is_panic, joined_pin, rest = begun
    pin = None if joined_pin else next((word for word in rest if is_pin(word.plain)), None)
    number = next((word for word in _head(rest) if _is_type(word.plain)), None)
    place, people = _codes_among(rest)
    consents = [CONSENTS[word.plain] for word in rest if word.plain in CONSENTS]
    return Report(
        panic=is_panic,
        pin=joined_pin or (pin.plain if pin else None),
        type=TYPES_BY_NUMBER[int(number.plain)].code if number else None,
        place=place,
        people=people,
        consent=narrowest(consents) if consents else None,
        text=_free_text(text, rest, pin, number),
    )


def codes_in(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The first code of a place, and every code of a person, that stand in a text of whatever kind."""
    return _codes_among(_words(_clean(text)))


def parse_turn(text: str) -> Turn | None:
    """ON or OFF with a PIN, and nothing else: on duty from now, or off it."""
    found = _TURN.fullmatch("".join(word.plain for word in _words(_clean(text))))
    return Turn(found[1] == "on", found[2]) if found else None


def _clean(text: str) -> str:
    """The text with its letters composed, and without characters that can't be seen."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(character for character in composed if unicodedata.category(character) != "Cf")


def _words(text: str) -> list[_Word]:
    """The words of the text; every other sign only separates them."""
    return [_Word(_plain(found[0]), found.start(), found.end()) for found in _WORD.finditer(text)]


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    return "".join(
        str(unicodedata.decimal(character, character))
        for character in letters
        if unicodedata.category(character) != "Mn"
    )


def _leading_answers(words: list[_Word]) -> tuple[list[tuple[Verb, str]], int]:
    """The answers that the text begins with, and how many words they take; a code alone takes the last one's verb."""
    found: list[tuple[Verb, str]] = []
    verb, at = Verb.OK, 0
    while at < len(words):
        apart = words[at].plain in VERBS and at + 1 < len(words)
        joined = words[at].plain + words[at + 1].plain if apart else words[at].plain
        match = _VERB_WITH_CODE.fullmatch(joined)
        if match is None or not is_written_code(match[2]):
            break
        verb = VERBS[match[1]] if match[1] else verb
        found.append((verb, match[2]))
        at += 2 if apart else 1
        if verb is Verb.DONE:
            break
    return found, at


def _only_answer(text: str, words: list[_Word]) -> tuple[SmsAnswer, ...]:
    """The answer with the only code of a text that begins with something else, by the verb right before it."""
    matches = [(place, _VERB_WITH_CODE.fullmatch(word.plain)) for place, word in enumerate(words)]
    codes = [(place, match) for place, match in matches if match is not None and is_written_code(match[2])]
    if len(codes) != 1 or _begin_report(words) is not None or says_so(text):
        return ()
    place, match = codes[0]
    apart = place > 0 and match[1] is None and words[place - 1].plain in VERBS
    verb = VERBS[words[place - 1].plain] if apart else VERBS[match[1]] if match[1] else Verb.OK
    others = words[: place - apart] + words[place + 1 :]
    if _is_doubtful(verb, text, others):
        return ()
    return (SmsAnswer(verb, match[2], text[words[place].end :].strip(" \n,.;:!") or None),)


def _is_doubtful(verb: Verb, note: str, words: list[_Word]) -> bool:
    consents = verb in (Verb.OK, Verb.GO)
    return consents and ("?" in note or any(word.plain in _DOUBTS for word in words))


def _begin_report(words: list[_Word]) -> tuple[bool, str | None, list[_Word]] | None:
    """Whether a report is a cry for help, the PIN joined to its first word, and the words after that."""
    plain = [word.plain for word in words]
    if plain[:3] == ["s", "o", "s"]:
        return True, None, words[3:]
    if len(words) > 1 and sorted(map(_is_type, plain[:2])) == [False, True] and any(map(is_pin, plain[:2])):
        return False, None, words
    if len(words) > 1 and is_pin(plain[0]) and not is_pin(plain[1]) and (begun := _begin_report(words[1:])):
        is_panic, _, rest = begun
        return is_panic, plain[0], rest
    if found := _SOS.fullmatch(plain[0]) if words else None:
        return True, found[2], words[1:]
    found = _WORD_WITH_PIN.fullmatch(plain[0]) if words else None
    if found is None:
        return None
    is_panic, is_alarm = _is_meant(found[1], PANIC), _is_meant(found[1], ALARMS)
    return (is_panic, found[2], words[1:]) if is_panic or is_alarm else None


def _is_meant(word: str, known: frozenset[str]) -> bool:
    """Whether the word is one of these, but for one slip."""
    return word in known or any(_is_slip(word, each) for each in known)


def _is_slip(word: str, meant: str) -> bool:
    """Whether one letter of it is wrong, missing, too many, or in its neighbour's place."""
    start = next((at for at, (one, other) in enumerate(zip(word, meant, strict=False)) if one != other), None)
    at = min(len(word), len(meant)) if start is None else start
    swapped = word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :] == meant[at:]
    doubled = at > 0 and word[at : at + 1] == word[at - 1] and word[at + 1 :] == meant[at:]
    if len(meant) < LONG_WORD or swapped or doubled:
        return swapped or doubled
    return meant[at + 1 :] in (word[at:], word[at + 1 :]) or word[at + 1 :] == meant[at:]


def _head(words: list[_Word]) -> Iterator[_Word]:
    """The words before the free text: digits and codes."""
    return takewhile(lambda word: word.plain.isdigit() or _is_code(word.plain), words)


def _free_text(text: str, words: list[_Word], pin: _Word | None, number: _Word | None) -> str | None:
    """The free text: from the first word that says nothing else to the end, without the PIN."""
    start = next((word.start for word in words if word not in (pin, number) and not _is_code(word.plain)), len(text))
    if pin is not None and pin.start >= start:
        return f"{text[start : pin.start].strip()} {text[pin.end :].strip()}".strip()
    return text[start:].strip() or None


def _codes_among(words: list[_Word]) -> tuple[str | None, tuple[str, ...]]:
    places = (word.plain.upper() for word in words if _PLACE.fullmatch(word.plain))
    people = (word.plain.upper() for word in words if _PERSON.fullmatch(word.plain))
    return next(places, None), tuple(dict.fromkeys(people))


def _is_code(plain: str) -> bool:
    return plain in CONSENTS or _PERSON.fullmatch(plain) is not None or _PLACE.fullmatch(plain) is not None


def _is_type(plain: str) -> bool:
    return len(plain) == 2 and plain.isdigit() and int(plain) in TYPES_BY_NUMBER
