"""Checks the templates as a whole: missing files and words, call stages, and SMS that are too long."""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import product
from unicodedata import name

from alertnet.core.codec import replace
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
from alertnet.messages.templates.load import LAYOUT, PARTS, Templates, language_of
from alertnet.messages.templates.restricted_jinja import Named, named_in
from alertnet.messages.words import SHORT_ABOUT, Words, read_labels

REQUIRED = ("en",)
"""The language that others are compared with and fall back to."""

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
    """All faults that keep these templates from being used, each with its file; empty means fit for use.

    `templates check` and the start of the program run it. A language must be complete: add its files until no fault is
    left. `spared`: files that may be missing, or differ from English. `cheap`: languages whose SMS must be GSM-7 after
    accents are replaced. Without it, all languages in Latin script must be GSM-7 as written, and every word to answer
    with must be understood.
    """
    faults = find_missing(templates, spared)
    # Missing files can't be rendered, so the other checks wait until the folder is complete.
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
    """English and every language with at least one file, in alphabetical order.

    A region such as `es-MX` does not count beside its language, since it only overrides some of its texts.
    """
    found = {*REQUIRED, *filter(None, map(language_of, templates.files))}
    return sorted(tag for tag in found if tag == primary(tag) or primary(tag) not in found)


def find_missing(templates: Templates, spared: Collection[str] = ()) -> list[str]:
    """Files, call stages, and words of the page and the call sheet that a language lacks compared with English."""
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
    return [path for path in _paths(language) if not _is_there(path, templates)]


def find_foreign_characters(templates: Templates) -> list[str]:
    """Characters in Latin-script SMS that sending would replace, since they are outside GSM 03.38."""
    faults = []
    latin = [language for language in languages_of(templates) if _is_latin(templates, language)]
    for path, source in templates.files.items():
        if path.endswith("/sms.j2") and primary(path.split("/")[1]) in latin:
            for number, line in enumerate(source.splitlines(), start=1):
                foreign = "".join(sorted({character for character in line if not is_gsm7(character)}))
                faults += [f"{path}:{number}: {foreign!r} is not in the SMS alphabet (GSM 03.38)"] if foreign else []
    return faults


def _find_unheard(templates: Templates) -> list[str]:
    """Words in capitals before a code that no known answer begins with."""
    known = ", ".join(filter(str.isascii, VERBS)).upper()
    return [
        f"{path}: {word!r} before a code would not be understood (known: {known})"
        for path, source in templates.files.items()
        for word in dict.fromkeys(_BEFORE_A_CODE.findall(source))
        if word.isupper() and word.lower() not in VERBS
    ]


def _is_latin(templates: Templates, language: str) -> bool:
    """Whether all its SMS are in Latin script, and so must fit into GSM-7."""
    texts = (source for path, source in templates.files.items() if path.endswith(f"/{language}/sms.j2"))
    return all(name(sign, "LATIN").startswith("LATIN") for text in texts for sign in text if sign.isalpha())


def find_oversize(renderer: Renderer, public_url: str, cheap: Collection[str] | None = None) -> list[str]:
    """SMS that don't fit even in their shortest form: one GSM-7 segment, or two UCS-2 segments for other scripts.

    The longest case is tried: this public URL, a sender of 12, a reference of 6 and a callback of 13 characters, each
    language's longest type, with and without drill, and every subject and reason.
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
    """The subjects of a kind, grouped where their SMS differ only by the statement, the longest statement first.

    If the SMS with the longest statement fits, the others of its group do.
    """
    words, subjects = renderer.words(language), SUBJECTS.get(kind, (None,))
    named = [renderer.named_in(each, "sms.j2", language) for each in (kind, OPEN_MATTERS)]
    chosen_by = {place.name for each in named for place in each.subjects}
    # A statement that holds the type is not the same in each message.
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
    """The variants that make a message longer or shorter, as far as its template uses them."""
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
            yield replace(about, names=())
        if kind is Kind.ALERT:
            yield from (replace(about, drill=drill, link=None, expects_answer=False) for drill in (False, True))
        alsos, answers = (_NO_OR_YES if wanted & names else (False,) for wanted in ({"also"}, {"answerable", "code"}))
        for drill, also, answerable in product(_NO_OR_YES, alsos, answers):
            code = "4711" if answerable else None
            yield replace(about, drill=drill, also=also, answerable=answerable, code=code)


def _paths(language: str) -> Iterator[str]:
    yield from (f"words/{language}.yaml", f"call/{language}/voice.j2", f"{OPEN_MATTERS}/{language}/sms.j2")
    yield from (f"{folder}/{language}.yaml" for folder in LABELS)
    for kind, methods in METHODS.items():
        for method in sorted(methods):
            yield from (f"{kind}/{language}/{part}" for part in PARTS[method])


def _is_there(path: str, templates: Templates) -> bool:
    """Whether a file exists. A kind may use the subject line shared by all mails instead of its own."""
    _, *rest = path.split("/")
    return path in templates.files or (rest[-1] == "subject.j2" and "/".join(("mail", *rest)) in templates.files)


def _stages(templates: Templates, language: str) -> Iterator[tuple[str, str]]:
    """Each voice file with what is wrong with its stages; missing files are skipped."""
    files, call = templates.files, f"call/{language}/voice.j2"
    shared = named_in(files[call]).by_block if call in files else STAGES
    paths = [f"{kind}/{language}/voice.j2" for kind, methods in METHODS.items() if MethodKind.CALL in methods]
    for path in (path for path in paths if path in files):
        own = named_in(files[path]).by_block
        yield from ((path, f"missing stage {stage!r}") for stage in STAGES if stage not in {*shared, *own})
        known = ", ".join(STAGES)
        yield from ((path, f"unknown stage {stage!r} (known: {known})") for stage in own if stage not in STAGES)


def _labels(templates: Templates, language: str) -> Iterator[tuple[str, str]]:
    """Each table of labels with what is wrong with it; missing files are skipped."""
    for path, english in ((f"{folder}/{language}.yaml", f"{folder}/en.yaml") for folder in LABELS):
        if path in templates.files and english in templates.files:
            known, found = (set(read_labels(templates.files[name])) for name in (english, path))
            yield from ((path, f"missing {name!r}") for name in sorted(known - found))
            yield from ((path, f"unknown {name!r} (not in {english})") for name in sorted(found - known))
