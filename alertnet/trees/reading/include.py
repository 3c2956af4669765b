"""Follows `include:` from trees to files with shared contacts; each file is read once."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from alertnet.core.codec import value
from alertnet.core.directory.languages import phrase
from alertnet.trees.reading.document import Document, Node
from alertnet.trees.reading.fault import Fault, shortened
from alertnet.trees.reading.yaml_file import UnreadableFile, read_document

LONGEST_CHAIN = 20
"""How many files a chain of includes may have."""


@value
class Contacts:
    """All contacts that a file can name, its own first, each with its file. `whole`: none is hidden by a fault."""

    nodes: dict[str, Node]
    whole: bool

    def source(self, id: str) -> str:
        return self.nodes[id].document.file


def is_shared(document: Document) -> bool:
    """Whether it is a file of contacts only, for trees to include."""
    content = document.content
    return isinstance(content, dict) and "contacts" in content and not {"tree", "levels"} & content.keys()


class Library:
    """The shared files of one folder; `faults`: what is wrong with the includes, `within`: prefix of its file names."""

    def __init__(self, folder: Path, documents: list[Document], within: str) -> None:
        self._folder = folder.resolve()
        self._within = within
        self._documents: dict[str, Document | None] = {document.file: document for document in documents}
        self._gathered: dict[str, Contacts] = {}
        self.faults: list[Fault] = []
        self.unreadable: list[Fault] = []

    @property
    def documents(self) -> list[Document]:
        """All files that could be read."""
        return [document for document in self._documents.values() if document is not None]

    @property
    def shared(self) -> list[Document]:
        """Files of shared contacts: those beside the trees, and those that an include led to."""
        return [document for document in self.documents if is_shared(document)]

    def contacts_of(self, document: Document) -> Contacts:
        """The contacts of a tree or shared file, with those of all files that it includes."""
        return self._gather(document, (document.file,))

    def _gather(self, document: Document, chain: tuple[str, ...]) -> Contacts:
        """What a document includes, computed once however many files include it."""
        if document.file not in self._gathered:
            self._gathered[document.file] = self._gather_anew(document, chain)
        return self._gathered[document.file]

    def _gather_anew(self, document: Document, chain: tuple[str, ...]) -> Contacts:
        nodes = dict(document.root["contacts"].items())
        whole = not _misses_contacts(document)
        for entry in _included(document):
            inner = self._follow(entry, chain)
            if inner is None:
                whole = False
                continue
            found = self._gather(inner, (*chain, inner.file))
            whole = whole and found.whole
            for id, node in found.nodes.items():
                if nodes.setdefault(id, node).steps != node.steps or nodes[id].document is not node.document:
                    self.faults.append(_doubled(nodes[id], node))
        return Contacts(nodes, whole)

    def _follow(self, entry: Node, chain: tuple[str, ...]) -> Document | None:
        """The file that an include names; None where there is none, with the fault collected."""
        try:
            beside = self._folder / entry.document.file.removeprefix(self._within)
            path = beside.parent.joinpath(entry.value).resolve()
            is_there = path.is_file()
        except (OSError, RuntimeError, ValueError):
            self.faults.append(entry.fault(phrase("leads to no file:")))
            return None
        if not path.is_relative_to(self._folder):
            self.faults.append(entry.fault(phrase("leads out of the folder of the trees:")))
            return None
        file = self._within + path.relative_to(self._folder).as_posix()
        if file in chain:
            circle = shortened(" → ".join([*chain[chain.index(file) :], file]))
            self.faults.append(entry.fault(phrase("includes go round in a circle, {circle}:", circle=circle)))
            return None
        if len(chain) > LONGEST_CHAIN:
            message = phrase("is included through more than {most} other files:", most=LONGEST_CHAIN)
            self.faults.append(entry.fault(message))
            return None
        if not is_there:
            self.faults.append(entry.fault(phrase("there is no such file:")))
            return None
        document = self._read(path, file)
        if document is not None and not is_shared(document):
            self.faults.append(entry.fault(phrase("is no file of contacts alone (no 'tree', no 'levels'):")))
            return None
        return document

    def _read(self, path: Path, file: str) -> Document | None:
        if file not in self._documents:
            try:
                self._documents[file] = read_document(path, file)
            except UnreadableFile as error:
                self._documents[file] = None
                self.unreadable.append(error.fault)
        return self._documents[file]


def _included(document: Document) -> Iterator[Node]:
    """The includes of a document: one name, or a list of them."""
    node = document.root["include"]
    yield from [node] if isinstance(node.value, str) else node.texts()


def _misses_contacts(document: Document) -> bool:
    """Whether a fault hides contacts: a mistyped key, or a duplicate id."""
    keys = document.content if isinstance(document.content, dict) else {}
    is_mistyped = "contacts" not in keys and bool(get_close_matches("contacts", keys))
    return is_mistyped or any(fault.path.startswith("contacts.") for fault in document.faults)


def _doubled(first: Node, second: Node) -> Fault:
    """The fault of a contact that occurs in an included file and elsewhere, shown at the first."""
    message = phrase("duplicate contact, also at {place}", place=second.position)
    return first.document.fault(first.steps, message, at_key=True)
