"""Splits a text into words in the form in which they are compared (small letters, no accents, ASCII digits).

And tells which word is meant by one with a slip, how a word sounds, and how long a span of time is.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import timedelta
from itertools import pairwise

from alertnet.core.codec import value
from alertnet.core.inbound.code_formats import PIN_APART, PIN_IN_ONE, digits_of, is_pin
from alertnet.core.inbound.field_words import SOS
from alertnet.core.incident import TYPES_BY_NUMBER

LONG_WORD = 5
"""In words this long any one slip is forgiven; shorter ones would too easily become another word."""
SHORTEST_WORD = 3
OTHER_WORDS = frozenset(("notfalls", "helps", "allada", "allude"))
"""Words that are no slip of the one that they resemble: `notfalls` asks for a call if need be, Allada is a town."""
MOST_BEFORE_PIN = 3
"""How many words may stand before a PIN whose digits stand apart; later it may be any number."""

_WORD = re.compile(r"[^\W_]+")
DRAWN_OUT = re.compile(r"(.)\1{2,}")
_SOS_SIGN = "\U0001f198"
_TYPE = "|".join(map(str, TYPES_BY_NUMBER))
_TYPE_AND_COUNT = re.compile(rf"(?:{_TYPE})[,\s]+\d{{3}}[,\s]+[^\W\d_]{{2}}")
"""The number of a type before a number that counts something: 20 300 men."""
_CODE = re.compile(r"[plc]?\d{1,3}")
_CODES = re.compile(rf"(?:{_TYPE}|[plc]\d{{1,3}})(?:[plc]\d{{1,3}})+")
_JOINED_CODE = r"(?<=\d)[plc]\d{1,3}(?!\d)"
_JOINED_SOS = rf"^{SOS.pattern}(?=[plc]?\d)"
_TOUCHES_PIN = re.compile(
    rf"{_JOINED_SOS}|(?<!\d)\d{{5,6}}(?:[^\W\d_]{{2}}|{_JOINED_CODE})|[^\W\d_]{{2}}\d{{5,6}}(?:{_JOINED_CODE})*(?!\w)"
)
_PIN = r"(?<!\d)\d{5,6}(?!\d)"
_AT_PIN = re.compile(rf"{_JOINED_SOS}|{_PIN}|{_JOINED_CODE}|(?:(?!{_PIN}|{_JOINED_CODE}).)+")
_DIGITS_WITH_LETTERS = re.compile(r"(?=(?:[oil]*\d){4})[\doil]{5,6}")
MEANT_AS_DIGITS = str.maketrans("oil", "011")
_INITIALS = frozenset("plc")
_WITHIN_CODES = frozenset(("-", ".", "#"))
_HEARD_AS = str.maketrans("zv", "sb")
_SOFT = re.compile(r"c(?=[ei])")
_MUTE = re.compile(r"(?<=[gq])u(?=[ei])")
_DOUBLED = re.compile(r"([^A-Z])\1")
_SILENT = re.compile(r"\bh")
_APART = frozenset("pl")
"""Letters that may stand apart from their digits. A `c` may be a word."""
_HOURS = r"(\d{1,2})(?:[.,](5))?(?:stunden?|std|(?:h|hr|hour|heure|hora)s?)"
_MINUTES = r"(\d{1,3})(?:minuten|(?:m|mn|min|minute|minuto)s?)"
_AND_A_HALF = "(ymedia|etdemie?|andahalf|emeia)"
_HALF_AN_HOUR = "((?:half|1?media|1?demi-?|1?halbe|1?meia)1?(?:hora|hour|heure|stunde))"
_HOUR_AND_A_HALF = "(horaymedia|horaemeia|heureetdemie|(?:anderthalb|eineinhalb)stunden)"
_SPAN = re.compile(
    rf"{_HOURS}(?:(?:y|et|and|und|e)?{_MINUTES}|(\d{{1,2}})|{_AND_A_HALF})?|{_MINUTES}|{_HALF_AN_HOUR}|{_HOUR_AND_A_HALF}"
)
_COUNTED = dict.fromkeys(("one", "an", "una", "une", "eine", "uma"), "1")
_COUNTED |= dict.fromkeys(("two", "dos", "deux", "zwei", "duas"), "2")
_COUNTED |= dict.fromkeys(("three", "tres", "trois", "drei"), "3")
_ABOUT = frozenset(("in", "en", "dans", "em", "de", "d", "about", "como", "unas", "environ", "etwa", "cerca"))
"""Words before a span in words; after others it may be a part: twenty two hours, a quarter of an hour."""
_MOST_WORDS_OF_A_SPAN = 5
_WITHIN_NUMBERS = frozenset(".,/-–")
_UNTIL = frozenset({"until", "till", "at", "hasta", "a", "las", "jusqu", "jusqua", "bis", "um", "ate", "as"})
"""Words after which hours are a time of day, not a span."""


@value
class Word:
    """A word of a cleaned text, and its position there."""

    plain: str
    start: int
    end: int


def clean(text: str) -> str:
    """The text with composed letters and without invisible characters; the sign for SOS in letters."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text.replace(_SOS_SIGN, " SOS "))
    return "".join(character for character in composed if unicodedata.category(character) != "Cf")


def words_of(text: str, codes: Collection[str] = ()) -> list[Word]:
    """The words of a cleaned text; all other characters only separate them.

    Codes become words of their own, however they are written: L12P7, 20L12, L-12, P#7, L 12. So does a PIN that touches
    a word, as where a network has joined the next text: ok47110, 47110ALERTE, SOS47110L12; and SOS before any digit.
    `codes`: further ones, which are known whether written D12, D-12, D012 or Dl2.
    """
    words: list[Word] = []
    for found in _WORD.finditer(text):
        word = Word(_plain(found[0]), found.start(), found.end())
        last = words[-1] if words else None
        if last and _is_short(word.plain) and _is_initial(last.plain, text[last.end : word.start]):
            words[-1] = Word(last.plain + word.plain, last.start, word.end)
        elif (parts := _parts(word)) and len(word.plain) == word.end - word.start:
            words += (Word(each[0], word.start + each.start(), word.start + each.end()) for each in parts)
        else:
            words.append(word)
    return _with_codes(text, words, codes) if codes else words


def _with_codes(text: str, words: list[Word], codes: Collection[str]) -> list[Word]:
    """The words, where each that can only be meant as one of these codes is that code."""
    forms = Counter(map(_form, codes))
    known = {_form(code): code for code in codes if forms[_form(code)] == 1}
    found: list[Word] = []
    for word in words:
        last = found[-1] if found else None
        is_part = last and text[last.end : word.start] in _WITHIN_CODES and last.plain not in codes
        code = known.get(_form(last.plain + word.plain)) if last and is_part else None
        if last and code:
            found[-1] = Word(code, last.start, word.end)
        else:
            plain = word.plain if word.plain in codes else known.get(_form(word.plain), word.plain)
            found.append(Word(plain, word.start, word.end))
    return found


def _form(word: str) -> str:
    """What tells a code from others: not zeros in front, nor letters for digits. Empty for a word without a digit."""
    if not any(map(str.isdecimal, word)):
        return ""
    return re.sub(r"(?<!\d)0+(?=\d)", "", word[:1] + word[1:].translate(MEANT_AS_DIGITS))


def with_pin_joined(text: str) -> str:
    """The text with a PIN among its first words in one piece: 4 7 1 1 0, 47.110, 471-10, 47,110."""
    found = None if PIN_IN_ONE.search(text) else PIN_APART.search(text)
    if found is None or _TYPE_AND_COUNT.match(text, found.start()):
        return text
    if len(_WORD.findall(text[: found.start()])) > MOST_BEFORE_PIN:
        return text
    return f"{text[: found.start()]}{digits_of(found[0])}{text[found.end() :]}"


def alike_until(one: str, other: str) -> int:
    """How many letters they begin with in common."""
    at = 0
    for its, others in zip(one, other, strict=False):
        if its != others:
            break
        at += 1
    return at


def _is_slip(word: str, meant: str) -> bool:
    """Whether one letter is wrong, missing, extra or swapped with its neighbour; two-letter words allow no slip."""
    if len(meant) < SHORTEST_WORD:
        return False
    at = alike_until(word, meant)
    swapped = word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :] == meant[at:]
    doubled = at > 0 and word[at : at + 1] == word[at - 1] and word[at + 1 :] == meant[at:]
    if len(meant) < LONG_WORD or swapped or doubled:
        return swapped or doubled
    return meant[at + 1 :] in (word[at:], word[at + 1 :]) or word[at + 1 :] == meant[at:]


def meant_by(word: str, known: Iterable[str]) -> set[str]:
    """The known words that may be meant: the word itself, else all that differ by one slip; drawn out or not."""
    known = frozenset(known)
    if word in known or word in OTHER_WORDS:
        return {word} & known
    # A slip leaves the first letter or the last one.
    ends = word[:1], word[-1:]
    alike = [each for each in known if each[:1] == ends[0] or each[-1:] == ends[1]]
    meant = {each for each in alike if abs(len(word) - len(each)) <= 1 and _is_slip(word, each)}
    short = DRAWN_OUT.sub(r"\1", word)
    return meant or (meant_by(short, known) if short != word else meant)


def sound(plain: str) -> str:
    """How a word sounds, well enough for three languages: amenasa is amenaza, and arestation is arrestation.

    Of several words, how each of them sounds; what is in capitals stays as it is.
    """
    soft = _MUTE.sub("", _SOFT.sub("s", plain)).replace("ea", "ia").replace("eo", "io")
    return _SILENT.sub("", _DOUBLED.sub(r"\1", soft.translate(_HEARD_AS)))


def span_in(text: str, rest: list[Word]) -> tuple[timedelta | None, list[Word]]:
    """A duration such as 2H, 90 min, media hora, and its words; not part of another number or a time (until 18h)."""
    for place in range(len(rest)):
        for end in range(min(place + _MOST_WORDS_OF_A_SPAN, len(rest)), place, -1):
            words = rest[place:end]
            found = _SPAN.fullmatch(_joined(text, words))
            if found is None or (found[4] and len(words) > 1 and end < len(rest)):
                continue
            before = rest[max(0, place - 1) : place]
            if before and (before[0].plain in _UNTIL or _is_part(text, before[0], words[0])):
                return None, []
            *counted, and_a_half, alone, half_an_hour, alone_and_a_half = found.groups()
            hours, half, minutes, bare, only = (int(each or 0) for each in (*counted, alone))
            halves = 90 if alone_and_a_half else 30 * ((and_a_half or half_an_hour) is not None)
            return timedelta(minutes=60 * hours + 6 * half + minutes + bare + only + halves), words
    return None, []


def _joined(text: str, words: list[Word]) -> str:
    """The words as one; between them only characters that may be inside a number are kept."""
    joined = ""
    for one, other in pairwise(words):
        sign, number = text[one.end : other.start], _number(one)
        kept = sign if sign in _WITHIN_NUMBERS else " " if number.isdecimal() and _number(other).isdecimal() else ""
        joined += number + kept
    return joined + _number(words[-1])


def _is_part(text: str, before: Word, first: Word) -> bool:
    """Whether a span that begins with `first` may be part of another: 1 1/2h, 2-3 h, two three h."""
    if _number(before).isdecimal() and not is_pin(before.plain):
        return text[before.end : first.start].strip() in _WITHIN_NUMBERS | {""}
    return first.plain.isalpha() and before.plain.isalpha() and before.plain not in _ABOUT


def _number(word: Word) -> str:
    return _COUNTED.get(word.plain, word.plain)


def _parts(word: Word) -> list[re.Match[str]]:
    """The codes that a word is made of, or its PIN or SOS and what touches it; none where it is one word."""
    if _CODES.fullmatch(word.plain):
        return list(_CODE.finditer(word.plain))
    return list(_AT_PIN.finditer(word.plain)) if _TOUCHES_PIN.search(word.plain) else []


def _plain(word: str) -> str:
    """The word as it is compared; a letter among the digits of a PIN is read as the digit that it looks like."""
    plain = word.lower() if word.isascii() else _ascii(word)
    means_digits = _DIGITS_WITH_LETTERS.fullmatch(plain) and not _CODES.fullmatch(plain)
    return plain.translate(MEANT_AS_DIGITS) if means_digits else plain


def _ascii(word: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    return "".join(
        str(unicodedata.decimal(character, character))
        for character in letters
        if unicodedata.category(character) != "Mn"
    )


def _is_initial(plain: str, between: str) -> bool:
    """Whether that letter begins a code, given what stands between it and the digits."""
    return plain in _INITIALS and (between in _WITHIN_CODES or (plain in _APART and between == " "))


def _is_short(plain: str) -> bool:
    return plain.isdecimal() and len(plain) <= 3
