"""An incident as a report to hand on, with as much as the chosen disclosure allows its readers to know.

`minimal` names nobody: contacts are told by their role, and there is no place, person or word of anybody. `limited`
adds the organisations, the levels and the summary; `full` all that coordinators read. No report names people in danger.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from alertnet.core.codec import value
from alertnet.core.directory.contact import Disclosure
from alertnet.core.disclosure import ReceivedText, details_of
from alertnet.core.incident import Line, Severity
from alertnet.core.notification import ALERTS, is_in_field
from alertnet.flows.desk.board import zone_of
from alertnet.flows.desk.chronicle import cries_for_help, tell
from alertnet.flows.desk.incident import said_with_answers
from alertnet.flows.desk.names import REASONS, Names, day_in
from alertnet.flows.desk.picture import draw
from alertnet.flows.pages.coordinator_page import texts_of
from alertnet.flows.unit.locked_incident import LockedIncident, look_closely_at
from alertnet.messages.asked import country_name
from alertnet.messages.drawings.report import Report, Section
from alertnet.messages.reported import details_in_words
from alertnet.store.db.tx import Tx
from alertnet.store.views import timeline_view
from alertnet.store.views.timeline_view import Entry

MOST_TOLD = 3000
"""The most history entries told in words: the latest. All else uses the whole history."""
COLUMNS, PAUSE = 30, 30
"""Columns of the picture, and the most that a pause may take, so that it fits on A4."""

OUTCOMES = frozenset({"received", "acknowledged", "relayed", "declined", "acknowledgement_revoked", "action_reported"})
MINIMAL = OUTCOMES | {"incident_opened", "incident_closed", "incident_reopened", "attempt_sent", "attempt_failed"}
LIMITED = MINIMAL | {
    "level_opened",
    "go_asked",
    "decision",
    "round_began",
    "escalation_acknowledged",
    "escalation_unanswered",
    "deputy_told",
    "updated",
    "consent_recorded",
    "withdrawal_asked",
    "sms_received",
    "mail_received",
    "wrong_person",
}
"""History entries that hold nothing the disclosure withholds, except for the details of those below."""
IN_WORDS = frozenset({"updated", "consent_recorded", "withdrawal_asked", "sms_received", "mail_received"})
"""Entries whose details are what somebody wrote or said."""


@value
class _OutsideNames(Names):
    """Names contacts by organisation, or by role where even that is withheld; nobody by name."""

    disclosure: Disclosure = field(kw_only=True)

    def contact(self, tree: str | None, id: str) -> str:
        """A contact; a member as the field, and anybody else who acted as a coordinator."""
        if tree is None or tree not in self.locked.plans or id not in self.locked.tree(tree).contacts:
            return self.say("the field") if is_in_field(id) else self.say("a coordinator")
        contact = self.locked.contact(tree, id)
        if self.disclosure is not Disclosure.MINIMAL:
            return contact.organisation
        of_role = [
            each.id
            for _, plan in sorted(self.locked.plans.items())
            for each in plan.tree.contacts.values()
            if each.role is contact.role
        ]
        role = self.say(contact.role.value.replace("_", " "))
        return f"{role} {of_role.index(id) + 1}" if len(of_role) > 1 else role


@value
class Fared:
    """How one contact fared: when it was first told, answered and acted, and what it said.

    `arrived`: the attempts that were accepted and not later found to have failed.
    """

    who: str
    told_at: datetime
    arrived: frozenset[str]
    answer: str = ""
    answered_at: datetime | None = None
    action: str = ""
    acted_at: datetime | None = None

    @property
    def reached(self) -> bool:
        """Whether anything is known to have reached it."""
        return bool(self.arrived) or self.answered_at is not None


@value
class Tongue:
    """A language: translates English words, and has the labels of its pages."""

    language: str
    say: Callable[[str], str]
    labels: Mapping[str, str]


def read_report(tx: Tx, id: str, disclosure: Disclosure, tongue: Tongue) -> Report:
    locked = look_closely_at(tx, id)
    is_full = disclosure is Disclosure.FULL
    everything, *_ = timeline_view.latest(tx.session, id, None, with_duress=is_full)
    names = Names(locked, cries_for_help(everything), tongue.say, tongue.language)
    if not is_full:
        names = _OutsideNames(locked, names.is_sos, tongue.say, tongue.language, disclosure=disclosure)
    told = MINIMAL if disclosure is Disclosure.MINIMAL else LIMITED
    shown = [each for each in everything if is_full or each.kind in told]
    zone = zone_of(locked)
    openly = {} if is_full else timeline_view.reported_openly(tx.session, id)
    severity = timeline_view.said_openly(locked.facts.severity, openly)
    writer = _Writer(locked, names, disclosure, severity, ZoneInfo(zone), tongue)
    lines = tell(shown[-MOST_TOLD:], names)
    return Report(
        title=f"{locked.incident.ref}: {names.incident_type(locked.facts.type)}",
        language=tongue.language,
        sections=tuple(each for each in writer.sections(shown, lines) if each.lines or each.rows),
        picture=draw(shown, (), names, zone, most=COLUMNS, widest=PAUSE),
        foot=writer.foot(),
        warning=tongue.say("A drill: nothing of it is real.") if locked.facts.drill else "",
    )


@value
class _Writer:
    """Writes an incident in one language and at one disclosure."""

    locked: LockedIncident
    names: Names
    disclosure: Disclosure
    severity: Severity
    zone: ZoneInfo
    tongue: Tongue

    def sections(self, entries: list[Entry], lines: Iterable[Line]) -> Iterator[Section]:
        """All sections, including empty ones."""
        say, fared = self.names.say, _fared_of(entries, self.names)
        yield Section(say("In short"), tuple(self._short(fared)))
        yield Section(say("What has happened"), tuple(self._facts()))
        columns = tuple(map(say, ("Who", "Told", "Reached", "Answer", "What was done")))
        yield Section(
            say("Who was told, and what came of it"), (), columns, tuple(map(self._row, fared)), (4, 2, 2, 3, 3)
        )
        if self.disclosure is Disclosure.FULL:
            yield Section(say("What was said"), tuple(self._said()))
            yield Section(say("Who is left out, and why"), tuple(self._left_out()))
        history = ((self._clock(each.at), self._line(each)) for each in lines)
        earlier = len(entries) - MOST_TOLD
        left_out = (say("{} earlier entries are left out.").format(earlier),) if earlier > 0 else ()
        yield Section(say("The timeline in words"), left_out, (say("When"), say("What")), tuple(history), (1, 7))

    def foot(self) -> str:
        """The footer: the disclosure, and the moment of the report."""
        say = self.names.say
        return f"{say('disclosure')}: {say(self.disclosure.value)} · {say('as of')} {self._moment(self.locked.tx.now)}"

    def _facts(self) -> Iterator[str]:
        say, incident, facts = self.names.say, self.locked.incident, self.locked.facts
        verified = say("verified") if facts.verified else say("not verified")
        yield f"{say(self.severity.value)}, {verified}, {country_name(facts.country, self.tongue.language)}"
        yield f"{say('since')} {self._moment(incident.opened_at)}"
        if incident.closed_at is not None and incident.close_reason is not None:
            reason = say(incident.close_reason.value.replace("_", " "))
            yield f"{say('closed')}: {self._moment(incident.closed_at)}, {reason}"
        yield from details_in_words(details_of(facts, self.disclosure), self.tongue.labels)

    def _short(self, fared: list[Fared]) -> Iterator[str]:
        say, opened = self.names.say, self.locked.incident.opened_at
        counted = (len(fared), sum(each.reached for each in fared), sum(bool(each.answer) for each in fared))
        yield say("Told: {}; reached: {}; answered: {}.").format(*counted)
        firsts = {
            "First message": min((each.told_at for each in fared), default=None),
            "First answer": min((each.answered_at for each in fared if each.answered_at), default=None),
            "First action": min((each.acted_at for each in fared if each.acted_at), default=None),
        }
        for name, at in firsts.items():
            yield f"{say(name)}: {_after(at - opened) if at else say('never')}"

    def _row(self, fared: Fared) -> tuple[str, ...]:
        say = self.names.say
        reached = say("yes") if fared.reached else say("no")
        answer = f"{fared.answer}, {self._clock(fared.answered_at)}" if fared.answered_at else ""
        action = f"{fared.action}, {self._clock(fared.acted_at)}" if fared.acted_at else ""
        return fared.who, self._clock(fared.told_at), reached, answer, action

    def _said(self) -> Iterator[str]:
        """What people wrote, and what they said with their answers, oldest first."""
        said = [(text.at, f"{text.sender}: {self._text(text)}") for text in texts_of(self.locked)]
        for given, words in said_with_answers(self.locked, self.names):
            said.append((given.at, f"{self.names.contact(given.tree, given.contact)}: {words}"))
        return (f"{self._moment(at)} – {each}" for at, each in sorted(said, key=itemgetter(0)))

    def _text(self, text: ReceivedText) -> str:
        attached = self.names.say("With a picture, recording or file, which is not kept here") if text.attached else ""
        codes = (self.names.say(each.replace("_", " ")) for each in text.understood)
        action = self.names.action(text.action) if text.action else ""
        return ", ".join(filter(None, (text.words, *codes, action, attached)))

    def _left_out(self) -> Iterator[str]:
        for each in self.locked.pruned():
            who = self.names.contact(str(each["tree"]), str(each["contact"]))
            yield f"{who}: {self.names.say(REASONS.get(str(each['reason']), str(each['reason'])))}"

    def _line(self, line: Line) -> str:
        is_kept_back = self.disclosure is not Disclosure.FULL and line.kind in IN_WORDS
        return line.text if is_kept_back or not line.detail else f"{line.text} ({line.detail})"

    def _clock(self, at: datetime) -> str:
        return self.names.clock(at, self.zone)

    def _moment(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        return f"{day_in(local, self.names.say)} {local.year}, {local:%H:%M}"


def _fared_of(entries: Iterable[Entry], names: Names) -> list[Fared]:
    """How each alerted contact fared, in the order they were alerted; revoked answers are left out."""
    fared: dict[str, Fared] = {}
    for entry in entries:
        payload, at = entry.payload, entry.at
        who = names.contact(payload.get("tree"), str(payload["contact"])) if payload.get("contact") else ""
        known = fared.get(who)
        match entry.kind:
            case "attempt_sent" if payload.get("message") in ALERTS:
                known = known or Fared(who, at, frozenset())
                fared[who] = replace(known, arrived=known.arrived | {str(payload["attempt"])})
            case "attempt_failed" if payload.get("message") in ALERTS:
                known = known or Fared(who, at, frozenset())
                fared[who] = replace(known, arrived=known.arrived - {str(payload["attempt"])})
            case "acknowledged" | "relayed" | "declined" if known is not None:
                said = {"acknowledged": "takes charge", "relayed": "has passed it on", "declined": "can’t act"}
                answer = names.say(said[entry.kind])
                fared[who] = replace(known, answer=answer, answered_at=at)
            case "acknowledgement_revoked" if known is not None:
                fared[who] = replace(known, answer="", answered_at=None)
            case "action_reported" if known is not None:
                fared[who] = replace(known, action=names.action(payload.get("action")), acted_at=at)
    return list(fared.values())


def _after(length: timedelta) -> str:
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
