"""Reads a folder of contact trees and teams into a network, or lists everything that is wrong with it.

A folder may be several, the installation's own first: `own:shared`.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Generic, TypeVar

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.directory.languages import phrase
from alertnet.core.directory.on_call import Officer
from alertnet.core.errors import Misconfigured, Unknown
from alertnet.trees import build
from alertnet.trees.build import SharedContacts
from alertnet.trees.checks.advice import advice
from alertnet.trees.checks.coverage import Days, long_closed, uncovered
from alertnet.trees.checks.oversights import oversights
from alertnet.trees.checks.references import (
    TreeNodes,
    called_by_name,
    deputy_faults,
    field_faults,
    field_of_others,
    network_faults,
    tree_faults,
)
from alertnet.trees.folder_files import folders_of
from alertnet.trees.forms.conform import conform
from alertnet.trees.forms.country_rules import FILE as RULES
from alertnet.trees.forms.country_rules import NO_RULES, Rules, rules_of
from alertnet.trees.forms.field_form import FieldForm
from alertnet.trees.forms.tree_form import Form, SharedForm, TreeForm
from alertnet.trees.reading.document import Document, Joined
from alertnet.trees.reading.fault import Fault, fault_of
from alertnet.trees.reading.include import Contacts
from alertnet.trees.reading.yaml_file import UnreadableFile, read_document
from alertnet.trees.tree_folder import TreeFolder

F = TypeVar("F", bound=Form)

NO_FIELD = FieldForm()

_latest: deque[list[Document]] = deque(maxlen=2)
"""The documents of the last two readings, kept so that unchanged files are not parsed again."""

MOST_FAULTS = 200
"""How many faults of a file are listed; the rest is only counted."""


def read_network(folder: Path) -> Network:
    """Read all trees and teams of the folder; `Misconfigured` lists every fault of every file, with its place."""
    network, faults = read_folder(folder)
    if network is None:
        raise Misconfigured(map(str, faults))
    return network


def read_folder(folder: Path) -> tuple[Network | None, tuple[Fault, ...]]:
    """Read all trees and teams of the folder; None and the faults where something is wrong."""
    reading = _read(folder)
    if reading.faults:
        return None, reading.faults
    return _network(reading, _trees(reading)), ()


def read_rules(folder: Path) -> Rules:
    """What phones in each country can do, with the folder's own corrections applied."""
    path = folders_of(folder)[0] / RULES
    try:
        own = read_document(path, RULES) if path.is_file() else None
    except UnreadableFile:
        own = None
    return rules_of(own)[0]


Tested = Callable[[Network], Mapping[tuple[str, str], date | None]]
"""By tree and contact, since when all its numbers are known to work."""


@value
class Survey:
    """What `trees check` finds: faults, or advice, the network, and in which file each tree and contact stands."""

    faults: tuple[Fault, ...]
    unwise: tuple[Fault, ...] = ()
    network: Network | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    """File and line of each contact, by tree and contact."""


def survey(
    folder: Path, today: date, spoken: Collection[str] | None = None, tested: Tested = lambda network: {}
) -> Survey:
    """Check the folder in one reading. `spoken`: see `advice`; `tested` is called only where it makes a difference."""
    reading = _read(folder)
    keyrings = [folder.keyring for folder in reading.folders]
    faults = reading.faults or _in_order(fault for keyring in keyrings for fault in keyring.expired(today))
    if faults:
        return Survey(faults)
    trees, of_trees = _trees(reading), [nodes for folder in reading.folders for nodes in folder.nodes]
    network, field, placed = _network(reading, trees), _field_of(reading.folders), [*zip(trees, of_trees, strict=True)]
    works = cache(lambda: tested(network))
    unwise = [*advice(placed, network, field, today, reading.rules, spoken, works)]
    unwise += (fault for keyring in keyrings for fault in keyring.expiring(today))
    unwise += oversights(placed, network, field, today)
    closed: dict[Days, date | None] = {}
    for tree, nodes in placed:
        unwise += [*uncovered(tree, nodes.root, today), *long_closed(tree, nodes.contacts, today, closed)]
    files = {tree.id: nodes.root.document.file for tree, nodes in placed}
    contacts = {
        (tree.id, id): (node.document.file, node.line) for tree, nodes in placed for id, node in nodes.contacts.items()
    }
    return Survey((), _in_order(unwise), network, files, contacts)


def with_wait(folder: Path, tree: str, level: str, wait: str) -> tuple[str, str]:
    """The name and text of a tree's own file with another `wait` at that level; `Unknown` where no file has it."""
    documents = TreeFolder(folders_of(folder)[0], is_own=True).trees
    document = next((each for each in documents if each.root["tree"].value == tree), None)
    levels = document.root["levels"].entries() if document is not None else ()
    node = next((each for each in levels if each["name"].value == level), None)
    if document is None or node is None:
        raise Unknown("level of a tree in these files", f"{tree}/{level}"[:80])
    lines = (folders_of(folder)[0] / document.file).read_text("utf-8-sig").splitlines(keepends=True)
    stands = node["wait"].value
    mark = document.keys[node["name"].steps] if stands is None else document.marks[node["wait"].steps]
    head, rest = lines[mark.line][: mark.column], lines[mark.line][mark.column :]
    if stands is not None:
        lines[mark.line] = head + rest.replace(stands, wait, 1)
    else:
        is_in_braces = head.rstrip().endswith(("{", ","))
        added = f"wait: {wait}, " if is_in_braces else f"wait: {wait}\n{' ' * len(head)}"
        lines[mark.line] = head + added + rest
    return document.file, "".join(lines)


@value
class _Filled:
    """A tree's form with the contacts that it includes and the keys of its folder."""

    nodes: TreeNodes
    keys: Mapping[str, str]
    form: TreeForm
    shared: SharedContacts


@value
class _Reading:
    """What was read: the folders, and all forms where there are no faults."""

    folders: tuple[TreeFolder, ...]
    faults: tuple[Fault, ...] = ()
    trees: tuple[_Filled, ...] = ()
    field: FieldForm = NO_FIELD
    rules: Rules = NO_RULES


def _network(reading: _Reading, trees: Iterable[ContactTree]) -> Network:
    field = reading.field
    return Network({tree.id: tree for tree in trees}, build.teams(field), build.people(field), build.staff(field))


def _trees(reading: _Reading) -> list[ContactTree]:
    officers = build.officers(reading.field, reading.rules)
    return [_tree(each, officers, reading.rules) for each in reading.trees]


def _tree(filled: _Filled, officers: Mapping[str, Officer], rules: Rules) -> ContactTree:
    """The tree of a form; cached, because usually one of many trees is edited at a time."""
    document, *included = filled.nodes.documents

    def make() -> ContactTree:
        return build.contact_tree(filled.form, filled.shared, filled.nodes.meant, officers, filled.keys, rules)

    return document.keep("tree", (included, filled.keys, officers, rules), make)


def _read(place: Path) -> _Reading:
    own, *of_others = folders_of(place)
    folders = (TreeFolder(own, is_own=True), *(TreeFolder(each, is_own=False) for each in of_others))
    _latest.append([document for folder in folders for document in folder.library.documents])
    rules, faults = rules_of(folders[0].rules)
    filled = [(folder, *_filled(folder)) for folder in folders]
    fields = _Forms([document for folder in folders for document in folder.field], FieldForm)
    faults += tuple(fault for folder, _, found in filled for fault in (*folder.unreadable, *found))
    within = [fault for folder in folders for fault in _faults_within(folder)]
    # That a name leads to nobody says more than that it is no id.
    to_nobody = (fault for fault in within if fault.message.form.startswith("unknown contact"))
    faults = (*to_nobody, *faults, *fields.faults, *within, *_faults_between(folders))
    if not any(folder.trees or folder.unreadable for folder in folders):
        faults += (fault_of(place, phrase("holds no contact tree: needs at least one *.yaml")),)
    if faults:
        misnamed = (fault for folder in folders for nodes in folder.nodes for fault in called_by_name(nodes))
        return _Reading(folders, _in_order((*misnamed, *faults)))
    trees = tuple(tree for _, of_folder, _ in filled for tree in of_folder)
    return _Reading(folders, (), trees, _joined(fields.filled.values()), rules)


def _filled(folder: TreeFolder) -> tuple[list[_Filled], list[Fault]]:
    trees, shared = _Forms(folder.trees, TreeForm), _Forms(folder.library.shared, SharedForm)
    faults = [*trees.faults, *shared.faults, *folder.keyring.faults]
    if faults or folder.library.faults or folder.library.unreadable:
        return [], faults
    return [
        _Filled(
            nodes, folder.keyring.texts, trees.filled[tree.file], _included(folder.contacts[tree.file], tree, shared)
        )
        for tree, nodes in zip(folder.trees, folder.nodes, strict=True)
    ], []


def _joined(forms: Iterable[FieldForm]) -> FieldForm:
    """The field of several files as one; ids are unique across them."""
    whole = FieldForm()
    for each in forms:
        whole.teams.update(each.teams)
        whole.staff.update(each.staff)
        whole.people.update(each.people)
    return whole


def _field_of(folders: Iterable[TreeFolder]) -> Joined:
    return Joined(tuple(document.root for folder in folders for document in folder.field))


def _faults_between(folders: tuple[TreeFolder, ...]) -> Iterator[Fault]:
    """The faults between names across files."""
    field = _field_of(folders)
    yield from field_faults(field)
    # Names that only an unreadable file knows would look unknown.
    if all(folder.is_whole for folder in folders):
        yield from network_faults([nodes for folder in folders for nodes in folder.nodes], field)


def _faults_within(folder: TreeFolder) -> Iterator[Fault]:
    library = folder.library
    for shared in library.shared:
        known = library.contacts_of(shared)
        yield from shared.faults
        yield from deputy_faults(shared.root["contacts"], tuple(known.nodes)) if known.whole else ()
    yield from (*library.faults, *library.unreadable)
    for tree, nodes in zip(folder.trees, folder.nodes, strict=True):
        yield from tree.faults
        yield from tree_faults(nodes) if folder.contacts[tree.file].whole else ()
    for of_field in folder.field:
        yield from of_field.faults
        yield from field_of_others(of_field.root) if not folder.is_own else ()
    if folder.rules is not None and not folder.is_own:
        yield folder.rules.root.fault_here(phrase("belongs into an installation's own folder"))


def _included(contacts: Contacts, tree: Document, forms: "_Forms[SharedForm]") -> SharedContacts:
    """The contacts of a tree that other files hold, each with its file."""
    files = {id: contacts.source(id) for id in contacts.nodes}
    return {id: (file, forms.filled[file].contacts[id]) for id, file in files.items() if file != tree.file}


class _Forms(Generic[F]):
    """The forms of several documents by file, and the faults of those without one."""

    def __init__(self, documents: list[Document], form: type[F]) -> None:
        self.filled: dict[str, F] = {}
        self.faults: list[Fault] = []
        for document in documents:
            result, found = conform(document, form)
            if result:
                self.filled[document.file] = result
            self.faults += found


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults by file and line: the first of several at one place, and at most `MOST_FAULTS` a file."""
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
    rest = phrase("{count} more faults from here on", count=len(faults) - MOST_FAULTS)
    return [*faults[:MOST_FAULTS], Fault(next_one.file, next_one.line, next_one.column, "", None, rest)]
