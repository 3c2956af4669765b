"""The API for re-resolving an incident (A8, B5): first see what would change, then apply exactly that."""

from collections.abc import Iterable
from typing import TypeVar, cast

from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.core.errors import BadInput
from alertnet.core.replan.difference import Difference
from alertnet.flows.incidents.re_resolve import difference, re_resolve
from alertnet.flows.unit.locked_incident import look_at
from alertnet.store.views.shapes import IncidentView
from alertnet.web.api.actions import Doing, change
from alertnet.web.api.incidents import id_of
from alertnet.web.api.models import Reresolution
from alertnet.web.door import CoordinatorsDoor
from alertnet.web.problems import Router, documented

V = TypeVar("V")

router = Router(prefix="/v1/incidents/{ref}", responses=documented(401, 403, 404, 409, 410, 413, 422, 503))


class ConsentChange(TypedDict):
    """The consent in force for the incident and its people, before and after."""

    before: str
    after: str


class TreeChanges(TypedDict):
    """Trees that would start to serve the incident, and trees that would stop."""

    joining: list[str]
    leaving: list[str]


class LevelChange(TypedDict):
    """A level that changes; `change` is `added`, `removed` or `changed`."""

    tree: str
    level: str
    change: str


class ContactChange(TypedDict):
    tree: str
    contact: str
    change: str


class MethodChange(TypedDict):
    """A method that changes; only the end of `address` is shown."""

    tree: str
    contact: str
    method: str
    address: str
    change: str


class Told(TypedDict):
    """A contact that is told; `level` is null for the last resort."""

    tree: str
    level: str | None
    contact: str


class DifferenceView(TypedDict):
    """What re-resolving would change. `expected` takes the `hash`; `words` say the same for people."""

    hash: str
    words: list[str]
    consent: ConsentChange
    trees: TreeChanges
    levels: list[LevelChange]
    contacts: list[ContactChange]
    methods: list[MethodChange]
    newly_told: list[Told]
    no_longer_told: list[Told]


@router.post("/re-resolve", response_model=DifferenceView | IncidentView)
def re_resolve_incident(ref: str, asked: Reresolution, door: CoordinatorsDoor) -> Response:
    """Show what the trees in force and wider consent would change (`apply: false`), or apply what was shown."""
    edition = door.edition
    if not asked.apply:
        found = door.look(lambda tx: difference(look_at(tx, id_of(tx, ref, door.key)), edition))
        return JSONResponse(_view(found))
    return change(ref, door, asked, apply)


def apply(doing: Doing, asked: Reresolution) -> None:
    """Apply what was shown; raises `BadInput` where nothing says what that was, `WrongState` where it has changed."""
    if asked.expected is None:
        raise BadInput("expected", None, "the `hash` of the difference that was looked at")
    re_resolve(doing.incident, doing.edition, asked.expected, by=doing.by)


def _view(found: Difference) -> DifferenceView:
    return DifferenceView(
        hash=found.hash,
        words=list(map(str, found.words)),
        consent=ConsentChange(before=found.consent_before.value, after=found.consent_after.value),
        trees=TreeChanges(joining=list(found.joining), leaving=list(found.leaving)),
        levels=_each(found.levels, LevelChange),
        contacts=_each(found.contacts, ContactChange),
        methods=_each(found.methods, MethodChange),
        newly_told=_each(found.newly_told, Told),
        no_longer_told=_each(found.no_longer_told, Told),
    )


def _each(found: Iterable[object], view: type[V]) -> list[V]:
    """Those values, each with the fields of that view."""
    return [cast("V", {name: getattr(each, name) for name in view.__annotations__}) for each in found]
