"""The API for contact trees (B5): the trees in force, faults of an edit, and a preview of a case."""

from datetime import timedelta

from fastapi import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.errors import Unknown
from alertnet.core.forecast.script import Does, Script, ScriptReader
from alertnet.core.forecast.simulate import rehearse
from alertnet.core.limits import TREE_CHECKS
from alertnet.core.resolution.known_people import checked
from alertnet.flows.forecast.played import Played
from alertnet.web.api.models import Case
from alertnet.web.auth import InForce, Reader, throttle_of
from alertnet.web.problems import Router, documented
from alertnet.web.throttle import TooOften, in_turn

router = Router()


class TreeView(TypedDict):
    """A tree in force. `version` is the hash of its content, to which incidents are pinned."""

    id: str
    title: str
    scope: str
    countries: list[str]
    version: str


class FaultView(TypedDict):
    """A fault in a file as it is now. `line` and `column` count from 1; 0 stands for the folder."""

    file: str
    line: int
    column: int
    value: str | None
    text: str


class TreesView(TypedDict):
    """The trees in force. While there are `faults`, they are those of the last good edition."""

    items: list[TreeView]
    faults: list[FaultView]


@router.get("/v1/trees", response_model=TreesView, responses=documented(401, 403, 503))
def list_trees(key: Reader, runtime: InForce) -> Response:
    """The contact trees in force, and the faults of an edit that is not in force."""
    edition = runtime.edition
    trees = [_tree(tree, edition.trees[tree.id]) for tree in edition.network.in_order]
    faults = [
        FaultView(file=each.file, line=each.line, column=each.column, value=each.value, text=str(each))
        for each in runtime.trees.faults
    ]
    return JSONResponse(TreesView(items=trees, faults=faults))


@router.post("/v1/trees/{tree}/preview", responses=documented(401, 403, 404, 413, 422, 503))
def preview(tree: str, case: Case, key: Reader, runtime: InForce, request: Request) -> Response:
    """Play a case through one tree: who would be told what, and when. Nothing is sent."""
    edition = runtime.edition
    if tree not in edition.network.trees:
        raise Unknown("tree", tree[:64])
    wait = throttle_of(request).wait(TREE_CHECKS, key.id, runtime.now())
    if wait is not None:
        raise TooOften(f"API key {key.id} has had as many played through as it may", wait)
    at = case.at or runtime.now()
    until = at + timedelta(hours=case.hours)
    facts = checked(case.facts(edition.network.trees[tree]), edition.network)
    answers = ScriptReader(edition.network, facts).deeds("answers", Does.ANSWERS, case.answers)
    script = Script(answers, gives_go=not case.no_go)
    with in_turn():
        rehearsal = rehearse(facts, edition.network.trees.values(), at, until, script).of_tree(tree)
        played = Played(facts, edition.network, at, rehearsal, runtime.renderer(edition.templates), script)
        return JSONResponse(played.as_plain(with_words=case.messages))


def _tree(tree: ContactTree, version: str) -> TreeView:
    return TreeView(
        id=tree.id, title=tree.title, scope=tree.scope.value, countries=sorted(tree.countries), version=version
    )
