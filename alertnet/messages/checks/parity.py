"""Checks that all languages say the same: each message and label uses the names that its English one uses."""

import re
from collections.abc import Collection, Iterator

from alertnet.messages.message import METHODS, OPEN_MATTERS
from alertnet.messages.templates.load import PARTS, Templates
from alertnet.messages.templates.restricted_jinja import named_in
from alertnet.messages.words import read_labels

LABELS = ("page", "sheet", "letter", "card")
"""Folders with one file of labels per language."""

_PLACE = re.compile(r"{(\w+)}")


def find_uneven(templates: Templates, languages: list[str], spared: Collection[str]) -> Iterator[str]:
    """Names that a language leaves out or adds, in a folder that is complete but for `spared` files."""
    others = [language for language in languages if language != "en"]
    for kind in ("call", "mail", OPEN_MATTERS, *METHODS):
        for part in sorted({part for parts in PARTS.values() for part in parts}):
            # Names that a template only tests in conditions may differ.
            said = {tag: named_in(templates.files.get(f"{kind}/{tag}/{part}", "")).said for tag in ("en", *others)}
            for language in others:
                path = f"{kind}/{language}/{part}"
                yield from _compare(path, said["en"], said[language]) if path not in spared else ()
    for folder in LABELS:
        english = read_labels(templates.files[f"{folder}/en.yaml"])
        for path in (path for path in (f"{folder}/{each}.yaml" for each in others) if path not in spared):
            for name, text in read_labels(templates.files[path]).items():
                yield from _compare(f"{path}: {name}", _places(english[name]), _places(text))


def _places(text: str) -> frozenset[str]:
    return frozenset(_PLACE.findall(text))


def _compare(place: str, english: frozenset[str], own: frozenset[str]) -> Iterator[str]:
    yield from (f"{place}: leaves out {name!r}, which English says" for name in sorted(english - own))
    yield from (f"{place}: says {name!r}, which English does not" for name in sorted(own - english))
