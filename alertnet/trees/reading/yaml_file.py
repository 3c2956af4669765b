"""Read a YAML file without interpreting it: every scalar stays the text that was written.

So `NO` is Norway and `+57…` keeps its plus. What could harm or mislead is refused: files beyond `LARGEST` bytes,
`DEEPEST` levels or `MOST_VALUES` values, aliases, tags, duplicate keys, several documents.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from alertnet.trees.reading.document import Document, Steps, dotted
from alertnet.trees.reading.fault import Fault

LARGEST = 1_000_000
DEEPEST = 10
MOST_VALUES = 20_000


class Unreadable(Exception):
    """The file can't be read any further than this fault."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


def read_document(path: Path, file: str) -> Document:
    """The file as a document, which goes by that name; duplicate keys are among its `faults`.

    Raises:
        Unreadable: it is no text, no YAML, or holds what is refused as a whole.
    """
    return _document(_read_text(path, file), file)


# Of many files one is edited at a time: the others are what they were.
@lru_cache(maxsize=1024)
def _document(text: str, file: str) -> Document:
    composer = _Composer(file, yaml.parse(text, Loader=yaml.CBaseLoader))
    try:
        content = composer.compose_file()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        # The end of the file counts as a line of its own.
        line = min(mark.line, text.count("\n")) + 1 if mark else 1
        column = mark.column + 1 if mark else 1
        raise Unreadable(Fault(file, line, column, "", None, _reason(error, text, line))) from None
    except yaml.reader.ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        raise Unreadable(Fault(file, line, 1, "", None, "control characters are not allowed")) from None
    return Document(file, content, composer.marks, composer.keys, tuple(composer.faults))


def _read_text(path: Path, file: str) -> str:
    def refused(line: int, message: str) -> Unreadable:
        return Unreadable(Fault(file, line, 1, "", None, message))

    try:
        if not path.is_file():
            raise refused(1, "is not a file")
        with path.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
    except OSError as error:
        raise refused(1, f"can't be read: {error.strerror}") from None
    if len(raw) > LARGEST:
        raise refused(1, f"is larger than {LARGEST:,} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(raw.count(b"\n", 0, error.start) + 1, "is not UTF-8 text") from None


def _reason(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    indent = written[: len(written) - len(written.lstrip())]
    if "\t" in indent:
        return "a tab indents this line: use spaces"
    began = error.context_mark.line + 1 if error.context_mark else line
    return f"is not YAML: {error.problem}" + (f" (in what begins on line {began})" if began != line else "")


@dataclass
class _Composer:
    """Builds the content from the parser's events, and stops at the first that is refused: no bomb is ever unpacked."""

    file: str
    events: Iterator[Any]
    marks: dict[Steps, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Steps, tuple[int, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def compose_file(self) -> Any:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise Unreadable(Fault(self.file, 1, 1, "", None, "is empty"))
        content = self._compose((), next(self.events))
        next(self.events)
        if not isinstance(after := next(self.events), yaml.StreamEndEvent):
            raise self._refused(after, (), "holds more than one document")
        return content

    def _compose(self, steps: Steps, event: Any, key: tuple[int, int] | None = None) -> Any:
        self._check(steps, event)
        if isinstance(event, yaml.ScalarEvent):
            self.marks[steps] = _position(event)
            return event.value
        self.marks[steps] = key or _position(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._compose_list(steps)
        return self._compose_mapping(steps)

    def _compose_list(self, steps: Steps) -> list[Any]:
        content: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            content.append(self._compose((*steps, len(content)), event))
        return content

    def _compose_mapping(self, steps: Steps) -> dict[str, Any]:
        content: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self._check(steps, event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refused(event, steps, "a key must be a single word")
            name, position = event.value, _position(event)
            inside = (*steps, name)
            if name in content:
                first = self.keys[inside][0]
                self.faults.append(self._fault(event, inside, f"duplicate key: already on line {first}"))
            self.keys[inside] = position
            content[name] = self._compose(inside, next(self.events), position)
        return content

    def _check(self, steps: Steps, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self._refused(event, steps, "an alias is not allowed: write the value out")
        if event.tag:
            raise self._refused(event, steps, "a tag is not allowed: remove it")
        if len(steps) > DEEPEST:
            raise self._refused(event, steps[:DEEPEST], f"is nested deeper than {DEEPEST} levels")
        if len(self.marks) > MOST_VALUES:
            raise self._refused(event, steps, f"holds more than {MOST_VALUES:,} values")

    def _refused(self, event: Any, steps: Steps, message: str) -> Unreadable:
        return Unreadable(self._fault(event, steps, message))

    def _fault(self, event: Any, steps: Steps, message: str) -> Fault:
        line, column = _position(event)
        return Fault(self.file, line, column, dotted(steps), None, message)


def _position(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
