"""Reads a text from the field: a verb, then codes in any order, then words (B4, domain 6).

    VERB [PIN] [TYPE] [PLACE] [PEOPLE] [C0-C3] words

Nothing here knows who sent the text: flows check the PIN. A doubtful text gives nothing, and a person reads it.
"""

from collections.abc import Collection, Iterator
from dataclasses import field
from datetime import timedelta
from itertools import pairwise, takewhile, zip_longest

from alertnet.core.codec import replace, value
from alertnet.core.inbound.code_formats import (
    CONSENT_APART,
    CONSENTS,
    MEASURED,
    PERSON_CODE,
    PLACE_CODE,
    is_pin,
    perhaps_consent,
)
from alertnet.core.inbound.contradictions import cries_among, is_denied
from alertnet.core.inbound.field_words import (
    ALARMS,
    ARRIVED,
    AS_OK,
    BATTERY,
    CALLED_OFF,
    CRIES_THAT_ASK,
    DANGER,
    DRILLS,
    EMPTY,
    FALSE,
    GREETINGS,
    HEDGED,
    LABELS,
    LANGUAGE_OF,
    NO_DRILL,
    NO_MORE,
    PANIC,
    PLEADING,
    PLEAS,
    SOS,
    SOS_APART,
    SOS_WITH_SLIP,
    URGENT_WORDS,
    VERB_OF_PHRASE,
    VERB_OF_WORD,
    WELL,
    FieldVerb,
)
from alertnet.core.inbound.sms_words import MOST_BEFORE_PIN, Word, clean, meant_by, span_in, with_pin_joined, words_of
from alertnet.core.inbound.type_names import begins_with_type, type_in
from alertnet.core.incident import REF_CHARACTERS, REF_LETTERS, TYPES_BY_NUMBER, Scope, narrowest

_APOSTROPHES = tuple("'’‘´`")


@value
class Report:
    """What was understood of a member's text; each part may be missing.

    `text` begins at the first word that was not understood, and is kept as written, without any PIN in it.
    """

    panic: bool
    """Whether it is SOS, HELP or another cry for help; in a withdrawal, whether it begins with one."""
    is_asked: bool = field(default=False, compare=False, kw_only=True)
    """Whether the cry is part of a sentence, which may be about another's: please help, hola, ayuda en camino."""
    at_most: Scope | None = field(default=None, kw_only=True)
    """The consent that may be meant where its digit stands apart, as in a sentence: it narrows, and never widens."""
    pin: str | None = field(default=None, repr=False)
    type: str | None = None
    is_type_told: bool = field(default=False, compare=False, kw_only=True)
    """Whether the type was found in a sentence, beside other words, rather than said by its number or by itself."""
    place: str | None = None
    people: tuple[str, ...] = ()
    consent: Scope | None = None
    text: str | None = None
    verb: FieldVerb = FieldVerb.RAISE
    ref: str | None = None
    """In a withdrawal or an update: the reference of the incident that it names."""
    longer: timedelta | None = None
    """In an extension: by how much."""
    language: str | None = None
    """The code of the language that is asked for."""
    cries: bool = False
    """Whether a text of another verb cries for help behind it, so that all is not well."""

    @property
    def narrowest(self) -> Scope | None:
        """The narrowest consent that it gives, or may give."""
        said = [each for each in (self.consent, self.at_most) if each]
        return narrowest(said) if said else None


@value
class _Beginning:
    """The beginning of a report: its verb, a PIN joined to it, and the words after it."""

    verb: FieldVerb
    is_panic: bool
    pin: str | None
    rest: list[Word]
    is_asked: bool = False


def parse_report(text: str, known_people: Collection[str] = ()) -> Report | None:
    """Read a report that begins with a verb of the field, or with PIN and type; None for any other text.

        SOS · AYUDA · we need help · ALERTA 47110 20 L12 P7 C2 words · 47110 arrest · 47110 SOS · ALRETA47110
        NEWS 47110 freed · OK 47110 · GO 47110 · ARR 47110 · WAIT 47110 2H · FALSE 47110 A-7K3M · LOW · LANG FR

    One slip in the verb is forgiven (a letter wrong, missing, doubled or swapped with its neighbour), unless two verbs
    may be meant; for verbs that raise nothing only if a PIN shows that a verb was meant. The PIN (5 or 6 digits) and
    the type's number stand before the words, in any order, or that number right behind the PIN and before no word,
    which it may count; a later PIN is removed from them. Codes of people (P7, and those of `known_people` that have a
    digit), place (L12) and consent (C0 to C3) are read anywhere; of several consents the narrowest counts. The type's
    name counts where the form has it, else the gravest type in the words that is not denied.
    """
    text = CONSENT_APART.sub(r"\1", with_pin_joined(clean(text)))
    coded = _coded(known_people)
    if (begun := _begin(text, words_of(text, coded))) is None:
        return None
    rest = begun.rest
    pin = None if begun.pin else next((word for word in rest if is_pin(word.plain)), None)
    type, of_type = _type(text, rest, coded) if begun.verb in (FieldVerb.RAISE, FieldVerb.UPDATE) else (None, [])
    ref, of_ref = _ref(text, rest) if begun.verb in (FieldVerb.WITHDRAW, FieldVerb.UPDATE) else (None, [])
    longer, of_span = span_in(text, rest) if begun.verb is FieldVerb.EXTEND else (None, [])
    language, of_language = _language(rest) if begun.verb is FieldVerb.LANGUAGE else (None, [])
    known = [*([pin] if pin else []), *of_type, *of_ref, *of_span, *of_language]
    return replace(
        _codes_among(text, rest, coded),
        panic=begun.is_panic,
        is_asked=begun.is_asked,
        pin=begun.pin or (pin.plain if pin else None),
        type=type,
        is_type_told=type is not None and not of_type,
        text=_free_text(text, rest, pin, known, coded),
        verb=begun.verb,
        ref=ref,
        longer=longer,
        language=language,
        cries=_cries_besides(begun.verb, text, rest),
    )


def _cries_besides(verb: FieldVerb, text: str, rest: list[Word]) -> bool:
    """Whether a text of that verb cries for help as well; in a test people may try that out."""
    if verb in (FieldVerb.RAISE, FieldVerb.TEST):
        return False
    return cries_among(text, rest, but_sos=verb is FieldVerb.WITHDRAW, but_told=verb is FieldVerb.UPDATE)


def codes_in(text: str, known_people: Collection[str]) -> Report:
    """The first place code and all person codes in any text; of a consent in it, only that it narrows."""
    codes = _codes_among(text := clean(text), words_of(text, coded := _coded(known_people)), coded)
    return replace(codes, consent=None, at_most=codes.narrowest)


def begins_report(text: str, words: list[Word], *, is_answer: bool) -> bool:
    """Whether these words raise an alarm, so that digits are no code; beside a verb, help may be what is coming."""
    begun = _begin(text, words)
    return begun is not None and begun.verb is FieldVerb.RAISE and not (is_answer and begun.is_asked)


def _begin(text: str, words: list[Word]) -> _Beginning | None:
    if len(words) > 1 and words[0].plain == "pin" and is_pin(words[1].plain):
        words = words[1:]
    begun = (
        _begin_saying_no_more(text, words)
        or _begin_with_first(text, words)
        or _begin_greeted(text, words)
        or _begin_with_cry_among(text, words)
    )
    return (begun and _begin_with_cry_after(text, begun)) or begun


def _begin_saying_no_more(text: str, words: list[Word]) -> _Beginning | None:
    """The beginning of a text that says before its PIN, or in all, only danger, false alarm, there, or well."""
    at = next((at for at, word in enumerate(words) if is_pin(word.plain)), None)
    said = [word for word in (words[1:] if at == 0 else words[:at]) if not PLACE_CODE.fullmatch(word.plain)]
    verb = _verb_of_all(" ".join(word.plain for word in said))
    is_quiet = verb in (FieldVerb.ARRIVE, FieldVerb.CHECK_IN)
    if verb is None or (is_quiet and (at is None or "?" in text[: words[at].start if at else None])):
        return None
    pin, rest = (words[0].plain, words[1:]) if at == 0 else (None, words)
    is_cry = verb is FieldVerb.RAISE
    is_panic = is_cry or SOS.fullmatch(said[0].plain) is not None
    return _Beginning(verb, is_panic, pin, [word for word in rest if word not in said], is_asked=is_cry)


def _verb_of_all(said: str) -> FieldVerb | None:
    """The verb of which all these words speak, and none denies it."""
    words = frozenset(AS_OK.sub("ok", said).split())
    if not words <= NO_MORE:
        return None
    if words & DANGER:
        return None if words & (WELL | ARRIVED | FALSE) else FieldVerb.RAISE
    if words & (CALLED_OFF | FALSE):
        return FieldVerb.WITHDRAW if words & CALLED_OFF and words & FALSE else None
    if not words & (ARRIVED | WELL) or HEDGED.search(said):
        return None
    return FieldVerb.ARRIVE if words & ARRIVED else FieldVerb.CHECK_IN


def _begin_with_first(text: str, words: list[Word]) -> _Beginning | None:
    plain = [word.plain for word in words]
    for many in (3, 2):
        if SOS_APART.fullmatch(" ".join(plain[:many])) and not _is_so_is(text, words):
            return _Beginning(FieldVerb.RAISE, True, None, words[many:])
    if _is_pin_and_type(words) or _is_type_and_pin(words):
        return _Beginning(FieldVerb.RAISE, False, None, words)
    if len(words) > 1 and is_pin(plain[0]) and not is_pin(plain[1]) and (begun := _begin(text, words[1:])):
        return replace(begun, pin=plain[0])
    if _is_sos(plain):
        return _Beginning(FieldVerb.RAISE, True, None, words[1:])
    if BATTERY & {*plain[:3]} and EMPTY & {*plain[:3]}:
        said = max(at for at, word in enumerate(plain[:3]) if word in BATTERY | EMPTY)
        return _Beginning(FieldVerb.LOW_BATTERY, False, None, words[said + 1 :])
    if phrase := next((each for each in VERB_OF_PHRASE if tuple(plain[: len(each)]) == each), None):
        return _begin_with_phrase(phrase, words[len(phrase) :])
    if (asked := _pleading(plain)) and meant_by(plain[asked], PANIC):
        return _Beginning(FieldVerb.RAISE, True, None, words[asked + 1 :], is_asked=True)
    return _begin_with(plain[0], words[1:]) if words else None


def _is_sos(plain: list[str]) -> bool:
    """Whether the first word is SOS; one with a slip only counts right before a PIN, which shows what was meant."""
    may_slip = len(plain) > 1 and is_pin(plain[1])
    return bool(plain) and bool(SOS.fullmatch(plain[0]) or (may_slip and SOS_WITH_SLIP.fullmatch(plain[0])))


def _is_so_is(text: str, words: list[Word]) -> bool:
    """Whether the first two words are `so's`, and begin a sentence."""
    first, second = words[0], words[1]
    is_short = text[first.end : second.start] in _APOSTROPHES and not text[first.start : second.end].isupper()
    return is_short and len(words) > len("so") and words[2].plain.isalpha()


def _says_no_drill(verbs: set[str], rest: list[Word]) -> bool:
    """Whether it begins with the word for a drill, and may say of it that it is over, or is none."""
    return bool(verbs & DRILLS) and not NO_DRILL.isdisjoint(word.plain for word in rest)


def _begin_greeted(text: str, words: list[Word]) -> _Beginning | None:
    """The beginning by a cry for help behind a greeting, codes, or the number of a part: (1/2) SOS."""
    led = list(takewhile(lambda word: word.plain in GREETINGS or _is_code(word.plain) or is_pin(word.plain), words))
    codes, rest = [word for word in led if word.plain not in GREETINGS], words[len(led) :]
    if not led or not rest or "?" in text or (rest[0].plain not in PANIC and meant_by(rest[0].plain, PANIC)):
        return None  # Hola, sos Ana? asks whether you are Ana; and Hilde, behind Hallo, is no slip for Hilfe.
    begun = _begin_saying_no_more(text, rest) or _begin_with_first(text, rest)
    return replace(begun, rest=codes + begun.rest, is_asked=True) if begun and begun.is_panic else None


def _pleading(plain: list[str]) -> int:
    """How many words plead for the one after them; 0 where none do, or none follows."""
    count = sum(1 for _ in takewhile(lambda word: word in PLEADING, plain))
    return count if count < len(plain) and not PLEAS.isdisjoint(plain[:count]) else 0


def _begin_with(word: str, rest: list[Word]) -> _Beginning | None:
    """The beginning by its first word, which may have a slip."""
    meant = meant_by(word, VERB_OF_WORD)
    verbs = {VERB_OF_WORD[each] for each in meant}
    if len(verbs) != 1 or _says_no_drill(meant, rest):
        return None
    (verb,) = verbs
    if verb is not FieldVerb.RAISE and word not in meant and not _is_proven(rest):
        return None
    return _Beginning(verb, not meant.isdisjoint(PANIC), None, rest)


def _begin_with_cry_among(text: str, words: list[Word]) -> _Beginning | None:
    """The beginning by a word that raises an alarm and the PIN after it, anywhere in the text."""
    for at, (word, following) in enumerate(pairwise(words)):
        is_cry = word.plain in PANIC | ALARMS | URGENT_WORDS or SOS.fullmatch(word.plain)
        if is_cry and is_pin(following.plain) and not is_denied(text, words[: at + 1]):
            is_panic = word.plain not in ALARMS | URGENT_WORDS
            return _Beginning(FieldVerb.RAISE, is_panic, None, words[:at] + words[at + 1 :])
    return None


def _begin_with_cry_after(text: str, begun: _Beginning) -> _Beginning | None:
    """The alarm that a network has joined to another text, which ends before it with its own PIN."""
    if begun.verb in (FieldVerb.RAISE, FieldVerb.UPDATE):
        return None
    pins = [at for at, word in enumerate(begun.rest) if is_pin(word.plain)]
    first = 0 if begun.pin else pins[0] + 1 if pins else len(begun.rest)
    return _begin_with_cry_among(text, begun.rest[first:])


def _begin_with_phrase(phrase: tuple[str, ...], rest: list[Word]) -> _Beginning | None:
    verb = VERB_OF_PHRASE[phrase]
    is_cry = verb is FieldVerb.RAISE
    return (
        _Beginning(verb, is_cry, None, rest, " ".join(phrase) in CRIES_THAT_ASK) if is_cry or _is_proven(rest) else None
    )


def _is_proven(rest: list[Word]) -> bool:
    """Whether a PIN among the codes after it shows that a verb was meant."""
    return any(is_pin(each.plain) for each in _head(rest))


def _is_pin_and_type(words: list[Word]) -> bool:
    """Whether a text begins with PIN and type."""
    plain = [word.plain for word in words[:2]]
    if len(words) < 2 or not any(map(is_pin, plain)):
        return False
    return sorted(map(_is_number_of_type, plain)) == [False, True] or (is_pin(plain[0]) and begins_with_type(words[1:]))


def _is_type_and_pin(words: list[Word]) -> bool:
    """Whether a text says the name of a type, and nothing else, before its PIN."""
    said = list(takewhile(lambda word: not is_pin(word.plain), words[:MOST_BEFORE_PIN]))
    follows = words[len(said) : len(said) + 1]
    return bool(said and follows) and is_pin(follows[0].plain) and type_in(said, begins=0)[1] == said


def _type(text: str, rest: list[Word], coded: Collection[str]) -> tuple[str | None, list[Word]]:
    """The type by its number or name, and the words that say only that."""
    head = list(_head(rest, coded))
    pin = next((at for at, word in enumerate(rest) if is_pin(word.plain)), len(rest))
    behind = list(takewhile(lambda word: word.plain.isdecimal() or _is_code(word.plain, coded), rest[pin:]))
    if after := rest[pin + len(behind) :]:
        behind = behind if text[behind[-1].end : after[0].start].strip() else behind[:-1]
    codes = (*head, *behind)
    measured = {at for found in MEASURED.finditer(text) for at in range(*found.span())}
    number = next((word for word in codes if _is_number_of_type(word.plain) and word.start not in measured), None)
    if number is not None:
        return TYPES_BY_NUMBER[int(number.plain)].code, [number]
    type, name = type_in(rest, begins=len(head))
    says_all = all(_is_code(word.plain, coded) or is_pin(word.plain) for word in rest[len(head) + len(name) :])
    return type, name if says_all else []


def _ref(text: str, rest: list[Word]) -> tuple[str | None, list[Word]]:
    """The reference in the text, such as A-7K3M; without the hyphen only if a digit shows that it is not a word."""
    for word, following in zip_longest(rest, rest[1:]):
        if following and text[word.end : following.start] in ("-", " "):
            letter, characters = word.plain.upper(), following.plain.upper()
            is_sure = text[word.end] == "-" or any(map(str.isdecimal, characters))
            if is_sure and _is_ref(letter, characters):
                return f"{letter}-{characters}", [word, following]
        letter, characters = word.plain[:1].upper(), word.plain[1:].upper()
        if any(map(str.isdecimal, characters)) and _is_ref(letter, characters):
            return f"{letter}-{characters}", [word]
    return None, []


def _is_ref(letter: str, characters: str) -> bool:
    return (
        len(letter) == 1 and letter in REF_LETTERS and len(characters) == 4 and set(characters) <= set(REF_CHARACTERS)
    )


def _language(rest: list[Word]) -> tuple[str | None, list[Word]]:
    named = [word for word in rest if word.plain in LANGUAGE_OF][:1]
    return (LANGUAGE_OF[named[0].plain], named) if named else (None, [])


def _coded(known_people: Collection[str]) -> frozenset[str]:
    """The words that name these people. A code without a digit may be any word."""
    small = [code.lower() for code in known_people if any(map(str.isdecimal, code))]
    return frozenset(code for code in small if code not in CONSENTS and not PLACE_CODE.fullmatch(code))


def _codes_among(text: str, words: list[Word], coded: Collection[str]) -> Report:
    places = (word.plain.upper() for word in words if PLACE_CODE.fullmatch(word.plain))
    people = (word.plain.upper() for word in words if word.plain in coded or PERSON_CODE.fullmatch(word.plain))
    said = [CONSENTS[word.plain] for word in words if word.plain in CONSENTS]
    codes = Report(False, place=next(places, None), people=tuple(dict.fromkeys(people)), at_most=perhaps_consent(text))
    return replace(codes, consent=narrowest(said)) if said else codes


def _head(words: list[Word], coded: Collection[str] = ()) -> Iterator[Word]:
    """The words before the free text: digits, codes and labels."""
    return takewhile(lambda word: word.plain.isdecimal() or _is_code(word.plain, coded) or word.plain in LABELS, words)


def _free_text(
    text: str, words: list[Word], pin: Word | None, known: Collection[Word], coded: Collection[str]
) -> str | None:
    """The free text: from the first word with no other meaning to the end, without the PIN."""
    said = [*known, *(word for word in _head(words, coded) if word.plain in LABELS)]
    others = (word.start for word in words if word not in said and not _is_code(word.plain, coded))
    start = next(others, len(text))
    if pin is not None and pin.start >= start:
        return f"{text[start : pin.start].strip()} {text[pin.end :].strip()}".strip()
    return text[start:].strip() or None


def _is_code(plain: str, coded: Collection[str] = ()) -> bool:
    return plain in CONSENTS or plain in coded or bool(PERSON_CODE.fullmatch(plain) or PLACE_CODE.fullmatch(plain))


def _is_number_of_type(plain: str) -> bool:
    return len(plain) == 2 and plain.isdecimal() and int(plain) in TYPES_BY_NUMBER
