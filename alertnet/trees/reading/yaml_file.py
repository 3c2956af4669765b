"""Reads a YAML file without interpreting it: every scalar stays the string that was written.

So `NO` stays Norway and `+57…` keeps its plus. What could harm or mislead is refused: files beyond `LARGEST` bytes,
`DEEPEST` levels or `MOST_VALUES` values, tags, duplicate keys, several documents. An alias (`*name`, `<<: *name`)
repeats what the file anchored (`&name`) further up; the size of all repeats is limited too.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import yaml
from yaml import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from alertnet.core.directory.languages import Phrase, phrase
from alertnet.trees.reading.document import Document, Steps, dotted
from alertnet.trees.reading.fault import Fault, shortened
from alertnet.trees.reading.yaml_slips import slip_of

LARGEST = 1_000_000
DEEPEST = 10
MOST_VALUES = 20_000
WORD_PROCESSED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")
"""How files of Word and LibreOffice begin, whatever they are called."""


_known: WeakValueDictionary[tuple[str, str], Document] = WeakValueDictionary()
"""Documents still in use, by name and text, so that unchanged files are not parsed again."""


class UnreadableFile(Exception):
    """The file can't be read beyond this fault."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


def read_document(path: Path, file: str) -> Document:
    """Read the file as a document under the name `file`; duplicate keys are its `faults`. Raises `UnreadableFile`."""
    text = _read_text(path, file)
    document = _known.get((file, text))
    if document is None:
        document = _known[file, text] = _document(text, file)
    return document


def _document(text: str, file: str) -> Document:
    parser = yaml.CBaseLoader(text)
    composer = _Composer(file, text.splitlines(), parser.get_event)
    try:
        content = composer.compose_file()
    except yaml.MarkedYAMLError as error:
        slip = slip_of(error, text)
        raise UnreadableFile(Fault(file, slip.line, slip.column, "", None, slip.words)) from None
    except yaml.reader.ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        raise UnreadableFile(Fault(file, line, 1, "", None, phrase("control characters are not allowed"))) from None
    return Document(file, content, composer.marks, composer.keys, tuple(composer.faults))


def _read_text(path: Path, file: str) -> str:
    def refused(line: int, message: Phrase) -> UnreadableFile:
        return UnreadableFile(Fault(file, line, 1, "", None, message))

    try:
        if not path.is_file():
            raise refused(1, phrase("is not a file"))
        with path.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
    except OSError as error:
        raise refused(1, phrase("can't be read: {why}", why=str(error.strerror))) from None
    if len(raw) > LARGEST:
        raise refused(1, phrase("is larger than {most} bytes", most=f"{LARGEST:,}"))
    if raw.startswith(WORD_PROCESSED):
        raise refused(1, phrase("is a document of a word processor: save it as plain text, in UTF-8"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(raw.count(b"\n", 0, error.start) + 1, phrase("is not UTF-8 text: save it as UTF-8")) from None


IN_QUOTES = phrase("if it is part of the value, put all of it in quotes")
HIDDEN = re.compile(r"\s*#[^\s#]")
"""A value that YAML takes for a comment: `#1 Embassy`."""

CURLY = "“”„‟‘’‚«»"
"""Typographic quotes, which quote nothing in YAML."""

BEGINS_ANOTHER = phrase("the entry has this key already: put - before it where another entry begins")

MERGE = "<<"
"""The key that merges another mapping in (YAML 1.1); a mapping's own keys take precedence."""


@dataclass
class _Composer:
    """Builds the content from the parser's events, and stops at the first that is refused, so no bomb is unpacked.

    An anchor keeps the events of its value; an alias inserts them before the events to come.
    """

    file: str
    lines: list[str]
    next: Callable[[], Any]
    """Gives the next event: the parser's, or `_next_of_several` once the file has an anchor."""
    marks: dict[Steps, Any] = field(default_factory=dict)
    keys: dict[Steps, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _parsed: Callable[[], Any] = field(init=False)
    _anchors: dict[str, list[Any]] = field(default_factory=dict)
    """The events of each anchored value that is complete."""
    _recordings: list[list[Any]] = field(default_factory=list)
    """The events of anchored values that are still being read."""
    _repeated: deque[Any] = field(default_factory=deque)
    """Events of aliases that are yet to be read."""
    _unused: dict[str, tuple[Any, Steps]] = field(default_factory=dict)
    """Anchors of bare words that no alias has used."""
    _repeats: int = 0
    _repeated_signs: int = 0

    def compose_file(self) -> Any:
        self.next()
        if isinstance(self.next(), yaml.StreamEndEvent):
            raise UnreadableFile(Fault(self.file, 1, 1, "", None, phrase("is empty")))
        content = self._compose((), self.next())
        self.next()
        if not isinstance(after := self.next(), yaml.StreamEndEvent):
            raise self._refused(after, (), phrase("holds more than one document"))
        for anchored, steps in self._unused.values():
            name = shortened(anchored.anchor)
            message = phrase("nothing repeats &{name}: {instead}", name=name, instead=IN_QUOTES)
            raise self._refused(anchored, steps, message)
        return content

    def _next_of_several(self) -> Any:
        if self._repeated:
            return self._repeated.popleft()
        event = self._parsed()
        for recording in self._recordings:
            recording.append(event)
        return event

    def _compose(self, steps: Steps, event: Any, key: Any = None) -> Any:
        if isinstance(event, AliasEvent):
            self._repeat(self._anchored(steps, event))
            return self._compose(steps, self.next(), key)
        self._check(steps, event)
        return self._compose_value(steps, event, key) if event.anchor is None else self._anchor(steps, event, key)

    def _anchor(self, steps: Steps, event: Any, key: Any) -> Any:
        """Compose the value of an event with an anchor, or of an alias."""
        name: str = event.anchor
        first = self._anchors.get(name, (None,))[0]
        if first is event:
            return self._compose_value(steps, event, key)
        if first is not None:
            line = first.start_mark.line + 1
            raise self._refused(event, steps, phrase("an anchor of this name is on line {line} already", line=line))
        if not self._anchors and not self._recordings:
            self._parsed, self.next = self.next, self._next_of_several
        self._recordings.append(recording := [event])
        value = self._compose_value(steps, event, key)
        self._recordings.pop()
        self._anchors[name] = recording
        if isinstance(event, ScalarEvent) and not event.style:
            self._unused[name] = event, steps
        return value

    def _compose_value(self, steps: Steps, event: Any, key: Any) -> Any:
        if isinstance(event, ScalarEvent):
            self.marks[steps] = event.start_mark
            # Nearly every value is neither empty nor in typographic quotes.
            if event.value[:1] in CURLY and not event.style and (slip := self._slip_in(event)):
                raise self._refused(event, steps, slip)
            return event.value
        self.marks[steps] = key or event.start_mark
        if isinstance(event, SequenceStartEvent):
            return self._compose_list(steps)
        content: dict[str, Any] = {}
        merged = deque(self._compose_entries(steps, content))
        while merged:
            self._repeat(merged.popleft()[1:])
            merged.extendleft(reversed(self._compose_entries(steps, content, inherited=frozenset(content))))
        return content

    def _slip_in(self, event: Any) -> Phrase | None:
        """What is wrong with bare words that YAML could read."""
        if not event.value:
            behind = self.lines[event.start_mark.line : event.start_mark.line + 1]
            is_hidden = any(HIDDEN.match(line, event.start_mark.column) for line in behind)
            return phrase("what follows a # is a comment: {instead}", instead=IN_QUOTES) if is_hidden else None
        first, last = event.value[0], event.value[-1]
        is_curly = first in CURLY and last in CURLY
        return phrase('{first} and {last} are no quotes here: type "…"', first=first, last=last) if is_curly else None

    def _compose_list(self, steps: Steps) -> list[Any]:
        content: list[Any] = []
        while not isinstance(event := self.next(), SequenceEndEvent):
            content.append(self._compose((*steps, len(content)), event))
        return content

    def _compose_entries(
        self, steps: Steps, content: dict[str, Any], inherited: frozenset[str] = frozenset()
    ) -> list[list[Any]]:
        """Compose the entries of a mapping, but for those `inherited`; gives the mappings to merge."""
        merged: list[list[Any]] = []
        is_two = False
        while not isinstance(event := self.next(), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise self._refused(event, steps, phrase("a key must be a single word"))
            if event.tag:
                self._check(steps, event)
            name = event.value
            inside = (*steps, name)
            if name == MERGE:
                merged += self._merged(steps, self.next())
            elif name in inherited:
                self._pass_over(self.next())
            else:
                if name in content and not is_two:
                    # In a list, a key like the one that an entry begins with begins the next: all its keys are twice.
                    is_two = bool(steps) and isinstance(steps[-1], int) and name == next(iter(content))
                    first = self.keys[inside].line + 1
                    message = phrase("duplicate key: already on line {line}", line=first)
                    self.faults.append(self._fault(event, inside, BEGINS_ANOTHER if is_two else message))
                self.keys[inside] = event.start_mark
                content[name] = self._compose(inside, self.next(), event.start_mark)
        return merged

    def _merged(self, steps: Steps, event: Any) -> list[list[Any]]:
        """The events of each mapping that a merge key names: one alias or a list of them."""
        aliases = [event]
        if isinstance(event, SequenceStartEvent):
            aliases = []
            while not isinstance(entry := self.next(), SequenceEndEvent):
                aliases.append(entry)
        for alias in aliases:
            is_mapping = isinstance(alias, AliasEvent) and isinstance(
                self._anchored(steps, alias)[0], MappingStartEvent
            )
            if not is_mapping:
                raise self._refused(
                    alias, steps, phrase("{key} takes the alias of a mapping, such as {key}: *office", key=MERGE)
                )
        return [self._anchors[alias.anchor] for alias in aliases]

    def _pass_over(self, event: Any) -> None:
        depth = _opens(event)
        while depth:
            depth += _opens(self.next())

    def _anchored(self, steps: Steps, alias: Any) -> list[Any]:
        if alias.anchor not in self._anchors:
            name = shortened(alias.anchor)
            raise self._refused(alias, steps, phrase("no anchor &{name} further up in this file", name=name))
        self._unused.pop(alias.anchor, None)
        return self._anchors[alias.anchor]

    def _repeat(self, events: list[Any]) -> None:
        self._repeats += len(events)
        self._repeated_signs += sum(len(each.value) for each in events if isinstance(each, ScalarEvent))
        if self._repeats > MOST_VALUES or self._repeated_signs > LARGEST:
            most = f"{MOST_VALUES:,}"
            raise self._refused(events[0], (), phrase("its aliases repeat more than {most} values", most=most))
        self._repeated.extendleft(reversed(events))

    def _check(self, steps: Steps, event: Any) -> None:
        if event.tag:
            raise self._refused(event, steps, phrase("a tag is not allowed: remove it"))
        if len(steps) > DEEPEST:
            message = phrase("is nested deeper than {most} levels", most=DEEPEST)
            raise self._refused(event, steps[:DEEPEST], message)
        if len(self.marks) > MOST_VALUES:
            raise self._refused(event, steps, phrase("holds more than {most} values", most=f"{MOST_VALUES:,}"))

    def _refused(self, event: Any, steps: Steps, message: Phrase) -> UnreadableFile:
        return UnreadableFile(self._fault(event, steps, message))

    def _fault(self, event: Any, steps: Steps, message: Phrase) -> Fault:
        mark = event.start_mark
        return Fault(self.file, mark.line + 1, mark.column + 1, dotted(steps), None, message)


def _opens(event: Any) -> int:
    """How much deeper the nesting is after the event: 1, 0 or -1."""
    return isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
