"""The content of a YAML file as plain text values, with the place of each, so that every fault can say its line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from alertnet.core.codec import value
from alertnet.core.directory.languages import Phrase
from alertnet.trees.reading.fault import Fault, shortened

T = TypeVar("T")

Steps = tuple[str | int, ...]
"""The way from the top of the file to a value: keys of mappings and places in lists."""


@dataclass(frozen=True, eq=False)
class Document:
    """The content of one file: dicts, lists and strings, with the place of all of them."""

    file: str
    content: Any
    marks: dict[Steps, Any]
    """Where a scalar stands, or the key of a list or mapping: `line` and `column`, from 0."""
    keys: dict[Steps, Any]
    faults: tuple[Fault, ...]
    _made: dict[str, tuple[object, object]] = field(default_factory=dict)
    """What was made of it last, by what it is, each beside what else it was made of."""

    def keep(self, what: str, besides: object, make: Callable[[], T]) -> T:
        """What was made of this document and of `besides`, or is made now: kept as long as the document itself is.

        Neither may lead back to the document, which then would not go before the garbage is looked for.
        """
        kept = self._made.get(what)
        if kept is None or kept[0] != besides:
            kept = self._made[what] = besides, make()
        return cast("T", kept[1])

    @property
    def root(self) -> "Node":
        """The top of the file."""
        return Node(self, (), self.content)

    def fault(
        self,
        steps: Steps,
        message: Phrase,
        value: object = None,
        allowed: tuple[str | Phrase, ...] = (),
        at_key: bool = False,
        example: str = "",
    ) -> Fault:
        """A fault at that value, or at its key; at the nearest mapping around it where it is missing."""
        place = steps
        while place not in self.marks:
            place = place[:-1]
        mark = self.keys.get(place, self.marks[place]) if at_key else self.marks[place]
        shown = value if isinstance(value, str) else None
        return Fault(self.file, mark.line + 1, mark.column + 1, dotted(steps), shown, message, allowed, example)


# Frozen it would take twice as long to make, and of a large network there are half a million.
@dataclass(eq=False, slots=True)
class Node:
    """A value in its document, which may be of any shape or missing: asking it for what it lacks gives nothing."""

    document: Document
    steps: Steps
    value: Any

    def __getitem__(self, key: str) -> "Node":
        return Node(self.document, (*self.steps, key), self.get(key))

    def get(self, key: str) -> Any:
        """The value under that key; None where there is none."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> "Iterator[tuple[str, Node]]":
        """The entries of a mapping."""
        if isinstance(self.value, dict):
            yield from ((key, self[key]) for key in self.value)

    def entries(self) -> "Iterator[Node]":
        """The entries of a list."""
        if isinstance(self.value, list):
            yield from (Node(self.document, (*self.steps, place), value) for place, value in enumerate(self.value))

    def texts(self) -> "Iterator[Node]":
        """The entries of a list that are single values."""
        return (entry for entry in self.entries() if isinstance(entry.value, str))

    def words(self, key: str) -> list[str]:
        """The single values of the list under that key, where no place of one is asked for."""
        listed = self.get(key)
        return [entry for entry in listed if isinstance(entry, str)] if isinstance(listed, list) else []

    @property
    def position(self) -> str:
        """Where it stands, as `file:line`."""
        return f"{self.document.file}:{self.document.marks[self.steps].line + 1}"

    def fault(self, message: Phrase, allowed: tuple[str | Phrase, ...] = ()) -> Fault:
        """A fault at this value."""
        return self.document.fault(self.steps, message, self.value, allowed)

    def fault_here(self, message: Phrase, allowed: tuple[str | Phrase, ...] = ()) -> Fault:
        """A fault at this place, whose value says nothing."""
        return self.document.fault(self.steps, message, None, allowed)


@value
class Joined:
    """The same place in several files, as one: asked for a key or for entries it gives those of all."""

    nodes: tuple[Node, ...]

    def __getitem__(self, key: str) -> "Joined":
        return Joined(tuple(node[key] for node in self.nodes))

    def items(self) -> Iterator[tuple[str, Node]]:
        """The entries of all mappings, file after file."""
        for node in self.nodes:
            yield from node.items()


def dotted(steps: Steps) -> str:
    """The keys and places to a value as a fault shows them: `levels.1.notify.0`."""
    return ".".join(shortened(str(step)) for step in steps)
