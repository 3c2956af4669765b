"""Splits a text about a journey into hours, places, days and words, in the order in which they stand (B4)."""

import re
from collections.abc import Sequence
from enum import Enum, auto
from itertools import takewhile
from unicodedata import normalize

from alertnet.core.codec import value
from alertnet.core.inbound.on_the_road.day_words import (
    DAYS,
    LONGEST,
    MEANINGS,
    MONTH_OF,
    PART_OF,
    SHORT_OF,
    UNSURE,
    Day,
    Half,
)
from alertnet.core.inbound.sms_words import clean, meant_by, words_of


class Kind(Enum):
    HOUR = auto()
    OFFSET = auto()
    PLACE = auto()
    CODE = auto()
    NUMBER = auto()
    DAY = auto()
    HALF = auto()
    PART = auto()
    """A part of a day without an article, which counts right beside an hour or a day alone."""
    SHORT = auto()
    """A short weekday, which counts right beside an hour alone."""
    LINK = auto()
    """A small word before a day or an hour."""
    WORD = auto()
    STOP = auto()


@value
class Hour:
    """A time of day as it is written. `is_bare`: only `3h`, which may as well say how long the road is."""

    hour: int
    minute: int = 0
    half: Half | None = None
    is_bare: bool = False


@value
class Token:
    """A part of the text; `of`: what it says, if that is known."""

    kind: Kind
    text: str
    of: Day | Half | Hour | None = None


_LONGEST_RIDE = 5
_MINUTES = r"[0-5]\d\b(?![:.h])"
_HALF = (
    r"(?:@[ap]m|de la|por la|en la|da|du|de l|in the|at night|abends|morgens|nachts|nachmittags|mittags|del|do|al|ao)\b"
)
_COUNTS = rf" ?(?!{_HALF}|(?:[lpc]\d|utc|gmt))[a-z]"
"""A word that is counted by the number before it: 30 personas."""
_UNIT = r"h|hs|hrs?|heures?|horas?|hours?|uhr"
_UNITS = re.compile(rf"(?<=\d) ?(?:{_UNIT})(?:(?={_MINUTES})| (?={_MINUTES}(?!{_COUNTS}))|\b)")
_UHR = re.compile(rf"(?<![\d:.])(\d{{1,2}}) ?uhr\b(?! ?{_MINUTES})")
_OF_GERMAN = "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonn|abend|morgen|nachmittag|vormittag"
"""What follows `am` where it is no hour of the morning."""
_MERIDIEM = re.compile(rf"(?<=[\dh]) ?([ap])\.? ?m\b\.?(?! (?:\d|{_OF_GERMAN}))")
CLOCK = r"([01]?\d|2[0-3])(?:[:.]([0-5]\d)h?|h([0-5]\d)h?|([0-5]\d)h?|(h)|(?= @))(?: @([ap])m)?"
_NO_TIME = r"(?:in|dans|en|em|dentro de|daqui a) \d+h?\b(?![:.])|\d{1,2} ?[-–/,] ?\d{1,2}h\b"
_TO_HOUR = r"(?=,? (?:(?:a las|at|um|a|as) )?(?:[01]?\d|2[0-3])(?:[:.h]?[0-5]\d|h| @\w)\w*)"
_DATE = (
    r"(?<![\w/.-])(?:\d{4}-(?P<m>\d\d)-(?P<d>\d\d)\b|(?P<one>\d{1,2})/(?P<other>\d{1,2})(?:/(?:\d\d){1,2})?(?![\w/])"
    rf"|(?:(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?:(?:\d\d){{1,2}})?|(?P<dd>\d{{1,2}})-(?P<mm>\d{{1,2}})){_TO_HOUR}"
    r"|(?P<late>2[4-9]|3[01])\.(?P<of>0?[1-9]|1[0-2])\b"
    r"|\b(?:in|dans|en|em|dentro de|daqui a) (?:\d{1,2}|un[ao]?|dos|tres|deux|trois|zwei|drei|two|three|dois|duas) "
    r"(?:days?|dias?|jours?|tage?n?|semanas?|semaines?|weeks?|wochen?)\b)"
)
_TOKEN = re.compile(
    rf"(?P<date>{_DATE})|(?P<no>\b(?:{_NO_TIME}))|\b(?P<place>l\d{{1,3}})\b"
    r"|(?<![a-z])(?P<offset>(?:utc|gmt)(?: ?[-–−+] ?\d{1,2}(?::?[0-5]\d)?)?(?!\w))"
    rf"|\b(?P<clock>{CLOCK})(?:\b|(?=utc|gmt))|\b(?P<code>[pc]\d{{1,3}})\b|(?P<number>\d[\w:.]*)|(?P<word>[^\W\d_]+)"
    r"|(?P<stop>\n|[^\w\s'’´`-])"
)
_OF_DATE = ("m", "d", "one", "other", "day", "month", "dd", "mm", "late", "of")
_FEIRA = re.compile(r"\b([2-6])a\.?(?=[ -]*feira\b)")
_ALSO_FEIRA = re.compile(r"[2-6]a\.?")
_FEIRAS = ("segunda ", "terca ", "quarta ", "quinta ", "sexta ")
_HALVES = {"a": Half.MORNING, "p": Half.AFTERNOON}
GROUPS = re.compile(CLOCK).groups
_CLOCK_AT = _TOKEN.groupindex["clock"]
GAP = re.compile(rf"\b{CLOCK} ?[-–] ?{CLOCK}\b")

_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|ro|\.)?")
_YEAR = re.compile(r"20\d\d")
_ARTICLES = frozenset(("el", "le", "am", "den", "the", "dia"))
_LINKS = _ARTICLES | {
    *("a", "as", "las", "la", "at", "um", "on", "de", "del", "of", "d", "para", "pour", "fur", "for", "by", "until"),
    *("till", "hasta", "jusqu", "jusqua", "bis", "ate", "vers", "gegen", "around", "ca", "na", "no", "em", "en"),
    *("este", "this", "ce", "diesen", "nesta", "y", "e", "et", "und", "and", "con", "avec", "mit", "with", "com", "o"),
}
TO_AN_HOUR = frozenset(("a", "as", "las", "at", "um", "hasta", "ate", "bis", "until", "till", "vers", "gegen", "by"))
NEAR = frozenset(("media", "cuarto", "demi", "demie", "quart", "meia", "quarto", "menos", "moins", "halb", "viertel"))
NEAR |= {"half", "quarter", "trois"}
"""Words beside an hour by which it is another."""
_NO_SLIPS = frozenset(("manzana", "montage", "marte", "lunas", "lundis", "morgan", "freida", "demande", "domain"))
_FEWEST_OF_SLIP = 5
_EVENING = 5
"""People say "at night" for the hours after noon from this one on; earlier, as in "3 at night", it is ambiguous."""


def hour_of_day(hour: int, half: Half | None) -> int | None:
    """The hour from 0 to 23; None where it is not in that half of the day. Twelve at night is midnight."""
    if half is Half.MIDDAY:
        return hour + 12 if hour in (1, 2, 3) else hour if hour > 10 else None
    if half is Half.AFTERNOON:
        return hour if hour > 12 else hour % 12 + 12
    if half is Half.NIGHT:
        return hour if hour > 12 else {0: 0, 12: 0}.get(hour, hour + 12 if hour >= _EVENING else None)
    if half is Half.MORNING:
        return hour % 12 if hour <= 12 else None
    return hour


def plain(text: str) -> str:
    """The text with its words in small letters and ASCII digits, and hours as 18h; the rest is unchanged."""
    written, end, cleaned = "", 0, clean(text)
    for word in words_of(cleaned):
        written += normalize("NFKC", cleaned[end : word.start]) + word.plain
        end = word.end
    written = _FEIRA.sub(lambda found: _FEIRAS[int(found[1]) - 2], written + cleaned[end:])
    return _UNITS.sub("h", _MERIDIEM.sub(r" @\1m", _UHR.sub(r"\1:00", written)))


def tokens_of(text: str) -> list[Token]:
    """The tokens of such a plain text; phrases that name a day or a part of one are one token for each."""
    found = [_token(each) for each in _TOKEN.finditer(text)]
    tokens: list[Token] = []
    at = 0
    while at < len(found):
        many, made = _dated(found, at, tokens[-1:]) or _phrase(found, at) or (1, [_alone(found, at)])
        tokens += made
        at += many
    return tokens


def _token(found: re.Match[str]) -> Token:
    text = found[0]
    if found["date"]:
        numbers = tuple(sorted(int(found[name]) for name in _OF_DATE if found[name]))
        return Token(Kind.DAY, text, Day(numbers=numbers) if numbers else UNSURE)
    if found["clock"]:
        return Token(Kind.HOUR, text, hour_shown(found.groups()[_CLOCK_AT : _CLOCK_AT + GROUPS]))
    kinds = {"offset": Kind.OFFSET, "place": Kind.PLACE, "code": Kind.CODE, "word": Kind.WORD, "stop": Kind.STOP}
    return Token(next((kind for name, kind in kinds.items() if found[name]), Kind.NUMBER), text)


def hour_shown(shown: Sequence[str | None]) -> Hour:
    """The hour by the groups of `CLOCK`."""
    hour, *minutes, unit, half = shown
    is_bare = bool(unit or minutes[1]) and half is None and int(hour or 0) <= _LONGEST_RIDE
    return Hour(int(hour or 0), int(next(filter(None, minutes), 0)), _HALVES.get(half or ""), is_bare)


def _phrase(found: Sequence[Token], at: int) -> tuple[int, list[Token]] | None:
    words = [each.text for each in takewhile(lambda each: each.kind is Kind.WORD, found[at : at + LONGEST])]
    for many in range(len(words), 0, -1):
        phrase = tuple(words[:many])
        if phrase in MEANINGS:
            text = " ".join(phrase)
            said = MEANINGS[phrase]
            return many, [Token(Kind.DAY if isinstance(each, Day) else Kind.HALF, text, each) for each in said]
        if (half := PART_OF.get(" ".join(phrase))) is not None:
            return many, [Token(Kind.PART, " ".join(phrase), half)]
    return None


def _dated(found: Sequence[Token], at: int, before: Sequence[Token]) -> tuple[int, list[Token]] | None:
    """A day by its number, with its month, or after a weekday or an article: Dec 1, viernes 28, el 28 a las 8:00."""
    one, rest = found[at], found[at + 1 :]
    many, day = 1, _number(one)
    if day is not None:
        linked = list(takewhile(lambda each: each.text in ("de", "of", "d"), rest))
        month = MONTH_OF.get(rest[len(linked)].text) if len(rest) > len(linked) else None
        many += (len(linked) + 1) * (month is not None)
        is_named = month is not None or (bool(before) and _follows_weekday(before[0]) and _ends(found[at + 1 :]))
    elif one.text in _ARTICLES and rest and (day := _number(rest[0])) is not None:
        many, month, is_named = 2, None, _ends(rest[1:])
    else:
        month = MONTH_OF.get(one.text)
        day = _number(rest[0]) if month and rest else None
        many, is_named = 2, day is not None
    if not is_named:
        return None
    many += _year(found[at + many :]) if month else 0
    return many, [Token(Kind.DAY, one.text, Day(number=day, month=month))]


def _number(token: Token) -> int | None:
    found = _ORDINAL.fullmatch(token.text) if token.kind is Kind.NUMBER else None
    return int(found[1]) if found and 1 <= int(found[1]) <= 31 else None


def _year(rest: Sequence[Token]) -> int:
    """How many tokens name a year; without another hour after it, four digits are an hour."""
    many = 2 if rest and rest[0].text in ("de", "del") else 1
    is_year = len(rest) >= many and _YEAR.fullmatch(rest[many - 1].text) is not None
    return many if is_year and any(each.kind is Kind.HOUR for each in rest[many:]) else 0


def _follows_weekday(before: Token) -> bool:
    return isinstance(before.of, Day) and before.of.weekday is not None


def _ends(rest: Sequence[Token]) -> bool:
    """Whether an hour follows, or nothing."""
    following = next((each for each in rest if each.kind is not Kind.STOP and each.text not in _LINKS), None)
    return following is None or following.kind is Kind.HOUR


def _alone(found: Sequence[Token], at: int) -> Token:
    token = found[at]
    if token.kind is Kind.NUMBER and _is_hour(token.text) and at + 1 < len(found):
        phrase = _phrase(found, at + 1)
        if phrase and phrase[1] and isinstance(phrase[1][0].of, Half):
            return Token(Kind.HOUR, token.text, Hour(int(token.text)))
    if token.kind is Kind.NUMBER and _ALSO_FEIRA.fullmatch(token.text):
        return Token(Kind.SHORT, token.text, UNSURE)
    if token.kind is not Kind.WORD:
        return token
    if token.text in SHORT_OF:
        return Token(Kind.SHORT, token.text, SHORT_OF[token.text])
    if token.text in _LINKS:
        return Token(Kind.LINK, token.text)
    is_slip = len(token.text) >= _FEWEST_OF_SLIP and token.text not in _NO_SLIPS and bool(meant_by(token.text, DAYS))
    return Token(Kind.DAY, token.text, UNSURE) if is_slip or _is_cut(found, at) else token


def _is_hour(text: str) -> bool:
    return text.isdecimal() and len(text) <= len("23") and int(text) < 24


def _is_cut(found: Sequence[Token], at: int) -> bool:
    """Whether a text ends within a day, as where a network brings its parts one by one: 18:00 ma."""
    is_last = 0 < at == len(found) - 1 and found[at - 1].kind is Kind.HOUR
    return is_last and any(day.startswith(found[at].text) for day in DAYS)
