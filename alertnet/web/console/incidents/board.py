"""The console's first page: questions that wait for coordinators, and all open incidents.

Drills have the same page under `/desk/drills`. Both pages follow changes by Server-Sent Events.
"""

import threading
from dataclasses import field
from typing import ClassVar, cast

from fastapi import Request, Response

from alertnet.core.codec import value
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.core.incident import Severity
from alertnet.core.notification import DECISIONS, PromptAnswer, PromptKind
from alertnet.flows.desk.board import Board, OpenIncident, read_board
from alertnet.flows.desk.closed import closed_last
from alertnet.flows.desk.drills import read_drills
from alertnet.flows.desk.find import find
from alertnet.flows.escalation.decisions import USER
from alertnet.flows.notifications.prompts import open_prompts
from alertnet.flows.pages.coordinator_actions import TAKE, answer, answers_to
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound, prompts
from alertnet.store.records.editions import Edition
from alertnet.web.console.desk import AtDesk, Desk, page_of, shared_renderer, zone_of
from alertnet.web.console.live import IncidentState, Regions
from alertnet.web.console.refusing import Pages
from alertnet.web.console.shown import REF
from alertnet.web.forms import UNTYPED, Posted, word

router = Pages("/desk")

LONGEST_ASKED = 64
LOOKS_KEPT = 8
"""How many renderings of the board are kept, those shown last."""
PUT_OFF = (PromptAnswer.HOLD, PromptAnswer.TAKEN)
RECORDED = {
    "go": "Recorded for {}: Go.",
    "hold": "Recorded for {}: Hold.",
    "refuse": "Recorded for {}: Refuse.",
    "answered": "Recorded for {}: your answer.",
}
"""What was answered to a question about which incident."""
DONE = RECORDED | {
    "planned": "Planned: it begins by itself, and the coordinators hear the day before.",
    "cancelled": "Cancelled: it is not held.",
}


class Boards:
    """The board as this process read and showed it last; what has not changed is neither read nor rendered anew."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._last: Board | None = None
        self._reading = threading.Lock()
        self._shown: dict[BoardLook, tuple[Edition, Regions]] = {}

    def read(self) -> Board:
        with self._reading:
            self._last = self._runtime.read(read_board, self._last)
            return self._last

    def shown(self, look: "BoardLook") -> tuple[Board, Regions]:
        board, edition = self.read(), self._runtime.edition
        before_by, before = self._shown.get(look, (None, None))
        regions = look.of(self._runtime, board, before if before_by is edition else None)
        others = [each for each in self._shown.items() if each[0] != look]
        self._shown = dict([*others[1 - LOOKS_KEPT :], (look, (edition, regions))])
        return board, regions


@value
class BoardLook:
    """The board for all who share a language, a role that may act or not, and the same filters."""

    boards: Boards = field(compare=False)
    drill: bool
    severity: str
    country: str
    language: str
    acts: bool
    incident: ClassVar = ""
    """The board is about many."""

    def regions(self, runtime: Runtime, before: Regions | None, state: IncidentState) -> Regions:
        """Render the board, unless nothing has changed since `before`."""
        board = self.boards.read()
        if before is not None and before.source == (board.incidents, board.closed, board.troubles):
            return before
        return self.of(runtime, board, before)

    def of(self, runtime: Runtime, everything: Board, before: Regions | None = None) -> Regions:
        """Render that board; one region holds the questions, and each incident has one for its lines.

        `before`: an earlier rendering, whose regions are reused for incidents that have not changed.
        """
        known = set(map(id, cast(tuple[tuple[OpenIncident, ...], object], before.source)[0])) if before else set()
        board = everything.only(self.drill, self.severity, self.country)
        back = "drills" if self.drill else "board"
        say = shared_renderer(runtime, self.language, self.acts, tasks={}, to_call={}, back=back)

        def line(incident: OpenIncident) -> str:
            if before is not None and id(incident) in known:
                return before.parts[f"incident-{incident.ref}"]
            return say("incident_line.html", incident=incident)

        lines = {f"incident-{each.ref}": line(each) for each in board.incidents}
        matters = board.matters_for(self.acts)
        waiting, texts = sum(not each.is_put_off for each in matters), sum(each.is_text for each in board.incidents)
        drills = 0 if self.drill else len(everything.incidents) - len(everything.only(False).incidents)
        parts = {
            "troubles": say("troubles.html", troubles=everything.troubles),
            "matters": say("matters.html", matters=matters),
            "count": say("count.html", open=len(board.incidents) - texts, texts=texts, waiting=waiting, drills=drills),
            "title": f"({waiting}) " if waiting else "",
            "lately": str(len(board.closed)),
            "index": say("index.html", incidents=board.incidents),
            "closed": say("closed.html", closed=board.closed, zone=zone_of(runtime.edition)),
        }
        return Regions({**parts, **lines}, (everything.incidents, everything.closed, everything.troubles))


def boards_of(request: Request) -> Boards:
    boards: Boards = request.app.state.boards
    return boards


@router.get("")
def show_board(desk: AtDesk) -> Response:
    return _show(desk, drill=False)


@router.get("/drills")
def show_drills(desk: AtDesk) -> Response:
    """Show drills, on a page that looks different."""
    return _show(desk, drill=True)


@router.get("/live")
@router.get("/drills/live")
async def follow_board(desk: AtDesk) -> Response:
    return desk.follow(_look(desk, drill="/drills/" in desk.request.url.path))


@router.get("/find")
def find_what(desk: AtDesk, q: str = "") -> Response:
    """Find what a reference, a name or a code stands for, and show what can be done with it.

    Where nothing is asked for, show what was closed last.
    """
    board, asked = boards_of(desk.request).read(), UNTYPED.sub("", q).strip()[:LONGEST_ASKED]
    found = desk.runtime.read(find, desk.network, board, asked, desk.language, acts=desk.acts)
    closed = () if asked else desk.runtime.read(closed_last)
    return desk.show("find.html", asked=asked, found=found, closed=closed)


@router.post("/matters/{id}")
def answer_matter(id: str, form: Posted, desk: AtDesk) -> Response:
    """Record an answer to a question (go, hold, refuse), or that somebody takes on an alarm or a task."""
    said = word(form, "answer") or ""
    back = "/desk/drills" if form.get("back") == "drills" else "/desk"

    def act(tx: Tx) -> tuple[LockedIncident, str]:
        incident = prompts.incident_of(tx.session, id)
        if incident is None:
            raise Unknown("matter", id[:32])
        locked = take_up(tx, incident)
        prompt = prompts.as_of_now(tx.session, id)
        if said not in answers_to(prompt):
            raise BadInput("answer", said, answers_to(prompt))
        if prompt.answer in PUT_OFF and form.get("standing", prompt.answer) != prompt.answer:
            name = (prompt.answered_by or "").removeprefix(USER)
            raise WrongState(
                "the question", f"{prompt.answer} by {name}", "somebody was faster: look at it before you answer"
            )
        answer(locked, prompt, said, desk.by)
        for each in open_prompts(locked) if prompt.kind == PromptKind.ALARM else ():
            if each.kind == PromptKind.ALARM and each.id in form.get("besides", "").split():
                answer(locked, each, said, desk.by)
        done = said if said in DECISIONS else "answered"
        # Whom to call, and what they said, stand there alone.
        if form.get("back") == "incident" or said == TAKE:
            return locked, page_of(locked, done)
        return locked, f"{back}?done={done}&of={locked.incident.ref}"

    return desk.act_once(form, act)


def _look(desk: Desk, *, drill: bool) -> BoardLook:
    severity, country = (desk.request.query_params.get(name, "") for name in ("severity", "country"))
    if severity not in ("", *Severity):
        raise BadInput("severity", severity[:32], list(Severity))
    return BoardLook(boards_of(desk.request), drill, severity, country[:2], desk.language, desk.acts)


def _show(desk: Desk, *, drill: bool) -> Response:
    look = _look(desk, drill=drill)
    board, regions = look.boards.shown(look)
    done, of = (desk.request.query_params.get(name, "") for name in ("done", "of"))
    return desk.show(
        "board.html",
        drill=drill,
        done=DONE.get(done, "") if done not in RECORDED or REF.fullmatch(of) else "",
        of=of,
        **desk.personal(regions),
        now=board.now,
        countries=sorted({each.country for each in board.incidents}),
        chosen=look,
        drills=desk.runtime.read(read_drills, desk.edition) if drill else None,
        strangers=desk.runtime.read(inbound.count_quarantined) if desk.acts and not drill else 0,
    )
