"""A folder of contact trees and `teams.yaml`, read whole: the network they describe, or everything that is wrong."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Generic, TypeVar

from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.errors import Misconfigured
from alertnet.trees import build
from alertnet.trees.build import SharedContacts
from alertnet.trees.checks.advice import advice
from alertnet.trees.checks.coverage import long_closed, uncovered
from alertnet.trees.checks.oversights import oversights
from alertnet.trees.checks.references import TreeNodes, deputy_faults, field_faults, network_faults, tree_faults
from alertnet.trees.forms.conform import conform
from alertnet.trees.forms.country_rules import FILE as RULES
from alertnet.trees.forms.country_rules import NO_RULES, Rules, rules_of
from alertnet.trees.forms.field_form import FieldForm
from alertnet.trees.forms.tree_form import Form, SharedForm, TreeForm
from alertnet.trees.reading.document import Document, Node, empty_document
from alertnet.trees.reading.fault import Fault, fault_of
from alertnet.trees.reading.include import Contacts, Library, is_shared
from alertnet.trees.reading.keyring import NO_KEYS, Keyring
from alertnet.trees.reading.yaml_file import Unreadable, read_document

F = TypeVar("F", bound=Form)

FIELD = "teams.yaml"
"""The field's file; beside it and the rules of countries every YAML file is a tree, or holds contacts for several."""

MOST_FAULTS = 200
"""Faults that are listed for one file before the rest are only counted."""


def read_network(folder: Path) -> Network:
    """All trees of the folder and its teams.

    Raises:
        Misconfigured: with every fault of every file, as lines `file:line:column: path: what is wrong`.
    """
    network, faults = read_folder(folder)
    if network is None:
        raise Misconfigured(map(str, faults))
    return network


def read_folder(folder: Path) -> tuple[Network | None, tuple[Fault, ...]]:
    """All trees of the folder and its teams, or None and everything that is wrong."""
    reading = _read(folder)
    if reading.faults:
        return None, reading.faults
    field = reading.field
    trees = {tree.id: tree for tree in _trees(reading)}
    return Network(trees, build.teams(field), build.people(field), build.staff(field)), ()


def read_rules(folder: Path) -> Rules:
    """What the telephones of each country can do, with what the folder says of some."""
    try:
        own = read_document(folder / RULES, RULES) if (folder / RULES).is_file() else None
    except Unreadable:
        own = None
    return rules_of(own)[0]


def check_folder(folder: Path) -> tuple[Fault, ...]:
    """Everything that is wrong with the folder, by file and line; empty when it can be used."""
    return _read(folder).faults


def advise(folder: Path, today: date) -> tuple[Fault, ...]:
    """What is unwise in a folder that can be used, by file and line; nothing where there are faults."""
    return survey(folder, today).unwise


@dataclass(frozen=True)
class Survey:
    """What `trees check` finds: faults, or what is unwise, and the ids of what can be used."""

    faults: tuple[Fault, ...]
    unwise: tuple[Fault, ...] = ()
    trees: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


def survey(folder: Path, today: date, spoken: Collection[str] | None = None) -> Survey:
    """Everything there is to say about the folder, in one reading. `spoken`: the languages that have messages."""
    reading = _read(folder)
    faults = reading.faults or _in_order(reading.keyring.expired(today))
    if faults:
        return Survey(faults)
    trees = _trees(reading)
    unwise = [
        *advice(reading.nodes, reading.field_root, today, reading.rules, spoken),
        *reading.keyring.expiring(today),
    ]
    unwise += oversights(trees, reading.nodes, today)
    for tree, nodes in zip(trees, reading.nodes, strict=True):
        unwise += [*uncovered(tree, nodes.root, today), *long_closed(tree, nodes.contacts, today)]
    return Survey((), _in_order(unwise), tuple(tree.id for tree in trees), tuple(reading.field.teams))


@dataclass(frozen=True)
class _Reading:
    """The forms that could be filled in: all of them where there are no faults. Beside each tree what it includes."""

    trees: tuple[tuple[TreeForm, SharedContacts], ...]
    field: FieldForm
    faults: tuple[Fault, ...]
    nodes: tuple[TreeNodes, ...] = ()
    field_root: Node = empty_document(FIELD).root
    keyring: Keyring = NO_KEYS
    rules: Rules = NO_RULES


def _trees(reading: "_Reading") -> list[ContactTree]:
    officers = build.officers(reading.field, reading.rules)
    return [build.contact_tree(*each, officers, reading.keyring.texts, reading.rules) for each in reading.trees]


def _read(folder: Path) -> _Reading:
    try:
        paths = _yaml_files(folder)
    except OSError as error:
        return _Reading((), FieldForm(), (fault_of(folder, f"can't be read: {error.strerror}"),))
    documents, unreadable = _documents(paths)
    library = Library(folder, documents)
    by_name = {document.file: document for document in documents}
    trees = [document for document in documents if document.file not in (FIELD, RULES) and not is_shared(document)]
    contacts = {tree.file: library.contacts_of(tree) for tree in trees}
    field = by_name.get(FIELD, empty_document(FIELD))
    rules, rule_faults = rules_of(by_name.get(RULES))
    tree_forms, shared_forms = _Forms(trees, TreeForm), _Forms(library.shared, SharedForm)
    field_form, field_form_faults = conform(field, FieldForm)
    faults = [*unreadable, *tree_forms.faults, *shared_forms.faults, *field_form_faults, *rule_faults]
    faults += _reference_faults(library, trees, contacts, field, unread=bool(unreadable))
    if not trees and not unreadable:
        faults.append(fault_of(folder, "holds no contact tree: needs at least one *.yaml"))
    keyring = Keyring(folder, (node for each in contacts.values() for node in each.nodes.values()))
    faults += keyring.faults
    if faults:
        return _Reading((), FieldForm(), _in_order(faults))
    filled = [(tree_forms.filled[tree.file], _included(contacts[tree.file], tree, shared_forms)) for tree in trees]
    nodes = tuple(TreeNodes(tree.root, contacts[tree.file].nodes) for tree in trees)
    return _Reading(tuple(filled), field_form or FieldForm(), (), nodes, field.root, keyring, rules)


def _reference_faults(
    library: Library, trees: list[Document], contacts: dict[str, Contacts], field: Document, *, unread: bool
) -> Iterator[Fault]:
    """What the forms can't see: names that lead nowhere, within and between the files."""
    for shared in library.shared:
        known = library.contacts_of(shared)
        yield from shared.faults
        yield from deputy_faults(shared.root["contacts"], tuple(known.nodes)) if known.whole else ()
    yield from (*library.faults, *library.unreadable, *field.faults, *field_faults(field.root))
    nodes = [TreeNodes(tree.root, contacts[tree.file].nodes) for tree in trees]
    for tree, of_tree in zip(trees, nodes, strict=True):
        yield from tree.faults
        yield from tree_faults(of_tree) if contacts[tree.file].whole else ()
    # While a file can't be read, the names that only it knows would look unknown.
    if not unread and all(each.whole for each in contacts.values()):
        yield from network_faults(nodes, field.root)


def _included(contacts: Contacts, tree: Document, forms: "_Forms[SharedForm]") -> SharedContacts:
    """The contacts of a tree that stand in other files, each with its file."""
    files = {id: contacts.source(id) for id in contacts.nodes}
    return {id: (file, forms.filled[file].contacts[id]) for id, file in files.items() if file != tree.file}


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and not path.name.startswith(".")
    )


def _documents(paths: list[Path]) -> tuple[list[Document], list[Fault]]:
    documents, unreadable = [], []
    for path in paths:
        try:
            documents.append(read_document(path, path.name))
        except Unreadable as error:
            unreadable.append(error.fault)
    return documents, unreadable


class _Forms(Generic[F]):
    """The forms of several documents, by file, and the faults of those that could not be filled in."""

    def __init__(self, documents: list[Document], form: type[F]) -> None:
        self.filled: dict[str, F] = {}
        self.faults: list[Fault] = []
        for document in documents:
            result, found = conform(document, form)
            if result:
                self.filled[document.file] = result
            self.faults += found


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults by file and line; of several at one place the first, and never more than anybody reads."""
    first: dict[tuple[str, int, int, str], Fault] = {}
    for fault in faults:
        first.setdefault((fault.file, fault.line, fault.column, fault.path), fault)
    ordered = [first[place] for place in sorted(first)]
    by_file = groupby(ordered, key=lambda fault: fault.file)
    return tuple(fault for _, of_file in by_file for fault in _capped(list(of_file)))


def _capped(faults: list[Fault]) -> list[Fault]:
    if len(faults) <= MOST_FAULTS:
        return faults
    next_one = faults[MOST_FAULTS]
    rest = f"{len(faults) - MOST_FAULTS} more faults from here on"
    return [*faults[:MOST_FAULTS], Fault(next_one.file, next_one.line, next_one.column, "", None, rest)]
