"""A folder of contact trees and `teams.yaml`, read whole: the network they describe, or everything that is wrong."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from alertnet.core.contact_tree import Network
from alertnet.core.errors import Misconfigured
from alertnet.trees import build
from alertnet.trees.conform import conform
from alertnet.trees.document import Document, empty_document
from alertnet.trees.fault import Fault
from alertnet.trees.form import FieldForm, Form, TreeForm
from alertnet.trees.references import field_faults, network_faults, tree_faults
from alertnet.trees.yaml_file import Unreadable, read_document

F = TypeVar("F", bound=Form)

FIELD = "teams.yaml"
"""The field's file; every other YAML file of the folder is a tree."""

MOST_FAULTS = 200
"""Faults that are listed for one file before the rest are only counted."""


def read_network(folder: Path) -> Network:
    """All trees of the folder and its teams.

    Raises:
        Misconfigured: with every fault of every file, as lines `file:line:column: path: what is wrong`.
    """
    reading = _read(folder)
    if reading.faults:
        raise Misconfigured(map(str, reading.faults))
    trees = [build.contact_tree(form) for form in reading.trees]
    return Network(
        trees={tree.id: tree for tree in trees},
        teams=build.teams(reading.field),
        people=build.people(reading.field),
    )


def check_folder(folder: Path) -> tuple[Fault, ...]:
    """Everything that is wrong with the folder, by file and line; empty when it can be used."""
    return _read(folder).faults


@dataclass(frozen=True)
class _Reading:
    """The forms that could be filled in: all of them where there are no faults."""

    trees: tuple[TreeForm, ...]
    field: FieldForm
    faults: tuple[Fault, ...]


def _read(folder: Path) -> _Reading:
    try:
        paths = _yaml_files(folder)
    except OSError as error:
        return _Reading((), FieldForm(), (_of_folder(folder, f"can't be read: {error.strerror}"),))
    documents, unreadable = _documents(paths)
    trees = [document for document in documents if document.file != FIELD]
    field = next((document for document in documents if document.file == FIELD), empty_document(FIELD))
    tree_forms, tree_form_faults = _conform_all(trees, TreeForm)
    field_form, field_form_faults = conform(field, FieldForm)
    faults = [*unreadable, *tree_form_faults, *field_form_faults, *field.faults, *field_faults(field.root)]
    for tree in trees:
        faults += [*tree.faults, *tree_faults(tree.root)]
    # While a file can't be read, the names that only it knows would look unknown.
    if not unreadable:
        faults += network_faults([tree.root for tree in trees], field.root)
    if all(path.name == FIELD for path in paths):
        faults.append(_of_folder(folder, "holds no contact tree: needs at least one *.yaml"))
    return _Reading(tuple(tree_forms), field_form or FieldForm(), _in_order(faults))


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and not path.name.startswith(".")
    )


def _of_folder(folder: Path, message: str) -> Fault:
    return Fault(str(folder), 0, 0, "", None, message)


def _documents(paths: list[Path]) -> tuple[list[Document], list[Fault]]:
    documents, unreadable = [], []
    for path in paths:
        try:
            documents.append(read_document(path))
        except Unreadable as error:
            unreadable.append(error.fault)
    return documents, unreadable


def _conform_all(documents: list[Document], form: type[F]) -> tuple[list[F], list[Fault]]:
    filled: list[F] = []
    faults: list[Fault] = []
    for document in documents:
        result, found = conform(document, form)
        filled += [result] if result else []
        faults += found
    return filled, faults


def _in_order(faults: list[Fault]) -> tuple[Fault, ...]:
    """By file and line; of several at one place the first that was found, and never more than anybody reads."""
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
