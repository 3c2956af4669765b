"""The page of texts from unknown numbers: assign one to a member, or drop it."""

from fastapi import Response

from alertnet.core.errors import BadInput, Unknown
from alertnet.flows.sms.quarantine import bind_text, drop_text, to_show
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound
from alertnet.store.records.inbound import QuarantinedText
from alertnet.web.api.cursor import PAGE, Cursor, page_of, read_cursor
from alertnet.web.console.desk import AtDesk
from alertnet.web.console.refusing import Pages
from alertnet.web.forms import IDENTIFIER, Posted, typed

router = Pages("/desk/quarantine")


@router.get("")
def show_texts(desk: AtDesk, cursor: Cursor = None, done: str = "") -> Response:
    """Show the texts that belong to no member yet, newest first; only coordinators may read them."""
    before = read_cursor(router.prefix, cursor)

    def query(tx: Tx) -> list[QuarantinedText]:
        return to_show(inbound.quarantined(tx, before, PAGE + 1)) if desk.acts else []

    texts, next = page_of(router.prefix, desk.runtime.read(query), lambda each: (each.at, each.id))
    teams = desk.network.teams
    return desk.show(
        "quarantine.html",
        texts=texts,
        next=next,
        members=[f"{team}/{member}" for team in sorted(teams) for member in teams[team].members],
        done=done,
    )


@router.post("/{id}")
def decide(id: str, form: Posted, desk: AtDesk) -> Response:
    """Assign a text to a member, so that it acts as if sent from their own phone, or drop it."""
    if not IDENTIFIER.fullmatch(id):
        raise Unknown("text in quarantine", id[:32])
    if form.get("step") == "drop":
        return desk.do_once(form, lambda tx: drop_text(tx, id, by=desk.by), "/desk/quarantine?done=dropped")
    member = typed(form, "member")
    if not member:
        raise BadInput("member", None, "whose text it is")
    team, _, name = member.partition("/")
    return desk.change_once(form, lambda tx: bind_text(tx, desk.edition, id, team, name, by=desk.by), "bound")
