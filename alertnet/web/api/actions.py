"""The API for what coordinators do to an incident (B5); each act runs one flow and answers with the new state."""

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import BaseModel
from starlette.responses import Response

from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.core.incident import Wider
from alertnet.core.notification import PromptAnswer
from alertnet.core.resolution.known_people import renewed
from alertnet.flows.escalation import report_action as vouching
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

AHEAD = timedelta(minutes=5)  # how far another clock may be ahead of ours

router = Router(prefix="/v1/incidents/{ref}", responses=documented(401, 403, 404, 409, 410, 413, 422, 503))


@router.post("/updates", response_model=IncidentView)
def update(ref: str, news: News, door: CoordinatorsDoor) -> Response:
    """Add news, and tell it to everybody who was told of the incident.

    A change to who should be told becomes a decision for coordinators.
    """
    network = door.network
    return change(ref, door, news, lambda locked: tell_news(locked, news, network, door.by))


@router.post("/go", response_model=IncidentView)
def decide_level(ref: str, verdict: Verdict, door: CoordinatorsDoor) -> Response:
    """Decide go, hold or refuse for a level. Without tree and level, a go verifies the incident."""
    decision = PromptAnswer(verdict.decision.value)

    def do(locked: LockedIncident) -> None:
        decide(locked, decision, tree=verdict.tree, level=verdict.level, by=door.by)

    return change(ref, door, verdict, do)


@router.post("/acknowledgements", status_code=201, response_model=AcknowledgementView)
def vouch(ref: str, heard: Vouched, door: CoordinatorsDoor) -> Response:
    """Record an answer that a coordinator heard and vouches for (A6)."""

    def act(tx: Tx) -> tuple[LockedIncident, Show]:
        locked = _take_up(tx, ref, door.key)
        id = vouch_for(locked, heard, door.by).id
        return locked, lambda session: ApiAnswer(201, incident_view.of_acknowledgement(session, id))

    return door.carry_out(heard, act)


@router.delete("/acknowledgements/{id}", response_model=IncidentView)
def revoke_acknowledgement(ref: str, id: str, door: CoordinatorsDoor) -> Response:
    """Revoke an answer. Where the rule of its level is no longer met, the escalation goes on."""
    return change(ref, door, None, lambda locked: revoke(locked, id, by=door.by))


@router.post("/actions", response_model=IncidentView)
def report(ref: str, deed: Deed, door: CoordinatorsDoor) -> Response:
    """Record what a contact did after it acknowledged."""
    return change(ref, door, deed, lambda locked: report_deed(locked, deed))


@router.post("/consent", response_model=IncidentView)
def record_consent(ref: str, consent: Consent, door: CoordinatorsDoor) -> Response:
    """Record consent for the incident, or for some of its people. A narrower one applies at once.

    A wider one is stored, and applies once a coordinator has seen the difference and re-resolves (A8).
    """
    return change(ref, door, consent, lambda locked: keep_consent(locked, consent, door.by))


@router.post("/exclude", response_model=IncidentView)
def spare(ref: str, exclusion: Exclusion, door: CoordinatorsDoor) -> Response:
    """Exclude contacts, organisations or roles from now on."""
    return change(ref, door, exclusion, lambda locked: exclude(locked, tuple(exclusion.contacts), by=door.by))


@router.post("/merge", response_model=IncidentView)
def merge_into(ref: str, merging: Merging, door: CoordinatorsDoor) -> Response:
    """Merge this incident into another, as two reports of one event. The answer is the other incident."""

    def merged(tx: Tx) -> LockedIncident:
        id, other = id_of(tx, ref, door.key), _other_of(tx, ref, merging.into, door.key)
        return merge(tx, id, other, by=door.by)

    return door.carry_out(merging, showing(merged))


@router.post("/split", response_model=IncidentView)
def split_off(ref: str, splitting: Splitting, door: CoordinatorsDoor) -> Response:
    """Split merged reports off again, as incidents of their own."""
    reports = splitting.reports
    return door.carry_out(splitting, showing(lambda tx: split(tx, id_of(tx, ref, door.key), reports, by=door.by)))


@router.post("/close", response_model=IncidentView)
def close(ref: str, closing: Closing, door: CoordinatorsDoor) -> Response:
    """Close an incident: everything stops, and those who were told are informed."""

    def do(locked: LockedIncident) -> None:
        close_incident(locked, closing.reason, named=ref, text=closing.text, by=door.by)

    return change(ref, door, closing, do, also_texts=True)


@router.post("/reopen", response_model=IncidentView)
def reopen(ref: str, reopening: Reopening, door: CoordinatorsDoor) -> Response:
    """Reopen an incident: each escalation goes on where it stopped."""
    return change(ref, door, reopening, lambda locked: open_again(locked, reopening, door.by), also_texts=True)


def tell_news(locked: LockedIncident, news: News, network: Network, by: str) -> None:
    """Add news; see `flows.incidents.update.update_incident`."""
    facts = ("severity", "type", "perpetrator")
    given = {name: value for name in facts if (value := getattr(news, name)) is not None}
    named = [{name: getattr(person, name) for name in person.model_fields_set} for person in news.people or ()]
    update_incident(locked, news.text, renewed(locked.facts, given, named, network), by=by)


def vouch_for(locked: LockedIncident, heard: Vouched, by: str) -> Recorded:
    """Record a vouched answer; see `flows.escalation.report_action.vouch`."""
    recipient = _recipient(locked, heard.tree, heard.contact)
    at = _past(locked.tx, "heard_at", heard.heard_at)
    return vouching.vouch(recipient, heard.kind, by=by, note=heard.note, at=at)


def report_deed(locked: LockedIncident, deed: Deed) -> None:
    """Record an action; see `flows.escalation.report_action.report_action`."""
    at = _past(locked.tx, "at", deed.at)
    tree = _only_tree_with(locked, deed.contact) if deed.tree is None else deed.tree
    report_action(_recipient(locked, tree, deed.contact), deed.action, at=at, note=deed.note)


def keep_consent(locked: LockedIncident, consent: Consent, by: str) -> None:
    """Record consent; see `flows.incidents.update.hear_consent`."""
    at = _past(locked.tx, "at", consent.at) or locked.tx.now
    heard = Wider(consent.scope, None, consent.given_by, consent.how, at)
    hear_consent(locked, heard, tuple(consent.people), by)


def open_again(locked: LockedIncident, reopening: Reopening, by: str) -> None:
    """Reopen the incident; see `flows.incidents.close_incident.reopen_incident`."""
    why = ": ".join(filter(None, (reopening.reason, reopening.text)))
    reopen_incident(locked, by=by, reason=why)


def change(
    ref: str, door: Door, asked: BaseModel | None, do: Callable[[LockedIncident], None], *, also_texts: bool = False
) -> Response:
    """Lock the incident, call `do`, and answer with the incident; 404 where the key may not see it.

    `also_texts`: also a text that no coordinator has made an incident of may be changed so.
    """

    def done(tx: Tx) -> LockedIncident:
        locked = _take_up(tx, ref, door.key, also_texts=also_texts)
        do(locked)
        return locked

    return door.carry_out(asked, showing(done))


def _take_up(tx: Tx, ref: str, key: ApiKey, *, also_texts: bool = False) -> LockedIncident:
    locked = take_up(tx, id_of(tx, ref, key))
    if locked.facts.lone_text and not also_texts:
        raise WrongState(f"incident {locked.incident.ref}", "a text", "a coordinator opens it on its page first")
    return locked


def _other_of(tx: Tx, ref: str, into: str, key: ApiKey) -> str:
    """The id of the incident to merge into.

    Raises:
        BadInput: it is the same incident, or one that the key may not see.
    """
    try:
        id = id_of(tx, into, key)
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
