"""The content of a YAML file as plain strings, with the position of each value for faults."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from alertnet.core.codec import value
from alertnet.core.directory.languages import Phrase
from alertnet.trees.reading.fault import Fault, shortened

T = TypeVar("T")

Steps = tuple[str | int, ...]
"""The path to a value: keys of mappings and indexes of lists."""


@dataclass(frozen=True, eq=False)
class Document:
    """The content of one file (dicts, lists and strings) with all positions."""

    file: str
    content: Any
    marks: dict[Steps, Any]
    """Where a scalar stands, or the key of a list or mapping: `line` and `column`, from 0."""
    keys: dict[Steps, Any]
    faults: tuple[Fault, ...]
    _made: dict[str, tuple[object, object]] = field(default_factory=dict)
    """Results cached by `keep`: by name, the other inputs and the result."""

    def keep(self, what: str, besides: object, make: Callable[[], T]) -> T:
        """Cache what is made from this document and `besides`, as long as the document lives.

        Neither the result nor `besides` may refer back to the document; else only the garbage collector could free it.
        """
        kept = self._made.get(what)
        if kept is None or kept[0] != besides:
            kept = self._made[what] = besides, make()
        return cast("T", kept[1])

    @property
    def root(self) -> "Node":
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
        """A fault at that value or its key; a missing value gives the position of the nearest mapping around it."""
        place = steps
        while place not in self.marks:
            place = place[:-1]
        mark = self.keys.get(place, self.marks[place]) if at_key else self.marks[place]
        shown = value if isinstance(value, str) else None
        return Fault(self.file, mark.line + 1, mark.column + 1, dotted(steps), shown, message, allowed, example)


# Frozen it would take twice as long to make, and a large network has half a million.
@dataclass(eq=False, slots=True)
class Node:
    """A value in its document. It may have any shape or be missing; asking it for what it lacks gives nothing."""

    document: Document
    steps: Steps
    value: Any

    def __getitem__(self, key: str) -> "Node":
        return Node(self.document, (*self.steps, key), self.get(key))

    def get(self, key: str) -> Any:
        """The value under that key; None where there is none."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> "Iterator[tuple[str, Node]]":
        """The entries of a mapping; none where it is no mapping."""
        if isinstance(self.value, dict):
            yield from ((key, self[key]) for key in self.value)

    def entries(self) -> "Iterator[Node]":
        """The entries of a list; none where it is no list."""
        if isinstance(self.value, list):
            yield from (Node(self.document, (*self.steps, place), value) for place, value in enumerate(self.value))

    def texts(self) -> "Iterator[Node]":
        """The entries of a list that are strings."""
        return (entry for entry in self.entries() if isinstance(entry.value, str))

    def words(self, key: str) -> list[str]:
        """The strings in the list under that key, without their positions."""
        listed = self.get(key)
        return [entry for entry in listed if isinstance(entry, str)] if isinstance(listed, list) else []

    @property
    def position(self) -> str:
        """The position as `file:line`."""
        return f"{self.document.file}:{self.line}"

    @property
    def line(self) -> int:
        return int(self.document.marks[self.steps].line) + 1

    def fault(self, message: Phrase, allowed: tuple[str | Phrase, ...] = ()) -> Fault:
        return self.document.fault(self.steps, message, self.value, allowed)

    def fault_here(self, message: Phrase, allowed: tuple[str | Phrase, ...] = ()) -> Fault:
        """A fault at this place that does not show the value."""
        return self.document.fault(self.steps, message, None, allowed)


@value
class Joined:
    """The same place in several files as one; its entries are those of all of them."""

    nodes: tuple[Node, ...]

    def __getitem__(self, key: str) -> "Joined":
        return Joined(tuple(node[key] for node in self.nodes))

    def items(self) -> Iterator[tuple[str, Node]]:
        """The entries of all mappings, file by file."""
        for node in self.nodes:
            yield from node.items()


def dotted(steps: Steps) -> str:
    """The path to a value as faults show it: `levels.1.notify.0`."""
    return ".".join(shortened(str(step)) for step in steps)
