"""What the templates lack as a whole: files and words of a language, stages of a call, room in an SMS."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from unicodedata import name

from alertnet.core.delivery.sms_encoding import count, fold, is_basic, is_gsm7
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.languages import primary
from alertnet.core.disclosure import Further, Said, Subject
from alertnet.core.inbound.sms_answers import VERBS
from alertnet.core.incident import TYPES, CloseReason
from alertnet.core.notification import URGENT, Kind
from alertnet.messages.checks.leaks import find_leaks
from alertnet.messages.checks.parity import LABELS, find_uneven
from alertnet.messages.message import METHODS, OPEN_MATTERS, STAGES, SUBJECTS
from alertnet.messages.page import PAGE
from alertnet.messages.renderer import Renderer, fits
from alertnet.messages.templates.load import LAYOUT, PARTS, Templates
from alertnet.messages.templates.restricted_jinja import Environment, Named
from alertnet.messages.words import SHORT_ABOUT, Words, read_labels

REQUIRED = ("en",)
"""What every other language is compared with, and falls back to."""

_NO_OR_YES = (False, True)
_AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
_TOKEN = "X" * 16
_BEFORE_A_CODE = re.compile(r"([^\W\d_]+)\s+\{\{ code \}\}")
_LONG = "m" * 40
_MORE = tuple(Further("A-7K3M", Subject.FOREIGN_CODE, _LONG) for _ in range(30))
_OPEN = tuple(replace(each, kind=Kind.ALARM, code="4711") for each in _MORE)


def find_faults(
    templates: Templates, public_url: str, spared: Collection[str] = (), cheap: Collection[str] | None = None
) -> list[str]:
    """Everything that keeps these templates from being used, each by its file; nothing = fit for use.

    `templates check` and the start of the program run it. A language is complete or it is a fault: adding one means
    adding its folders until none is left here. `spared`: files that may be missing, or say another thing than English.
    `cheap`: the languages whose SMS have to be GSM-7, accents being replaced on sending; without, all of Latin script,
    nothing in them that would be replaced, and no word to answer with that would not be understood.
    """
    faults = find_missing(templates, spared)
    # What isn't there can't be rendered: the rest is looked at once the folder is whole.
    if faults:
        return faults
    renderer = Renderer(templates)
    return [
        *find_uneven(templates, languages_of(templates), spared),
        *((*find_foreign_characters(templates), *_find_unheard(templates)) if cheap is None else ()),
        *find_leaks(renderer),
        *find_oversize(renderer, public_url, cheap),
    ]


def languages_of(templates: Templates) -> list[str]:
    """English, and those that have any file at all, in the order of the alphabet.

    A region of one of them is none of its own: it has no more than what it says otherwise.
    """
    found = {*REQUIRED, *_languages(templates)}
    return sorted(tag for tag in found if tag == primary(tag) or primary(tag) not in found)


def find_missing(templates: Templates, spared: Collection[str] = ()) -> list[str]:
    """Files, stages of calls, and words of the page and the call sheet that a language lacks beside English."""
    languages = languages_of(templates)
    absent = [path for path in (LAYOUT, PAGE) if path not in templates.files]
    absent += [path for language in languages for path in find_absent(templates, language)]
    faults = [f"{path}: missing" for path in absent if path not in spared]
    found = (
        (path, fault)
        for language in languages
        for path, fault in (*_stages(templates, language), *_labels(templates, language))
    )
    return faults or [f"{path}: {fault}" for path, fault in found if path not in spared]


def find_absent(templates: Templates, language: str) -> list[str]:
    """The files that a language lacks."""
    return [path for path in _paths(language) if not _is_there(path, templates)]


def find_foreign_characters(templates: Templates) -> list[str]:
    """Characters in SMS of Latin script that would be replaced on sending: better seen as they will arrive."""
    faults = []
    latin = [language for language in languages_of(templates) if _is_latin(templates, language)]
    for path, source in templates.files.items():
        if path.endswith("/sms.j2") and primary(path.split("/")[1]) in latin:
            for number, line in enumerate(source.splitlines(), start=1):
                foreign = "".join(sorted({character for character in line if not is_gsm7(character)}))
                faults += [f"{path}:{number}: {foreign!r} is not in the SMS alphabet (GSM 03.38)"] if foreign else []
    return faults


def _find_unheard(templates: Templates) -> list[str]:
    """Words in capitals that somebody is to write before a code, and that no answer begins with."""
    return [
        f"{path}: {word!r} before a code would not be understood (known: {', '.join(VERBS).upper()})"
        for path, source in templates.files.items()
        for word in dict.fromkeys(_BEFORE_A_CODE.findall(source))
        if word.isupper() and word.lower() not in VERBS
    ]


def _is_latin(templates: Templates, language: str) -> bool:
    """Whether its SMS are in the Latin script: then each can be, and so has to be, in the cheap alphabet."""
    texts = (source for path, source in templates.files.items() if path.endswith(f"/{language}/sms.j2"))
    return all(name(sign, "LATIN").startswith("LATIN") for text in texts for sign in text if sign.isalpha())


def find_oversize(renderer: Renderer, public_url: str, cheap: Collection[str] | None = None) -> list[str]:
    """The SMS that do not fit even at their shortest: one GSM-7 segment, in other scripts also two of UCS-2.

    Tried for the longest case: this public URL, a sender of 12, a reference of 6, a callback of 13 characters, and of
    every language its longest type, in drills too, and for every subject and reason.
    """
    faults: set[str] = set()
    if cheap is None:
        cheap = [language for language in renderer.languages if _is_latin(renderer.templates, language)]
    for kind, language in product((kind for kind in METHODS if MethodKind.SMS in METHODS[kind]), renderer.languages):
        base = _longest(renderer.words(language), public_url)
        for alike in _alike(kind, language, renderer):
            for subject in alike:
                cases = _cases(kind, replace(base, subject=subject), renderer.named_in(kind, "sms.j2", language))
                found = {fault for said in cases for fault in _oversize(renderer, kind, language, said, cheap)}
                faults |= found
                if not found:
                    break
    return sorted(faults)


def _oversize(renderer: Renderer, kind: Kind, language: str, said: Said, cheap: Collection[str]) -> Iterator[str]:
    text = renderer.render(kind, MethodKind.SMS, language, said).text
    size = count(text)
    if not fits(size) or (primary(language) in cheap and size.encoding != "gsm7"):
        subject = f", {said.subject or said.reason}" if said.subject or said.reason else ""
        folder = OPEN_MATTERS if kind in URGENT and said.more else kind
        place = f"{folder}/{language}/sms.j2: {said.type}{subject}{', drill' if said.drill else ''}"
        yield f"{place}: {size.units} {size.encoding} units in {size.segments} segments: {text}"


def _longest(words: Words, public_url: str) -> Said:
    return Said(
        sender="M" * 12,
        organisation="M",
        ref="A-7K3M",
        callback="+573005550101",
        timezone="UTC",
        type=max(TYPES, key=lambda code: count(words.short_type(code)).units),
        link=f"{public_url.rstrip('/')}/a/{_TOKEN}",
        about=_LONG,
        level=10,
        contacts=100,
        at=_AT,
        due_at=_AT,
        automatic_at=_AT,
        names=tuple("M" * 3 for _ in range(30)),
    )


def _alike(kind: Kind, language: str, renderer: Renderer) -> list[list[Subject | None]]:
    """The subjects of a kind, together those whose SMS differ by their statement alone: the longest statement first.

    Where an SMS with that one fits, it does with the others.
    """
    words, subjects = renderer.words(language), SUBJECTS.get(kind, (None,))
    named = [renderer.named_in(each, "sms.j2", language) for each in (kind, OPEN_MATTERS)]
    chosen_by = {place.name for each in named for place in each.subjects}
    # A statement with the type in it is not the same wherever it is said.
    others = [
        each for each in subjects if each and each not in chosen_by and "{type}" not in words.subjects.get(each, "")
    ]
    stated = {each: fold(words.statement(each, _LONG[:SHORT_ABOUT])) for each in others}
    is_said = any("subject" in each.said for each in named)
    if kind is Kind.DECISION or is_said or not all(map(is_basic, stated.values())):
        return [[each] for each in subjects]
    others.sort(key=lambda each: len(stated[each]), reverse=True)
    return [*([each] for each in subjects if each not in stated), [*others]]


def _cases(kind: Kind, said: Said, named: Named) -> Iterator[Said]:
    """What makes a message longer or shorter besides, as far as its template names it."""
    names = {place.name for place in named.anywhere}
    reasons = tuple(CloseReason) if kind is Kind.STAND_DOWN else (None,)
    codes = ((), tuple("4711" for _ in range(30))) if kind in (Kind.RECEIPT, Kind.NOT_UNDERSTOOD) else ((),)
    for reason, open_codes in product(reasons, codes):
        about = replace(said, reason=reason, open_codes=open_codes)
        if kind in URGENT:
            yield from (replace(about, code="4711", more=_OPEN, drill=drill) for drill in (False, True))
        if kind is Kind.NOTICE:
            yield from (replace(about, more=_MORE), replace(about, more=_MORE, link=None, drill=True))
        if kind is Kind.RECEIPT:
            yield from (replace(about, silent=True, drill=drill) for drill in (False, True))
        if kind is Kind.ALERT:
            yield from (replace(about, drill=drill, link=None, expects_answer=False) for drill in (False, True))
        alsos, answers = (_NO_OR_YES if wanted & names else (False,) for wanted in ({"also"}, {"answerable", "code"}))
        for drill, also, answerable in product(_NO_OR_YES, alsos, answers):
            code = "4711" if answerable else None
            yield replace(about, drill=drill, also=also, answerable=answerable, code=code)


def _languages(templates: Templates) -> Iterator[str]:
    for path in templates.files:
        folder, *rest = path.split("/")
        if folder in ("words", *LABELS) and path.endswith(".yaml"):
            yield rest[0].removesuffix(".yaml")
        elif len(rest) > 1:
            yield rest[0]


def _paths(language: str) -> Iterator[str]:
    yield from (f"words/{language}.yaml", f"call/{language}/voice.j2", f"{OPEN_MATTERS}/{language}/sms.j2")
    yield from (f"{folder}/{language}.yaml" for folder in LABELS)
    for kind, methods in METHODS.items():
        for method in sorted(methods):
            yield from (f"{kind}/{language}/{part}" for part in PARTS[method])


def _is_there(path: str, templates: Templates) -> bool:
    """Whether a file is there; a kind's own subject line is optional beside the one of all mails."""
    _, *rest = path.split("/")
    return path in templates.files or (rest[-1] == "subject.j2" and "/".join(("mail", *rest)) in templates.files)


def _stages(templates: Templates, language: str) -> Iterator[tuple[str, str]]:
    """Each file of a call with what is wrong with its stages; of those that are there."""
    environment = Environment(templates.files)
    call = f"call/{language}/voice.j2"
    shared = environment.get_template(call).blocks if call in templates.files else STAGES
    paths = [f"{kind}/{language}/voice.j2" for kind, methods in METHODS.items() if MethodKind.CALL in methods]
    for path in (path for path in paths if path in templates.files):
        own = environment.get_template(path).blocks
        yield from ((path, f"missing stage {stage!r}") for stage in STAGES if stage not in {*shared, *own})
        known = ", ".join(STAGES)
        yield from ((path, f"unknown stage {stage!r} (known: {known})") for stage in own if stage not in STAGES)


def _labels(templates: Templates, language: str) -> Iterator[tuple[str, str]]:
    """Each table of labels with what is wrong with it; of those that are there."""
    for path, english in ((f"{folder}/{language}.yaml", f"{folder}/en.yaml") for folder in LABELS):
        if path in templates.files and english in templates.files:
            known, found = (set(read_labels(templates.files[name])) for name in (english, path))
            yield from ((path, f"missing {name!r}") for name in sorted(known - found))
            yield from ((path, f"unknown {name!r} (not in {english})") for name in sorted(found - known))
