"""The page of texts from unknown numbers: assign one to a member, or drop it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from alertnet.core.errors import BadInput, Unknown
from alertnet.flows.sms.quarantine import bind_text, drop_text, to_show
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound
from alertnet.store.records.inbound import QuarantinedText
from alertnet.web.api.cursor import PAGE, page_of, read_cursor
from alertnet.web.auth import InForce
from alertnet.web.console.door import Viewer, act_once, by, proof_of
from alertnet.web.console.incidents.board import zone_of
from alertnet.web.console.refusing import Told
from alertnet.web.console.shown import may_act, show
from alertnet.web.forms import IDENTIFIER, Posted, typed

router = APIRouter(prefix="/desk/quarantine", include_in_schema=False, route_class=Told)


@router.get("")
def show_texts(
    request: Request,
    who: Viewer,
    runtime: InForce,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    done: str = "",
) -> Response:
    """Show the texts that belong to no member yet, newest first; only coordinators may read them."""
    acts, before = may_act(who), read_cursor(cursor)

    def query(tx: Tx) -> list[QuarantinedText]:
        return to_show(inbound.quarantined(tx, before, PAGE + 1)) if acts else []

    texts, next = page_of(runtime.read(query), lambda each: (each.at, each.id))
    teams = runtime.edition.network.teams
    return show(
        request,
        "quarantine.html",
        who=who,
        proof=proof_of(runtime, who),
        texts=texts,
        next=next,
        members=[f"{team}/{member}" for team in sorted(teams) for member in teams[team].members],
        zone=zone_of(runtime.edition),
        done=done,
    )


@router.post("/{id}")
def decide(id: str, request: Request, form: Posted, who: Viewer, runtime: InForce) -> Response:
    """Assign a text to a member, so that it acts as if sent from their own phone, or drop it."""
    if not IDENTIFIER.fullmatch(id):
        raise Unknown("text in quarantine", id[:32])
    member, edition = typed(form, "member"), runtime.edition

    def bind(tx: Tx) -> tuple[LockedIncident, str]:
        team, _, name = member.partition("/")
        locked = bind_text(tx, edition, id, team, name, by=by(who))
        return locked, f"/desk/incidents/{locked.incident.ref}?done=bound"

    def drop(tx: Tx) -> tuple[None, str]:
        drop_text(tx, id, by=by(who))
        return None, "/desk/quarantine?done=dropped"

    if form.get("step") == "drop":
        return act_once(request, who, form, drop)
    if not member:
        raise BadInput("member", None, "whose text it is")
    return act_once(request, who, form, bind)
