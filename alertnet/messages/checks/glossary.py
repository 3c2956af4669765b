"""Checks that a language uses one word for each notion, as the glossary beside its templates demands."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.languages import primary
from alertnet.core.disclosure import Said, Subject
from alertnet.core.incident import CloseReason
from alertnet.core.notification import Kind
from alertnet.messages.checks.example import EXAMPLE
from alertnet.messages.message import METHODS
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import language_of
from alertnet.messages.words import load_text

GLOSSARY = "glossary"

_MESSAGES: dict[str, tuple[tuple[Kind, Said], ...]] = {
    "acknowledge": (
        (Kind.ALERT, EXAMPLE),
        (Kind.REMINDER, EXAMPLE),
        (Kind.ALARM, replace(EXAMPLE, subject=Subject.UNANSWERED)),
        (Kind.DECISION, replace(EXAMPLE, subject=Subject.CONFIRM)),
        (Kind.RECORDED, replace(EXAMPLE, subject=Subject.ACKNOWLEDGED)),
        (Kind.ACTION_REMINDER, EXAMPLE),
    ),
    "pass_on": ((Kind.RECORDED, replace(EXAMPLE, subject=Subject.RELAYED)),),
    "coordinator": ((Kind.NOT_UNDERSTOOD, replace(EXAMPLE, subject=Subject.NOT_UNDERSTOOD)),),
    "alert": ((Kind.NOT_UNDERSTOOD, replace(EXAMPLE, subject=Subject.NOT_UNDERSTOOD)),),
    "close": ((Kind.ALREADY_CLOSED, EXAMPLE), (Kind.STAND_DOWN, replace(EXAMPLE, reason=CloseReason.RESOLVED))),
}
"""The messages about each notion; they are checked for every method."""

_SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "acknowledge": {
        "page": ("acknowledge", "recorded_acknowledge", "decision_confirm", "task_acknowledge", "said_acknowledged"),
        "sheet": ("acknowledged", "say_answer", "say_coordinator", "rule_any", "rule_all", "unless_acknowledged"),
        "words": ("acknowledged", "unanswered"),
    },
    "pass_on": {
        "page": ("relay", "recorded_relay", "task_relay", "said_relayed"),
        "sheet": ("relayed", "relays", "say_answer"),
        "words": ("relayed",),
    },
    "coordinator": {
        "page": ("ask_other", "answered_vouched", "news_untold", "recorded_task_taken"),
        "sheet": ("everybody", "go_needs_go", "spared_refused"),
    },
    "alert": {"page": ("title", "recorded_revoke"), "sheet": ("say_alert", "drill")},
    "close": {"page": ("closed", "close", "close_reason"), "sheet": ("closed",)},
}
"""The labels about each notion, and the statements in `words`."""

NOTIONS = tuple(_SAID)

_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|\{\w+\}", re.DOTALL)


def find_mixed_terms(folder: Path, renderer: Renderer) -> list[str]:
    """Places where a language says a notion without its word, or uses a word that the glossary forbids."""
    return [fault for path in sorted((folder / GLOSSARY).glob("*.yaml")) for fault in _of_language(path, renderer)]


def _of_language(path: Path, renderer: Renderer) -> Iterator[str]:
    language, place = path.stem, f"{GLOSSARY}/{path.name}"
    terms = load_text(path.read_text(encoding="utf-8"))
    files = renderer.templates.files.items()
    its = {name: source for name, source in files if primary(language_of(name) or "") == language}
    said = {name: _plain(_words_of(name, source)) for name, source in its.items()}
    if not isinstance(terms, dict) or set(terms) != set(NOTIONS):
        yield f"{place}: needs exactly {', '.join(NOTIONS)}"
        return
    for notion in NOTIONS:
        say = _pattern(terms[notion]["say"])
        for spot, text in (*_labels(notion, language, renderer), *_messages(notion, language, renderer)):
            if not say.search(_plain(text)):
                yield f"{spot}: has no word for {notion!r} (allowed: {', '.join(terms[notion]['say'])}): {text}"
        never = _pattern(terms[notion]["never"])
        found = ((name, match) for name, text in said.items() if (match := never.search(text)))
        yield from (f"{name}: {match[0]!r} is not the word for {notion!r}" for name, match in found)


def _words_of(name: str, source: str) -> str:
    """The text of a file without template code and label names."""
    return _CODE.sub(" ", "\n".join(_values(load_text(source))) if name.endswith(".yaml") else source)


def _values(table: Any) -> Iterator[str]:
    if isinstance(table, str):
        yield table
    else:
        for each in table.values() if isinstance(table, dict) else table:
            yield from _values(each)


def _pattern(words: list[str]) -> re.Pattern[str]:
    """A pattern for any of the words, matching whole words only."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(_plain(word)) for word in words)})(?!\w)")


def _plain(text: str) -> str:
    """The text in lower case and without accents, as an SMS may have to write it."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def _labels(notion: str, language: str, renderer: Renderer) -> Iterator[tuple[str, str]]:
    tables = {"page": renderer.page_words(language), "sheet": renderer.labels("sheet", language)}
    tables["words"] = renderer.words(language).subjects
    for folder, names in _SAID[notion].items():
        yield from ((f"{folder}/{language}.yaml: {name}", tables[folder][name]) for name in names)


def _messages(notion: str, language: str, renderer: Renderer) -> Iterator[tuple[str, str]]:
    for kind, said in _MESSAGES[notion]:
        for method in sorted(METHODS[kind]):
            message = renderer.render(kind, method, language, replace(said, due_at=None))
            text = message.text
            if method is MethodKind.CALL:
                text = renderer.speak(kind, language, said).sentences["after"]
            yield f"{kind}/{language} by {method}", text
