"""The page of the field: journeys that are awaited, and roll calls."""

from datetime import timedelta
from typing import ClassVar

from fastapi import Response

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.durations import read_duration
from alertnet.core.errors import BadInput, Unknown
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.flows.desk.on_the_road import Field, read_field
from alertnet.flows.journeys.check_in import RoadNews, cancel_journey, check_in_by_key
from alertnet.flows.journeys.roll_call import Question, call_roll
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys
from alertnet.store.views.journey_view import RollCallView
from alertnet.web.api.roll_calls import figures
from alertnet.web.console.desk import AtDesk, shared_renderer, zone_of
from alertnet.web.console.live import IncidentState, Regions
from alertnet.web.console.refusing import Pages
from alertnet.web.forms import Form, Posted, note, typed

router = Pages("/desk/journeys")

SAID = {"ok": FieldVerb.CHECK_IN, "arrived": FieldVerb.ARRIVE, "later": FieldVerb.EXTEND}
END = "end"
LATER = ("30m", "1h", "2h", "4h", "8h")
"""The delays that the form offers."""
WITHIN = ("30m", "90m", "4h")
"""The times to answer that a roll call's form offers."""
LONGEST = timedelta(hours=24)
ROLL_CALLS = 5
"""How many of the latest roll calls are shown."""


@value
class FieldLook:
    """The page of the field for all who share a language and a role that may act or not."""

    language: str
    acts: bool
    incident: ClassVar = ""
    """The page is about no single one."""

    def read(self, runtime: Runtime) -> tuple[Field, list[RollCallView]]:
        return runtime.read(self._read, runtime.edition.network)

    def _read(self, tx: Tx, network: Network) -> tuple[Field, list[RollCallView]]:
        made = journeys.roll_calls(tx.session, None, ROLL_CALLS)
        rolls = [figures(tx.session, each.roll_call.id, network, for_coordinators=self.acts) for each in made]
        return read_field(tx, reads=self.acts), rolls

    def regions(self, runtime: Runtime, before: Regions | None, state: IncidentState) -> Regions:
        """Render the parts that change while the page is open, unless nothing has changed since `before`."""
        field, rolls = self.read(runtime)
        source = (field.awaited, field.unheard_since, rolls)
        return before if before is not None and before.source == source else self.of(runtime, field, rolls)

    def of(self, runtime: Runtime, field: Field, rolls: list[RollCallView]) -> Regions:
        numbers = _numbers(runtime.edition.network) if self.acts else {}
        values = {"field": field, "rolls": rolls, "zone": zone_of(runtime.edition), "later": LATER, "numbers": numbers}
        say = shared_renderer(runtime, self.language, self.acts, **values)
        late = sum(each.status in ("missed", "overdue") for each in field.awaited)
        parts = {"title": f"({late}) " if late else "", "awaited": say("awaited.html"), "rolls": say("rolls.html")}
        return Regions(parts, (field.awaited, field.unheard_since, rolls))


def _numbers(network: Network) -> dict[str, str]:
    """The telephone of each member, by which a coordinator calls whoever is overdue."""
    return {f"{team.id}/{each.id}": each.phone for team in network.teams.values() for each in team.members.values()}


@router.get("")
def show_field(desk: AtDesk, done: str = "") -> Response:
    look, teams = FieldLook(desk.language, desk.acts), desk.network.teams.values()
    field, rolls = look.read(desk.runtime)
    return desk.show(
        "journeys.html",
        **desk.personal(look.of(desk.runtime, field, rolls)),
        seen=desk.runtime.entropy.id(),
        field=field,
        done=done,
        teams=sorted(teams, key=lambda team: team.id),
        countries=sorted({team.country for team in teams}),
        within=WITHIN,
    )


@router.get("/live")
def follow_field(desk: AtDesk) -> Response:
    return desk.follow(FieldLook(desk.language, desk.acts))


@router.post("/roll-calls")
def ask_everybody(form: Posted, desk: AtDesk) -> Response:
    """Start a roll call: ask a team, a country or the network whether all are safe."""
    question = _question(form)
    place = "/desk/journeys?done=asked#rolls"
    return desk.do_once(form, lambda tx: call_roll(tx, desk.network, question, desk.by), place)


@router.post("/{id}")
def hear(id: str, form: Posted, desk: AtDesk) -> Response:
    """Record that a journey was heard of, put it off, or end it."""
    said = form.get("said", "")
    if said not in (*SAID, END):
        raise BadInput("said", said[:32], [*SAID, END])
    delay = _span(form, "later") if said == "later" else None

    def do(tx: Tx) -> None:
        if journeys.find(tx.session, id) is None:
            raise Unknown("journey", id[:32])
        if said == END:
            cancel_journey(tx, id, desk.by)
        else:
            check_in_by_key(tx, id, RoadNews(SAID[said], tx.now, delay=delay), desk.by)

    return desk.do_once(form, do, f"/desk/journeys?done={said}")


def _question(form: Form) -> Question:
    """Read whom to ask, the reason, and what follows from silence."""
    kind, _, name = typed(form, "whom").partition("/")
    if kind not in ("network", "team", "country") or (kind == "network") == bool(name):
        raise BadInput("whom", typed(form, "whom")[:80] or None, "network, team/… or country/…")
    return Question(
        team=name if kind == "team" else None,
        country=name if kind == "country" else None,
        text=note(form, "text") or None,
        raises="raises" in form,
        incident_after=_span(form, "within"),
    )


def _span(form: Form, field: str) -> timedelta:
    text = typed(form, field)
    span = read_duration(text)
    if not span or span > LONGEST:
        raise BadInput(field, text[:32] or None, "a duration such as 45m or 2h, at most 24h")
    return span
