"""The API for what coordinators do to an incident (B5); each act runs one flow and answers with the new state."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel
from starlette.responses import Response

from alertnet.core.codec import value
from alertnet.core.errors import BadInput, Unknown
from alertnet.core.incident import Wider, as_ref, gravest
from alertnet.core.notification import PromptAnswer
from alertnet.core.resolution.known_people import renewed
from alertnet.flows.escalation import report_action as vouching
from alertnet.flows.escalation.decisions import must_have_seen, must_have_seen_reopening
from alertnet.flows.escalation.record_decision import decide
from alertnet.flows.escalation.record_response import Recorded, revoke
from alertnet.flows.escalation.report_action import report_action
from alertnet.flows.incidents.close_incident import close_incident, reopen_incident
from alertnet.flows.incidents.merge import merge, must_be_two, split
from alertnet.flows.incidents.update import exclude, hear_consent, update_incident
from alertnet.flows.unit.idempotent_request import Show
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.records.editions import Edition
from alertnet.store.records.idempotency import ApiAnswer
from alertnet.store.views import incident_view
from alertnet.store.views.shapes import AcknowledgementView, IncidentView, moment
from alertnet.web.api.incidents import id_of, showing
from alertnet.web.api.models import (
    Closing,
    Consent,
    Deed,
    Exclusion,
    Merging,
    News,
    Reopening,
    Splitting,
    Verdict,
    Vouched,
)
from alertnet.web.door import CoordinatorsDoor, Door
from alertnet.web.problems import Router, documented

B = TypeVar("B", bound=BaseModel | None)
Route = Callable[[str, B, Door], Response]

AHEAD = timedelta(minutes=5)  # how far another clock may be ahead of ours

router = Router(prefix="/v1/incidents/{ref}", responses=documented(401, 403, 404, 409, 410, 413, 422, 503))


@value
class Doing:
    """An act on what is locked for it: an incident, or a text that no coordinator has made an incident of."""

    locked: LockedIncident
    edition: Edition
    by: str
    ref: str
    """The reference by which it was named."""
    seen: int | None = None
    """The last entry of its history that the page knew of from which it is done, if it is one of the console's."""

    @property
    def incident(self) -> LockedIncident:
        """What is locked, where that is no text; raises `WrongState` where it is one."""
        self.locked.must_be_no_text()
        return self.locked


ACTS: dict[str, tuple[type[Any], Callable[[Doing, Any], object]]] = {}
"""The acts by the last part of their path, in the console too: the body that each takes, and its function."""


def act(name: str) -> Callable[[Callable[[Doing, B], object]], Route[B]]:
    """Let a function be an act, and the name and description of its route, which answers with the incident."""

    def add(do: Callable[[Doing, B], object]) -> Route[B]:
        def route(ref: str, asked: B, door: CoordinatorsDoor) -> Response:
            return change(ref, door, asked, do)

        body = route.__annotations__["asked"] = get_type_hints(do)["asked"]
        ACTS[name] = body, do
        route.__name__, route.__doc__ = do.__name__, do.__doc__
        router.post(f"/{name}", response_model=IncidentView)(route)
        return route

    return add


def change(ref: str, door: Door, asked: B, do: Callable[[Doing, B], object]) -> Response:
    """Lock the incident, carry out the act, and answer with the incident; 404 where the key may not see it."""
    edition = door.edition

    def done(tx: Tx) -> LockedIncident:
        locked = take_up(tx, id_of(tx, ref, door.key, own=True))
        do(Doing(locked, edition, door.by, ref), asked)
        return locked

    return door.carry_out(asked, showing(done))


@act("updates")
def update(doing: Doing, asked: News) -> None:
    """Add news, and tell it to everybody who was told of the incident.

    A change to who should be told becomes a decision for coordinators.
    """
    facts = ("severity", "type", "perpetrator")
    given = {name: value for name in facts if (value := getattr(asked, name)) is not None}
    if asked.severity is not None and as_ref(doing.ref) != doing.incident.incident.ref:
        # What is less grave of a report lowers nothing of the others that it was merged with.
        given["severity"] = gravest(asked.severity, doing.incident.facts.severity)
    named = [{name: getattr(person, name) for name in person.model_fields_set} for person in asked.people or ()]
    news = renewed(doing.incident.facts, given, named, doing.edition.network)
    update_incident(doing.incident, asked.text, news, by=doing.by)


@act("go")
def decide_level(doing: Doing, asked: Verdict) -> None:
    """Decide go, hold or refuse for a level. Without tree and level, a go verifies the incident."""
    decision = PromptAnswer(asked.decision.value)
    if doing.seen is not None:
        must_have_seen(doing.incident, doing.seen, doing.by, decision, asked.tree, asked.level)
    decide(doing.incident, decision, tree=asked.tree, level=asked.level, by=doing.by)


def _vouch(doing: Doing, heard: Vouched) -> Recorded:
    recipient = _recipient(doing.incident, heard.tree, heard.contact)
    at = _past(doing.locked.tx, "heard_at", heard.heard_at)
    return vouching.vouch(recipient, heard.kind, by=doing.by, note=heard.note, at=at)


ACTS["acknowledgements"] = Vouched, _vouch


@router.post("/acknowledgements", status_code=201, response_model=AcknowledgementView)
def vouch(ref: str, heard: Vouched, door: CoordinatorsDoor) -> Response:
    """Record an answer that a coordinator heard and vouches for (A6)."""
    edition = door.edition

    def act(tx: Tx) -> tuple[LockedIncident, Show]:
        locked = take_up(tx, id_of(tx, ref, door.key, own=True))
        id = _vouch(Doing(locked, edition, door.by, ref), heard).id
        return locked, lambda session: ApiAnswer(201, incident_view.of_acknowledgement(session, id))

    return door.carry_out(heard, act)


@router.delete("/acknowledgements/{id}", response_model=IncidentView)
def revoke_acknowledgement(ref: str, id: str, door: CoordinatorsDoor) -> Response:
    """Revoke an answer. Where the rule of its level is no longer met, the escalation goes on."""
    return change(ref, door, None, lambda doing, _: revoke(doing.incident, id, by=doing.by))


@act("actions")
def report(doing: Doing, asked: Deed) -> None:
    """Record what a contact did after it acknowledged."""
    locked = doing.incident
    at = _past(locked.tx, "at", asked.at)
    tree = _only_tree_with(locked, asked.contact) if asked.tree is None else asked.tree
    report_action(_recipient(locked, tree, asked.contact), asked.action, at=at, note=asked.note)


@act("consent")
def record_consent(doing: Doing, asked: Consent) -> None:
    """Record consent for the incident, or for some of its people. A narrower one applies at once.

    A wider one is stored, and applies once a coordinator has seen the difference and re-resolves (A8).
    """
    tx = doing.locked.tx
    heard = Wider(asked.scope, None, asked.given_by, asked.how, _past(tx, "at", asked.at) or tx.now)
    hear_consent(doing.incident, heard, tuple(asked.people), doing.by)


@act("exclude")
def spare(doing: Doing, asked: Exclusion) -> None:
    """Exclude contacts, organisations or roles from now on."""
    exclude(doing.incident, tuple(asked.contacts), by=doing.by)


@router.post("/merge", response_model=IncidentView)
def merge_into(ref: str, merging: Merging, door: CoordinatorsDoor) -> Response:
    """Merge this incident into another, as two reports of one event. The answer is the other incident."""

    def merged(tx: Tx) -> LockedIncident:
        id, other = id_of(tx, ref, door.key, own=True), _other_of(tx, ref, merging.into, door.key)
        return merge(tx, id, other, by=door.by)

    return door.carry_out(merging, showing(merged))


@router.post("/split", response_model=IncidentView)
def split_off(ref: str, splitting: Splitting, door: CoordinatorsDoor) -> Response:
    """Split merged reports off again, as incidents of their own."""
    reports = splitting.reports
    return door.carry_out(splitting, showing(lambda tx: split(tx, id_of(tx, ref, door.key), reports, by=door.by)))


@act("close")
def close(doing: Doing, asked: Closing) -> None:
    """Close an incident: everything stops, and those who were told are informed."""
    if doing.seen is not None:
        must_have_seen_reopening(doing.locked, doing.seen, doing.by)
    close_incident(doing.locked, asked.reason, named=doing.ref, text=asked.text, by=doing.by)


@act("reopen")
def reopen(doing: Doing, asked: Reopening) -> None:
    """Reopen an incident: each escalation goes on where it stopped."""
    reopen_incident(doing.locked, by=doing.by, reason=": ".join(filter(None, (asked.reason, asked.text))))


def _other_of(tx: Tx, ref: str, into: str, key: ApiKey) -> str:
    """The id of the incident to merge into; raises `BadInput` where it is the same, or one that the key may not see."""
    try:
        id = id_of(tx, into, key, own=True)
    except Unknown:
        raise BadInput("into", into[:32], "the reference of another incident") from None
    must_be_two(ref, into)
    return id


def _past(tx: Tx, field: str, at: datetime | None) -> datetime | None:
    if at is not None and at > tx.now + AHEAD:
        raise BadInput(field, moment(at), "a moment that has passed")
    return at


def _recipient(locked: LockedIncident, tree: str, contact: str) -> Recipient:
    if tree not in locked.plans:
        raise BadInput("tree", tree, sorted(locked.plans))
    if contact not in locked.tree(tree).contacts:
        raise BadInput("contact", contact, sorted(locked.tree(tree).contacts))
    return locked.recipient(tree, contact)


def _only_tree_with(locked: LockedIncident, contact: str) -> str:
    """The only tree with a contact of that id."""
    trees = [id for id in locked.plans if contact in locked.tree(id).contacts]
    if not trees:
        raise BadInput("contact", contact, sorted({id for plan in locked.plans.values() for id in plan.tree.contacts}))
    if len(trees) > 1:
        raise BadInput("tree", None, sorted(trees))
    return trees[0]
