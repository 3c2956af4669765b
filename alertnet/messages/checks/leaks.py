"""Checks that templates don't say too much (A9): before the code, on a lock screen, or to people outside.

Templates have no names of persons or places to use. But they could say something too early, or to the wrong people.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from alertnet.core.directory.contact import Disclosure
from alertnet.core.disclosure import Subject, details_of
from alertnet.core.notification import Kind
from alertnet.messages.checks.example import ANSWERED, CANARIES, EXAMPLE, ON_TASK
from alertnet.messages.message import METHODS, STAGES, SUBJECTS
from alertnet.messages.page import Page
from alertnet.messages.renderer import Renderer
from alertnet.messages.reported import details_in_words
from alertnet.messages.templates.restricted_jinja import NAMES, Place, named_in

FOR_COORDINATORS = frozenset({Kind.DECISION, Kind.ALARM, Kind.NOTICE, Kind.TASK})
"""Kinds that only coordinators get; only these may name other contacts."""

FOR_THE_FIELD = frozenset({Kind.RECEIPT, Kind.FIELD_STATUS})
"""Kinds that only phones of the field get; these may say what is awaited of the field."""

_OF_OTHERS = frozenset({"about", "statement", "more", "why"})
_OF_THE_FIELD = frozenset({"awaited"})
_TO_BE_READ = frozenset({"ask", "country", "nationals"})
_SPOKEN = frozenset({"spoken_code", "slowly"})
_ANYWHERE = frozenset({"sender", "organisation", "ref", "callback", "drill", "also", "expects_answer"})
_BEFORE_THE_CODE = {"code": _ANYWHERE | _SPOKEN, "again": _ANYWHERE | _SPOKEN, "no_incident": _ANYWHERE | {"statement"}}
_AFTER_THE_CODE = ("after", "next")
_ON_A_SUBJECT = _ANYWHERE | {"type", "severity", "heading"}
_TOLD_NEUTRALLY = ("sexual_violence", "torture")


def find_leaks(renderer: Renderer) -> list[str]:
    """Every place where something could leak, in a folder that is complete."""
    files = renderer.templates.files
    spoken = [*_said_too_soon("call", files), *(fault for kind in METHODS for fault in _said_too_soon(kind, files))]
    return [*spoken, *_said_to_others(files), *_telling_types(renderer), *_find_on_pages(renderer)]


def _find_on_pages(renderer: Renderer) -> list[str]:
    """Render the contact's page per disclosure and the coordinator's per question, and look for hidden values."""
    by_contact = (
        replace(ANSWERED, said=replace(EXAMPLE, about=CANARIES.place), details=details_of(CANARIES, disclosure))
        for disclosure in Disclosure
    )
    by_coordinator = (
        replace(ANSWERED, said=replace(EXAMPLE, subject=subject), asked=True)
        for subject in (*SUBJECTS[Kind.DECISION], Subject.UNANSWERED)
    )
    pages = (*by_contact, *by_coordinator, ON_TASK)
    shown = product(renderer.languages, pages)
    return list(dict.fromkeys(fault for each in shown for fault in _canaries(renderer, *each)))


def _canaries(renderer: Renderer, language: str, page: Page) -> Iterator[str]:
    try:
        shown = renderer.page(language, page)
    # Labels and templates can fail in many ways here, and each means the same.
    except Exception as error:
        yield f"page/page.html.j2: can't be shown in {language}: {error}"
        return
    hidden = {CANARIES.place, CANARIES.people[0].name, CANARIES.people[0].code, CANARIES.details, CANARIES.summary}
    paragraphs = details_in_words(page.details, renderer.page_words(language))
    allowed = {part for paragraph in paragraphs for part in hidden if part and part in paragraph}
    yield from (f"page/{language}.yaml: {text} may not be shown" for text in hidden - allowed if text and text in shown)


def _said_too_soon(kind: str, files: dict[str, str]) -> Iterator[str]:
    """Names that a call may not say before the code, because anybody who picks up, and any voicemail, hears it."""
    for path, source in _of(kind, "voice.j2", files):
        for block, named in named_in(source).by_block.items():
            if block in STAGES and block not in _AFTER_THE_CODE:
                allowed = _BEFORE_THE_CODE.get(block, _ANYWHERE)
                yield from _beyond(path, named, allowed, f"in {block!r}, which anybody may hear")


def _said_to_others(files: dict[str, str]) -> Iterator[str]:
    for kind in ("mail", *METHODS):
        for path, source in _of(kind, "subject.j2", files):
            yield from _beyond(path, named_in(source).anywhere, _ON_A_SUBJECT, "in a subject")
    for kind in METHODS:
        others = frozenset() if kind in FOR_COORDINATORS else _OF_OTHERS
        others |= frozenset() if kind in FOR_THE_FIELD else _OF_THE_FIELD
        for part, hidden in (
            ("sms.j2", others | _SPOKEN | _TO_BE_READ),
            ("body.j2", others | _SPOKEN),
            ("voice.j2", others | _TO_BE_READ - {"ask"}),
        ):
            for path, source in _of(kind, part, files):
                yield from _beyond(path, named_in(source).anywhere, NAMES - hidden, "here")


def _of(kind: str, part: str, files: dict[str, str]) -> Iterable[tuple[str, str]]:
    return [(path, files[path]) for path in files if path.startswith(f"{kind}/") and path.endswith(f"/{part}")]


def _beyond(path: str, named: Iterable[Place], allowed: frozenset[str], place: str) -> Iterator[str]:
    for each in named:
        if each.name not in allowed:
            known = ", ".join(sorted(allowed))
            yield f"{path}:{each.line}: {each.name!r} may not be said {place} (allowed: {known})"


def _telling_types(renderer: Renderer) -> Iterator[str]:
    """Sensitive types (`_TOLD_NEUTRALLY`) that don't have one neutral name, and so would betray what happened."""
    for language in renderer.languages:
        words = renderer.words(language)
        if any(len({name(code) for code in _TOLD_NEUTRALLY}) > 1 for name in (words.types.get, words.short_type)):
            yield f"words/{language}.yaml: types: {' and '.join(_TOLD_NEUTRALLY)} need the same neutral name"
