"""The board: what is asked of coordinators now, and below it every open incident; drills on a page of their own."""

import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import field
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Request, Response

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
from alertnet.flows.unit.idempotent_request import Show
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records import prompts
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import SignedIn
from alertnet.store.records.editions import Edition
from alertnet.store.records.idempotency import ApiAnswer
from alertnet.web.auth import InForce
from alertnet.web.console.door import Viewer, act_once, by, proof_of
from alertnet.web.console.live import Look, Regions, Watch
from alertnet.web.console.refusing import Told
from alertnet.web.console.shown import Part, go_to, language_of, may_act, rendered, say_by, show, streamed, words
from alertnet.web.forms import UNTYPED, Posted, word

router = APIRouter(prefix="/desk", include_in_schema=False, route_class=Told)

LONGEST_ASKED = 64
PUT_OFF = (PromptAnswer.HOLD, PromptAnswer.TAKEN)
DONE = {
    "planned": "Planned: it begins by itself, and the coordinators hear the day before.",
    "cancelled": "Cancelled: it is not held.",
}

OWN = "own"
"""What a page asks with that puts in itself what is its own."""
PROOF = "__PROOF__"
"""Stands in what is rendered for many for the proof of each one's session."""


def personal(runtime: Runtime, who: SignedIn, language: str, html: str) -> str:
    """What was rendered for many as that session sees it: with its proof in the forms, and what its user did by "you".

    A page that is told what is new does the same.
    """
    you = words(language).get("you", "you")
    return html.replace(PROOF, proof_of(runtime, who)).replace(f"<span class=user>{who.user}</span>", you)


class Boards:
    """The board as this process last read it: what has not changed since is not read again."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._last: Board | None = None
        self._reading = threading.Lock()

    def read(self) -> Board:
        """The board as it stands."""
        with self._reading:
            self._last = self._runtime.read(read_board, self._last)
            return self._last


@value
class BoardLook:
    """The board as all see it who speak that language, may act or not, and have chosen the same."""

    boards: Boards = field(compare=False)
    drill: bool
    severity: str
    country: str
    language: str
    acts: bool

    @property
    def incident(self) -> str:
        """It is about many."""
        return ""

    def regions(self, runtime: Runtime, before: Regions | None, seq: int | None) -> Regions:
        """The matters, each incident's lines apart, and what was closed lately."""
        board = self.boards.read()
        if before is not None and before.source == (board.incidents, board.closed):
            return before
        return self.of(runtime, board, before)

    def of(self, runtime: Runtime, everything: Board, before: Regions | None = None) -> Regions:
        """That board in words; `before`: in which the lines of incidents that have not changed stand already."""
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
            "matters": say("matters.html", matters=board.matters),
            "count": say("count.html", open=len(board.incidents) - texts, texts=texts, waiting=waiting, drills=drills),
            "title": f"({waiting}) " if waiting else "",
            "lately": str(len(board.closed)),
            "closed": say("closed.html", closed=board.closed, zone=zone_of(runtime.edition)),
        }
        return Regions({**parts, **lines}, (everything.incidents, everything.closed))


def spoken(runtime: Runtime, language: str) -> dict[str, Any]:
    """What puts types, severities and statements into words."""
    renderer = runtime.renderer(runtime.edition.templates)
    words = renderer.words(language)

    def called(tree: str, contact: str) -> str:
        """By name; one whom an incident still holds, but no tree in force, by its id."""
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
    """By whose clocks a page tells what belongs to no tree: those of the first."""
    return next((tree.timezone for tree in edition.network.trees.values()), "UTC")


def sayer(runtime: Runtime, language: str) -> Callable[[str], str]:
    """What says the English words of a history in that language."""
    words = runtime.renderer(runtime.edition.templates).words(language)
    return say_by(names_in(words.types, words.severities), language)


def boards_of(request: Request) -> Boards:
    """The boards of this process."""
    boards: Boards = request.app.state.boards
    return boards


@router.get("")
def show_board(request: Request, who: Viewer, runtime: InForce) -> Response:
    """What is real."""
    return _show(request, who, runtime, drill=False)


@router.get("/drills")
def show_drills(request: Request, who: Viewer, runtime: InForce) -> Response:
    """Drills, which look otherwise."""
    return _show(request, who, runtime, drill=True)


@router.get("/live")
@router.get("/drills/live")
async def follow_board(
    request: Request,
    who: Viewer,
    runtime: InForce,
    seen: str = "",
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """What changes on that board, as Server-Sent Events; `seen`: the version that the page came with."""
    look = _look(request, who, drill="/drills/" in request.url.path)
    return follow(request, runtime, look, who, last_event_id or seen)


@router.get("/find")
def find_what(request: Request, who: Viewer, runtime: InForce, q: str = "") -> Response:
    """What a reference, a name or a code stands for, and what can be done to it."""
    board, asked = boards_of(request).read(), UNTYPED.sub("", q).strip()[:LONGEST_ASKED]
    found = runtime.read(find, runtime.edition.network, board, asked, acts=may_act(who))
    return show(request, "find.html", who=who, asked=asked, found=found, **spoken(runtime, language_of(request)))


@router.post("/matters/{id}")
def answer_matter(id: str, request: Request, form: Posted, who: Viewer) -> Response:
    """Say go, hold or refuse to what is asked; take an alarm or a task on."""
    said = word(form, "answer") or ""
    back = "/desk/drills" if form.get("back") == "drills" else "/desk"

    def act(tx: Tx) -> tuple[LockedIncident, Show]:
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
        return locked, lambda _: ApiAnswer(303, None, there)

    return go_to(act_once(request, who, form, act))


def follow(request: Request, runtime: Runtime, look: Look, who: Viewer, seen: str, place: str = "") -> Response:
    """The stream of a page, which puts the proof of its session into the forms itself; `place`: see `Page`."""
    watch: Watch = request.app.state.watch
    watch.check_room(who.id)
    token = request.cookies["desk"]

    def is_in() -> bool:
        try:
            found = runtime.read(users.signed_in, token)
            return found is not None and found.role is who.role
        except DatabaseAway:
            return True  # The page says that it is old, and goes on when there is an answer.

    async def own() -> AsyncIterator[Part]:
        """A page of the version before waits for the proof in what it is told."""
        async for part in watch.changes(look, who, seen, is_in, place):
            yield Part(personal(runtime, who, language_of(request), part.text))

    shared = watch.changes(look, who, seen, is_in, place) if OWN in request.query_params else own()
    return streamed(request, shared, "text/event-stream")


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
        acts=look.acts,
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
