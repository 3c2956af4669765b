"""The board: what is asked of coordinators now, and every open incident with its escalations, as values."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import zone_among
from alertnet.core.directory.languages import Title
from alertnet.core.escalation.coming import ComingLevel, coming_level, coming_tries, level_without_action
from alertnet.core.escalation.due import who_said
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import AT_REST, LAST_RESORT, LevelStatus, State, Status
from alertnet.core.incident import Severity
from alertnet.core.limits import LATEST
from alertnet.core.monitoring.self_monitoring import Part
from alertnet.core.notification import UNSETTLED, AttemptStatus, Kind, PromptKind
from alertnet.core.resolution.resolve import Plans
from alertnet.flows.desk.closed import ClosedIncident, closed_since
from alertnet.flows.desk.matters import Matter, calls_of, matter_of, numbered, with_alarms_joined
from alertnet.flows.escalation.decisions import USER
from alertnet.flows.unit.locked_incident import LockedIncident, look_closely
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring.troubles import open_troubles
from alertnet.store.records import escalations as escalation_store
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.prompts import Prompt
from alertnet.store.views import incident_list, incident_view, timeline_view
from alertnet.store.views.incident_list import Listed
from alertnet.store.views.incident_view import Statuses

LATELY, MOST_CLOSED = timedelta(days=1), 12
COUNTED_ON = frozenset({Part.SMS, Part.CALL, Part.EMAIL, Part.INBOUND, Part.PUNCTUALITY})
"""The parts without which a message that is said to be on its way may be none."""
LAST_RESORT_NAME = "last resort"
TELLING = (Kind.ALERT, Kind.REMINDER, Kind.DECISION, Kind.ALARM)
"""Messages by which somebody learns of an incident."""
DEEDS = (
    "incident_opened",
    "sms_received",
    "report_received",
    "device_alarm",
    "withdrawal_asked",
    "decision",
    "alarm_answered",
    "updated",
    "action_reported",
    "consent_recorded",
    "excluded",
    "re_resolved",
    "merged",
    "split",
    "text_opened",
    "incident_reopened",
)
"""History entries whose author knows of the incident, even though no message told them."""
HEARD = frozenset({AttemptStatus.SENT, AttemptStatus.DELIVERED})


@value
class Unreached:
    """A contact whom no message has reached, and when the next goes out; None where none is planned."""

    called: str
    tree: str
    contact: str
    again_at: datetime | None


@value
class WhoKnows:
    """Who was told or has answered, to whom a message is on its way, and whom none has reached.

    `team`: the team that reported it, if any; `users`: those who acted on it in the console. `unanswered`: those told
    by a message who have not answered. `has_answers`: from anybody.
    """

    team: str = ""
    users: tuple[str, ...] = ()
    knows: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    has_answers: bool = False
    under_way: tuple[str, ...] = ()
    unreached: tuple[Unreached, ...] = ()

    def parted(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names split in two: those to whom nothing was sent yet, and the others."""
        sent = {*self.knows, *self.under_way}
        return tuple(name for name in names if name not in sent), tuple(filter(sent.__contains__, names))


@value
class Next:
    """A level that comes next and whom it tells: by the clock, or not before what it `waits_for`."""

    level: str
    names: tuple[str, ...]
    at: datetime | None
    waits_for: str


@value
class Path:
    """An escalation as a line: levels passed, the present one, the next."""

    tree: str
    title: Title
    status: str
    round: int
    passed: tuple[str, ...]
    now: str | None
    next: Next | None
    acting: tuple[str, ...]
    """Those who have acknowledged."""
    declined: tuple[str, ...]
    """Those who have said that they can't act."""
    action_due_at: datetime | None
    otherwise: Next | None
    """What comes where no action is reported by then."""


@value
class OpenIncident:
    """An open incident as the board shows it. `seq`: the last history entry read; `zone`: its time zone."""

    id: str
    seq: int
    ref: str
    type: str
    severity: Severity
    country: str
    zone: str
    opened_at: datetime
    drill: bool
    verified: bool
    is_text: bool
    told: WhoKnows = WhoKnows()
    paths: tuple[Path, ...] = ()
    matters: tuple[Matter, ...] = ()
    warnings: tuple[str, ...] = ()
    broken: bool = False
    """Whether part of it can't be read and waits for an administrator."""

    @property
    def acting(self) -> tuple[str, ...]:
        """Those who have taken charge, in any tree."""
        return tuple(dict.fromkeys(name for path in self.paths for name in path.acting))

    @property
    def coming(self) -> list[Path]:
        """The escalations with something still to come, the soonest first."""
        coming = [path for path in self.paths if path.next or path.action_due_at]
        return sorted(coming, key=lambda path: (path.next.at if path.next else path.action_due_at) or LATEST)

    @property
    def declined(self) -> tuple[str, ...]:
        """Those who have said that they can't act, in any tree."""
        return tuple(dict.fromkeys(name for path in self.paths for name in path.declined))

    @property
    def owed(self) -> tuple[Matter, ...]:
        """What is asked of coordinators and not put off."""
        return tuple(each for each in self.matters if not each.is_put_off)

    @property
    def asked_again_at(self) -> datetime | None:
        """When coordinators are next asked again about what only their answer can bring."""
        waits = (each for each in self.matters if each.is_text or (each.is_decision and each.automatic_at is None))
        return min((each.again_at for each in waits if each.again_at is not None), default=None)

    @property
    def need(self) -> int:
        """How much it needs somebody, 0 the most: nobody is left to answer, nobody has, somebody has, everybody has."""
        stands = {path.status for path in self.paths}
        if self.broken or not self.paths or Status.UNANSWERED in stands:
            return 0
        if not self.acting:
            return 1
        return 3 if stands <= {*AT_REST} else 2

    @cached_property
    def order(self) -> str:
        """Sort key by severity and need, then the latest first. It is text, so that a page can sort by it."""
        earlier = int((LATEST - self.opened_at).total_seconds())
        return f"{self.severity.rank}{self.need}{earlier:010d}{self.ref}"

    def is_old(self, seq: int, now: datetime) -> bool:
        """Whether it must be read again: something was recorded, or what was due next is due."""
        return seq != self.seq or any(each.next and each.next.at and each.next.at <= now for each in self.paths)


@value
class Board:
    """All open incidents, in the order to look at them."""

    now: datetime
    incidents: tuple[OpenIncident, ...]
    closed: tuple[ClosedIncident, ...]
    """Those of the last day, the latest first."""
    troubles: tuple[Part, ...] = ()
    """What of ourselves is in trouble now, as far as it changes what coordinators may count on."""

    @property
    def matters(self) -> Iterable[Matter]:
        """What is asked of coordinators in all incidents."""
        return (matter for incident in self.incidents for matter in incident.matters)

    def matters_for(self, acts: bool) -> list[Matter]:
        """The same in the order in which to look at them, for users who may act or not."""
        return sorted(self.matters, key=lambda matter: matter.order(acts))

    def only(self, drill: bool, severity: str = "", country: str = "") -> "Board":
        """Only the drills or only the others (and any unknown), of one severity and country where given."""
        open = (each for each in self.incidents if each.drill is drill and severity in ("", each.severity))
        closed = [each for each in self.closed if each.drill is not (not drill) and not each.is_text]
        return Board(
            self.now,
            tuple(each for each in open if country in ("", each.country)),
            tuple([each for each in closed if country in ("", each.kept.country)][:MOST_CLOSED]),
            self.troubles,
        )


def read_board(tx: Tx, before: Board | None = None) -> Board:
    """Read the board as it is now. `before`: the last board read, whose unchanged parts are reused."""
    known = {each.id: each for each in before.incidents} if before else {}
    heads = timeline_view.heads_of_open(tx.session)
    fresh = {id: known[id] for id, seq in heads.items() if id in known and not known[id].is_old(seq, tx.now)}
    changed = [id for id in heads if id not in fresh]
    read = {each.id: each for each in _read(tx, changed, heads)} if changed else {}
    incidents = tuple(sorted({**fresh, **read}.values(), key=lambda each: each.order))
    closed = tuple(closed_since(tx, before.closed if before else (), tx.now - LATELY, MOST_CLOSED))
    return Board(tx.now, incidents, closed, troubles_now(tx))


def troubles_now(tx: Tx) -> tuple[Part, ...]:
    """What of ourselves is in trouble now, as far as it changes what coordinators may count on."""
    troubles = open_troubles(tx.session)
    return tuple(part for part, clear_since in troubles.items() if part in COUNTED_ON and clear_since is None)


def as_open(
    locked: LockedIncident, open_prompts: Iterable[Prompt], fared: Statuses, doers: Sequence[str | None], seq: int
) -> OpenIncident:
    """The incident as the board shows it.

    `fared`: how the messages went by which somebody learns of it. `doers`: those who acted on it, the first first; None
    for entries that can't be read.
    """
    facts, incident = locked.facts, locked.incident
    zone = zone_of(locked)
    told = _told(locked, fared, doers)
    paths = tuple(path_of(locked.plans, locked.states, tree, locked.tx.now) for tree in sorted(locked.states))
    to_go_on = [name for path in paths if path.next and path.next.waits_for for name in path.next.names]
    asked = [each for each in open_prompts if each.kind != PromptKind.FIELD_STATUS]
    unknowing, reporter = [name for name in to_go_on if name not in told.knows], next(iter(doers), None) or ""
    matters = with_alarms_joined([matter_of(locked, each, unknowing, reporter, zone) for each in asked])
    if locked.is_open and not any(path.acting for path in paths):
        calls = [(each.tree, each.contact) for each in told.unreached if each.again_at is None]
        matters += calls_of(locked, calls, zone)
    return OpenIncident(
        id=incident.id,
        seq=seq,
        ref=incident.ref,
        type=facts.type,
        severity=facts.severity,
        country=facts.country,
        zone=zone,
        opened_at=incident.opened_at,
        drill=facts.drill,
        verified=facts.verified,
        is_text=facts.lone_text,
        told=told,
        paths=paths,
        matters=tuple(matters),
        warnings=incident.warnings,
        broken=bool(locked.broken) or None in doers,
    )


def zone_of(locked: LockedIncident) -> str:
    """The time zone in which an incident is shown: that of its nearest tree."""
    return zone_among(plan.tree for plan in locked.plans.values())


def path_of(plans: Plans, states: Mapping[str, State], id: str, now: datetime) -> Path:
    """The escalation of that tree as a line."""
    state, tree = states[id], plans[id].tree
    runs = [run for run in state.runs if run.round == state.round]
    current = next((run for run in reversed(runs) if run.status is LevelStatus.OPEN), None)

    def name(index: int) -> str:
        return LAST_RESORT_NAME if index == LAST_RESORT else numbered(tree, index)

    def said(kind: AnswerKind) -> tuple[str, ...]:
        return tuple(tree.contacts[who].called for who in who_said(kind, plans[id], state) if who in tree.contacts)

    def following(level: ComingLevel | None) -> Next | None:
        if level is None:
            return None
        names = tuple(dict.fromkeys(tree.contacts[id].called for id in level.contacts))
        return Next(name(level.index), names, level.automatic_at, level.waits_for or "")

    return Path(
        tree=tree.id,
        title=tree.title_to_read,
        status=state.status.value,
        round=state.round,
        passed=tuple(name(run.index) for run in runs if run is not current),
        now=None if current is None or state.status is Status.ACKNOWLEDGED else name(current.index),
        next=following(coming_level(plans, states, id, now)),
        acting=said(AnswerKind.ACKNOWLEDGED),
        declined=said(AnswerKind.DECLINED),
        action_due_at=state.action_due_at,
        otherwise=following(level_without_action(plans[id], state, now)),
    )


def _told(locked: LockedIncident, fared: Statuses, doers: Sequence[str | None]) -> WhoKnows:
    statuses: dict[tuple[str, str], set[str]] = {}
    for tree, contact, status in fared:
        statuses.setdefault((tree, contact), set()).add(status)
    answered = {(tree, id) for tree, state in locked.states.items() for id in state.answers}
    knows = answered | {who for who, found in statuses.items() if found & HEARD}
    under_way = {who for who, found in statuses.items() if who not in knows and found & UNSETTLED}

    def called(contacts: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        known = (locked.plans[tree].tree.contacts.get(id) for tree, id in contacts if tree in locked.plans)
        return tuple(sorted({each.called for each in known if each is not None}))

    left = [locked.recipient(*who) for who in statuses.keys() - knows - under_way if who[0] in locked.plans]
    # Whom one tree has reached, another need not.
    unreached = {each.name for each in left if each.may_hear and (knows | under_way).isdisjoint(each.names)}
    tried = _tried(locked) if unreached else {}
    each_of = [Unreached(name, *who, tried.get(who)) for who in sorted(unreached) for name in called([who])]
    # Not everybody may see a later text: what a duress PIN brought in is hidden from observers.
    team, is_member, _ = (next(iter(doers), None) or "").partition("/")
    return WhoKnows(
        team=team if is_member and team == locked.facts.team else "",
        users=tuple(by.removeprefix(USER) for by in doers if by and by.startswith(USER)),
        knows=called(knows),
        unanswered=called(knows - answered),
        has_answers=bool(answered),
        under_way=called(under_way),
        unreached=tuple(sorted(each_of, key=lambda each: each.called)),
    )


def _tried(locked: LockedIncident) -> dict[tuple[str, str], datetime | None]:
    """When contacts are told next: by the open levels, else by the one that comes."""
    found: dict[tuple[str, str], datetime | None] = {}
    for tree, state in locked.states.items():
        if (coming := coming_level(locked.plans, locked.states, tree, locked.tx.now)) is not None:
            found |= {(tree, id): coming.automatic_at for id in coming.contacts}
        found |= {(tree, id): at for id, at in coming_tries(locked.plans[tree], state, locked.tx.now).items()}
    return found


def _read(tx: Tx, ids: Sequence[str], heads: Mapping[str, int]) -> Iterable[OpenIncident]:
    incidents = incident_store.get_readable(tx.session, ids)
    fared = incident_view.fared(tx.session, incidents, TELLING)
    escalations = escalation_store.look_at_each(tx.session, ids)
    asked, doers = prompt_store.open_of(tx.session, ids), timeline_view.by_whom(tx.session, ids, DEEDS)
    for each in incidents:
        locked = look_closely(tx, each, escalations[each.id])
        yield as_open(locked, asked[each.id], fared[each.id], doers[each.id], heads[each.id])
    for unread in incident_list.listed(tx.session, {*ids} - {each.id for each in incidents}):
        yield _unread(unread, heads[unread.id])


def _unread(incident: Listed, seq: int) -> OpenIncident:
    """An incident of which no more is known than what is stored in clear; it counts as real."""
    return OpenIncident(
        id=incident.id,
        seq=seq,
        ref=incident.ref,
        type=incident.type,
        severity=incident.severity,
        country=incident.country,
        zone="UTC",
        opened_at=incident.opened_at,
        drill=False,
        verified=True,
        is_text=False,
        broken=True,
    )
