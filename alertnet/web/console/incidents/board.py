"""The console's first page: questions that wait for coordinators, and all open incidents.

Drills have the same page under `/desk/drills`. Both pages follow changes by Server-Sent Events.
"""

import threading
from collections.abc import Callable
from dataclasses import field
from typing import Any, cast

from fastapi import APIRouter, Request, Response

from alertnet.core.codec import value
from alertnet.core.disclosure import Subject
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.core.incident import Severity
from alertnet.core.notification import PromptAnswer
from alertnet.flows.desk.board import Board, OpenIncident, read_board
from alertnet.flows.desk.drills import read_drills
from alertnet.flows.desk.find import find
from alertnet.flows.desk.incident import in_codes
from alertnet.flows.desk.names import names_in
from alertnet.flows.pages.coordinator_actions import answer, answers_to
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records import prompts
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import SignedIn
from alertnet.store.records.editions import Edition
from alertnet.web.auth import InForce
from alertnet.web.console.door import Viewer, act_once, by, proof_of
from alertnet.web.console.live import Look, Regions, Watch
from alertnet.web.console.refusing import Told
from alertnet.web.console.shown import language_of, may_act, rendered, say_by, show, streamed, words
from alertnet.web.forms import UNTYPED, Posted, word

router = APIRouter(prefix="/desk", include_in_schema=False, route_class=Told)

LONGEST_ASKED = 64
PUT_OFF = (PromptAnswer.HOLD, PromptAnswer.TAKEN)
DONE = {
    "planned": "Planned: it begins by itself, and the coordinators hear the day before.",
    "cancelled": "Cancelled: it is not held.",
}

PROOF = "__PROOF__"
"""Placeholder for the proof of the session in HTML that is rendered once for many sessions."""


def personal(runtime: Runtime, who: SignedIn, language: str, html: str) -> str:
    """Turn HTML that was rendered for many sessions into the HTML of one session.

    It puts the session's proof into the forms and writes "you" for the name of its own user. An open page does the same
    to the news that it receives.
    """
    you = words(language).get("you", "you")
    return html.replace(PROOF, proof_of(runtime, who)).replace(f"<span class=user>{who.user}</span>", you)


class Boards:
    """The board as this process read it last; a new reading reuses what has not changed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._last: Board | None = None
        self._reading = threading.Lock()

    def read(self) -> Board:
        with self._reading:
            self._last = self._runtime.read(read_board, self._last)
            return self._last


@value
class BoardLook:
    """The board for all who share a language, a role that may act or not, and the same filters."""

    boards: Boards = field(compare=False)
    drill: bool
    severity: str
    country: str
    language: str
    acts: bool

    @property
    def incident(self) -> str:
        """Empty: the board is about many incidents."""
        return ""

    def regions(self, runtime: Runtime, before: Regions | None, seq: int | None) -> Regions:
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
        common = spoken(runtime, self.language) | {
            "acts": self.acts,
            "proof": PROOF,
            "tasks": {},
            "to_call": {},
            "back": back,
        }

        def say(template: str, **values: object) -> str:
            return rendered(template, self.language, **common, **values)

        def line(incident: OpenIncident) -> str:
            if before is not None and id(incident) in known:
                return before.parts[f"incident-{incident.ref}"]
            return say("incident_line.html", incident=incident)

        lines = {f"incident-{each.ref}": line(each) for each in board.incidents}
        waiting, texts = sum(not each.is_put_off for each in board.matters), sum(e.is_text for e in board.incidents)
        drills = 0 if self.drill else len(everything.incidents) - len(everything.only(False).incidents)
        parts = {
            "troubles": say("troubles.html", troubles=everything.troubles),
            "matters": say("matters.html", matters=board.matters),
            "count": say("count.html", open=len(board.incidents) - texts, texts=texts, waiting=waiting, drills=drills),
            "title": f"({waiting}) " if waiting else "",
            "lately": str(len(board.closed)),
            "closed": say("closed.html", closed=board.closed, zone=zone_of(runtime.edition)),
        }
        return Regions({**parts, **lines}, (everything.incidents, everything.closed, everything.troubles))


def spoken(runtime: Runtime, language: str) -> dict[str, Any]:
    """The functions and word lists by which templates say types, severities, statements and names."""
    renderer = runtime.renderer(runtime.edition.templates)
    words = renderer.words(language)

    def called(tree: str, contact: str) -> str:
        """The name of a contact, or its id where only a running incident still knows it and no tree in force does."""
        known = runtime.edition.network.trees[tree].contacts if tree in runtime.edition.network.trees else {}
        return known[contact].called if contact in known else contact

    def statement(subject: str, about: str, type: str) -> str:
        return words.statement(Subject(subject), about or None, words.types[type])

    return {
        "types": words.types,
        "severities": words.severities,
        "statement": statement,
        "called": called,
        "country_name": lambda country: renderer.country(country, language),
        "reasons_to_wait": words.reasons_to_wait,
        "coded": lambda details: in_codes(details, renderer, language),
    }


def zone_of(edition: Edition) -> str:
    """The time zone for what belongs to no tree: that of the first tree, else UTC."""
    return next((tree.timezone for tree in edition.network.trees.values()), "UTC")


def sayer(runtime: Runtime, language: str) -> Callable[[str], str]:
    """A function that translates the English words of an incident's history into that language."""
    words = runtime.renderer(runtime.edition.templates).words(language)
    return say_by(names_in(words.types, words.severities), language)


def boards_of(request: Request) -> Boards:
    boards: Boards = request.app.state.boards
    return boards


@router.get("")
def show_board(request: Request, who: Viewer, runtime: InForce) -> Response:
    """Show real incidents."""
    return _show(request, who, runtime, drill=False)


@router.get("/drills")
def show_drills(request: Request, who: Viewer, runtime: InForce) -> Response:
    """Show drills, on a page that looks different."""
    return _show(request, who, runtime, drill=True)


@router.get("/live")
@router.get("/drills/live")
async def follow_board(request: Request, who: Viewer, runtime: InForce) -> Response:
    """Stream the changes of that board as Server-Sent Events."""
    return follow(request, runtime, _look(request, who, drill="/drills/" in request.url.path), who)


@router.get("/find")
def find_what(request: Request, who: Viewer, runtime: InForce, q: str = "") -> Response:
    """Find what a reference, a name or a code stands for, and show what can be done with it."""
    board, asked = boards_of(request).read(), UNTYPED.sub("", q).strip()[:LONGEST_ASKED]
    found = runtime.read(find, runtime.edition.network, board, asked, acts=may_act(who))
    return show(request, "find.html", who=who, asked=asked, found=found, **spoken(runtime, language_of(request)))


@router.post("/matters/{id}")
def answer_matter(id: str, request: Request, form: Posted, who: Viewer) -> Response:
    """Record an answer to a question (go, hold, refuse), or that somebody takes on an alarm or a task."""
    said = word(form, "answer") or ""
    back = "/desk/drills" if form.get("back") == "drills" else "/desk"

    def act(tx: Tx) -> tuple[LockedIncident, str]:
        incident = prompts.incident_of(tx.session, id) if id.isascii() and id.isalnum() else None
        if incident is None:
            raise Unknown("matter", id[:32])
        locked = take_up(tx, incident)
        prompt = prompts.hold(tx.session, id)
        if said not in answers_to(prompt):
            raise BadInput("answer", said, answers_to(prompt))
        if prompt.answer in PUT_OFF and form.get("standing", prompt.answer) != prompt.answer:
            meanwhile = f"{prompt.answer} by {prompt.answered_by}"
            raise WrongState("the question", meanwhile, "somebody was faster: look at it before you answer")
        answer(locked, prompt, said, by(who))
        there = f"/desk/incidents/{locked.incident.ref}" if form.get("back") == "incident" else back
        return locked, there

    return act_once(request, who, form, act)


def follow(request: Request, runtime: Runtime, look: Look, who: Viewer, place: str = "") -> Response:
    """Stream the changes of a page, which fills in its own proof and "you" (see `personal`); `place`: see `Page`.

    It begins after the last event that the page has received, else after the version that it says it shows.
    """
    seen = request.headers.get("Last-Event-ID") or request.query_params.get("seen", "")
    watch: Watch = request.app.state.watch
    watch.check_room(who.id)
    token = request.cookies["desk"]

    def is_in() -> bool:
        try:
            found = runtime.read(users.signed_in, token)
            return found is not None and found.role is who.role
        except DatabaseAway:
            return True  # The page says that it is out of date, and goes on when the database answers again.

    return streamed(request, watch.changes(look, who, seen, is_in, place), "text/event-stream")


def _look(request: Request, who: Viewer, *, drill: bool) -> BoardLook:
    severity, country = request.query_params.get("severity", ""), request.query_params.get("country", "")
    if severity not in ("", *Severity):
        raise BadInput("severity", severity[:32], list(Severity))
    return BoardLook(boards_of(request), drill, severity, country[:2], language_of(request), may_act(who))


def _show(request: Request, who: Viewer, runtime: Runtime, *, drill: bool) -> Response:
    look = _look(request, who, drill=drill)
    board = look.boards.read()
    regions = look.of(runtime, board)
    return show(
        request,
        "board.html",
        who=who,
        proof=proof_of(runtime, who),
        drill=drill,
        done=DONE.get(request.query_params.get("done", ""), ""),
        regions={id: personal(runtime, who, look.language, html) for id, html in regions.parts.items()},
        version=regions.version,
        now=board.now,
        zone=zone_of(runtime.edition),
        **spoken(runtime, look.language),
        countries=sorted({each.country for each in board.incidents}),
        chosen=look,
        drills=runtime.read(read_drills, runtime.edition) if drill else None,
    )
