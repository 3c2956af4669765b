"""Reads templates from a folder and checks each file; `lint` checks them as a whole."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import Misconfigured
from alertnet.messages import words
from alertnet.messages.message import METHODS, OPEN_MATTERS
from alertnet.messages.templates import page_template, restricted_jinja

PARTS = {
    MethodKind.SMS: ("sms.j2",),
    MethodKind.CALL: ("voice.j2",),
    MethodKind.EMAIL: ("subject.j2", "body.j2"),
}
"""The files per kind and language, by method. A subject may come from `mail/`, call stages from `call/`."""

_PARTS_OF: dict[str, tuple[str, ...]] = {
    **{kind: tuple(part for method in methods for part in PARTS[method]) for kind, methods in METHODS.items()},
    "call": PARTS[MethodKind.CALL],
    "mail": ("subject.j2",),
    OPEN_MATTERS: PARTS[MethodKind.SMS],
}
"""The same by folder."""

Folder = Literal["words", "page", "sheet", "letter", "card"]
"""Folders with one file per language."""

LAYOUT = "mail/mail.html.j2"
"""The HTML frame that all mails share."""

MAX_SOURCE = 16_000
"""The most characters of one file."""
LARGEST_FILE = 4 * MAX_SOURCE
"""Bytes; a larger file is not read."""

LANGUAGE = r"[a-z]{2,3}(?:-[A-Z]{2})?"
_BESIDE = "glossary/"
"""A folder for those who write templates; it is no part of them."""
_READ = re.compile(r".\.(?:j2|yaml)\Z")
_MESSAGE = re.compile(rf"([a-z_]+)/(?P<language>{LANGUAGE})/([a-z]+\.j2)")
_WORDS = re.compile(rf"(words|page|sheet|letter|card)/(?P<language>{LANGUAGE})\.yaml")
_PAGE = re.compile(r"page/[a-z_]+\.(?:html|css)\.j2")


@value
class Templates:
    """All files by their path in the folder, as read. An incident is pinned to them (A8)."""

    files: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str) -> "Templates":
        """The templates that `to_text` wrote."""
        return cls(json.loads(text))

    def to_text(self) -> str:
        """All files as one text, equal for equal content."""
        return self._text

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of that text."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    @cached_property
    def _text(self) -> str:
        return json.dumps(self.files, sort_keys=True, ensure_ascii=False)

    def tables(self, folder: Folder) -> Iterator[tuple[str, str]]:
        """The sources of that folder by language."""
        for path, source in self.files.items():
            if (found := _WORDS.fullmatch(path)) and found[1] == folder:
                yield found[2], source


def read_templates(folder: Path) -> Templates:
    """Read a folder's files, and check each as this version requires; `Misconfigured` lists all faults."""
    files, faults = read_files(folder)
    faults += [fault for path, source in files.items() for fault in _find_all_faults(path, source)]
    if faults:
        raise Misconfigured(f"{folder}/{fault}" for fault in faults)
    return Templates(files)


def read_files(folder: Path) -> tuple[dict[str, str], list[str]]:
    """The `.j2` and `.yaml` files by path, and faults of unreadable ones; `Misconfigured` without such a folder."""
    if not folder.is_dir():
        raise Misconfigured([f"{folder}: no such folder of message templates"])
    files: dict[str, str] = {}
    faults: list[str] = []
    for path, entry in sorted(_files_in(folder), key=lambda found: found[0].split("/")):
        try:
            if (size := entry.stat().st_size) > LARGEST_FILE:
                faults.append(f"{path}:1: {size} bytes are too many (at most {LARGEST_FILE})")
                continue
            with open(entry.path, encoding="utf-8") as file:  # noqa: PTH123 - see `_files_in`
                files[path] = file.read()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{path}: can't be read: {error}")
    return files, faults


def _files_in(folder: str | Path, inside: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Each file that is read, with its path in the folder. With a `Path` of each it took twice as long to read all."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            path = f"{inside}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _files_in(entry.path, f"{path}/")
            elif _READ.search(entry.name) and not path.startswith(_BESIDE) and _is_file(entry):
                yield path, entry


def _is_file(entry: os.DirEntry[str]) -> bool:
    # The entry itself raises where a link leads to itself, and what comes after it would not be found.
    return entry.is_file(follow_symlinks=False) or Path(entry.path).is_file()


def is_known(path: str) -> bool:
    """Whether the program uses a file of that name."""
    found = _MESSAGE.fullmatch(path)
    is_message = bool(found and found[3] in _PARTS_OF.get(found[1], ()))
    return is_message or path == LAYOUT or bool(_PAGE.fullmatch(path) or _WORDS.fullmatch(path))


def language_of(path: str) -> str | None:
    """The language of a file; None where it serves all languages."""
    found = _WORDS.fullmatch(path) or _MESSAGE.fullmatch(path)
    return found["language"] if found else None


def in_english(path: str) -> str:
    """The English counterpart of a file, or the same file if it serves all languages."""
    tag = language_of(path)
    return path if tag is None else re.sub(rf"/{tag}(/|\.yaml$)", r"/en\1", path)


@lru_cache(maxsize=1024)
def find_faults(path: str, source: str) -> tuple[str, ...]:
    """The faults that keep a file from being used, missing and unknown words too; cached, since hardly any changes."""
    return tuple(_faults_of(path, source))


def _faults_of(path: str, source: str) -> list[str]:
    if len(source) > MAX_SOURCE:
        return [f"{path}:1: {len(source)} characters are too many (at most {MAX_SOURCE})"]
    if path == LAYOUT:
        return restricted_jinja.find_faults(path, source, restricted_jinja.LAYOUT_NAMES)
    if _PAGE.fullmatch(path):
        return page_template.find_faults(path, source)
    if found := _WORDS.fullmatch(path):
        return words.find_faults(path, source) if found[1] == "words" else words.find_label_faults(path, source)
    return restricted_jinja.find_faults(path, source)


def _find_all_faults(path: str, source: str) -> tuple[str, ...]:
    if not is_known(path):
        return (f"{path}: no message has a file of that name (known: <kind>/<language>/ with {_known()})",)
    faults = find_faults(path, source)
    return faults or (restricted_jinja.find_unknown_subjects(path, source) if _MESSAGE.fullmatch(path) else ())


def _known() -> str:
    return ", ".join(part for parts in PARTS.values() for part in parts)
