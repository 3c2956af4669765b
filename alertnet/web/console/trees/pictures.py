"""Draws the trees in force: each level with its start, who is told and how, and what is unwise in it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from fastapi import Response

from alertnet.core.codec import value
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree, Level
from alertnet.core.errors import Unknown
from alertnet.flows.notifications.number_tests import shown_to_work
from alertnet.runtime import tree_editing
from alertnet.runtime.tree_editing import FilesInForce
from alertnet.runtime.wiring import Runtime
from alertnet.web.console.desk import AtDesk
from alertnet.web.console.refusing import Pages

router = Pages("/desk/trees")

T = TypeVar("T")


@value
class Band:
    """A level and when it begins if nobody answers, counted from the opening.

    `level` None stands for the last resort, and, without a time, for those whom no level names, such as deputies.
    """

    starts_at: timedelta | None
    level: Level | None
    contacts: tuple[Contact, ...]


@router.get("")
def show_trees(desk: AtDesk) -> Response:
    """Show all trees in force, and the faults of an edit that is not in force."""
    network, found = desk.network, _found(desk.runtime).unwise
    return desk.show(
        "trees.html",
        trees=network.in_order,
        edition=desk.edition.number,
        faults=desk.faults,
        unwise={tree: sum(map(len, parts.values())) for tree, parts in found.items()},
        elsewhere=[each for findings in found.get("", {}).values() for each in findings],
        teams=network.teams,
    )


@router.get("/{tree}")
def show_tree(tree: str, desk: AtDesk) -> Response:
    """Show one tree as a picture, without anybody's numbers."""
    trees = desk.network.trees
    if tree not in trees:
        raise Unknown("tree", tree[:64])
    bands, found = tuple(_bands(trees[tree])), _found(desk.runtime)
    return desk.show(
        "tree.html",
        tree=trees[tree],
        bands=bands,
        others=sorted(each for each in trees if each != tree),
        unwise=_beside(found.unwise.get(tree, {}), bands),
        file=found.files.get(tree),
        places={id: place for (of, id), place in found.contacts.items() if of == tree},
        edition=desk.edition.number,
    )


def _found(runtime: Runtime) -> FilesInForce:
    return tree_editing.in_force(runtime, lambda network: runtime.read(shown_to_work, network))


def _beside(found: Mapping[str, Sequence[T]], bands: Sequence[Band]) -> dict[str, list[T]]:
    """Findings by the level or contact beside which they are drawn; "" for those that are not in the picture."""
    drawn = {f"levels.{at}" for at, _ in enumerate(bands)}
    drawn |= {f"contacts.{contact.id}" for band in bands for contact in band.contacts}
    beside: dict[str, list[T]] = {}
    for part, findings in found.items():
        beside.setdefault(part if part in drawn else "", []).extend(findings)
    return beside


def _bands(tree: ContactTree) -> Iterator[Band]:
    told = (*((level, level.notify) for level in tree.levels), (None, tree.last_resort))
    for starts_at, (level, ids) in zip(tree.level_starts, told, strict=True):
        yield Band(starts_at, level, tuple(tree.contacts[id] for id in ids))
    named = {*tree.last_resort, *(id for level in tree.levels for id in level.notify)}
    if others := tuple(contact for id, contact in tree.contacts.items() if id not in named):
        yield Band(None, None, others)
