"""The trees in force as pictures: level after level, when each begins, who is told by what, and what is unwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fastapi import APIRouter, Request, Response

from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree, Level
from alertnet.core.errors import Unknown
from alertnet.flows.notifications.number_tests import shown_to_work
from alertnet.runtime import tree_editing
from alertnet.runtime.tree_editing import Finding, finding_of
from alertnet.runtime.wiring import Runtime
from alertnet.trees import Survey
from alertnet.web.auth import InForce
from alertnet.web.console.board import spoken, zone_of
from alertnet.web.console.door import Viewer
from alertnet.web.console.refusing import Told
from alertnet.web.console.shown import faults_for, language_of, may_act, show

router = APIRouter(prefix="/desk/trees", include_in_schema=False, route_class=Told)


@dataclass(frozen=True)
class Band:
    """A level with the moment at which it begins if nobody answers; None: the last resort, when nobody has."""

    starts_at: timedelta
    level: Level | None
    contacts: tuple[Contact, ...]


@router.get("")
def show_trees(request: Request, who: Viewer, runtime: InForce) -> Response:
    """All trees in force, and what is wrong with an edit that is not."""
    network, found = runtime.edition.network, _survey(runtime)
    unwise = {id: _unwise(found, tree) for id, tree in network.trees.items()}
    beside = {each for of_tree in unwise.values() for findings in of_tree.values() for each in findings}
    everything = map(partial(finding_of, "warning"), found.unwise)
    return show(
        request,
        "trees.html",
        who=who,
        acts=may_act(who),
        trees=[tree for _, tree in sorted(network.trees.items())],
        edition=runtime.edition.number,
        faults=faults_for(who, runtime),
        unwise={id: sum(map(len, of_tree.values())) for id, of_tree in unwise.items()},
        elsewhere=[each for each in everything if each not in beside],
        teams=network.teams,
        now=runtime.now(),
        zone=zone_of(runtime.edition),
    )


@router.get("/{tree}")
def show_tree(tree: str, request: Request, who: Viewer, runtime: InForce) -> Response:
    """One tree as a picture; no number of anybody is in it."""
    trees = runtime.edition.network.trees
    if tree not in trees:
        raise Unknown("tree", tree[:64])
    bands = tuple(_bands(trees[tree]))
    return show(
        request,
        "tree.html",
        who=who,
        acts=may_act(who),
        tree=trees[tree],
        bands=bands,
        others=sorted(each for each in trees if each != tree),
        unwise=_unwise(_survey(runtime), trees[tree]),
        edition=runtime.edition.number,
        **spoken(runtime, language_of(request)),
    )


def _survey(runtime: Runtime) -> Survey:
    return tree_editing.survey_in_force(runtime, lambda network: runtime.read(shown_to_work, network))


def _unwise(found: Survey, tree: ContactTree) -> Mapping[str, Sequence[Finding]]:
    """What is unwise in a tree, by the part of it that it stands beside: `levels.0`, `contacts.ana`, or the whole."""
    told = {contact.id for band in _bands(tree) for contact in band.contacts}
    files = {f"contacts.{id}": tree.contacts[id].included_from for id in tree.contacts}
    drawn = {f"levels.{at}" for at, _ in enumerate(tree.levels)} | {f"contacts.{id}" for id in told}
    by_place: dict[str, list[Finding]] = {}
    for fault in found.unwise:
        place = ".".join(fault.path.split(".")[:2])
        if fault.file in (files.get(place), found.trees.get(tree.id)):
            by_place.setdefault(place if place in drawn else "", []).append(finding_of("warning", fault))
    return by_place


def _bands(tree: ContactTree) -> Iterator[Band]:
    starts_at = tree.start.after
    for level in tree.levels:
        yield Band(starts_at, level, tuple(tree.contacts[id] for id in level.notify))
        starts_at += level.wait
    yield Band(starts_at, None, tuple(tree.contacts[id] for id in tree.last_resort))
