"""Checks each message as it is sent against what is committed at that very moment (A3, A4, A5, A9)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from alertnet.channels.base import Outgoing
from alertnet.core.codec import from_plain
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import NoRef
from alertnet.core.escalation.state import LAST_RESORT
from alertnet.core.incident import Facts
from alertnet.core.notification import ASKING, Failure, Kind, is_in_field
from alertnet.store.tables import (
    ACTING,
    acknowledgements,
    attempts,
    escalations,
    inbound,
    incidents,
    notifications,
    served,
    timeline,
)
from alertnet.store.views.pauses import PAUSED
from simulation.hosts.host import Host, Process
from simulation.world.cast import NEWCOMER, SECRET, phones_of
from simulation.world.expected_consent import why_barred
from simulation.world.expected_plan import concerns, is_closed, whose_turn
from simulation.world.message import OPTS_IN
from simulation.world.world import START, World

MOST_TEXTS, CALLS_APART = 12, timedelta(minutes=10)
"""The most messages for a coordinator's phone in an hour, and the least time between its calls (B9)."""
LEASE = timedelta(seconds=30)
"""How long something is claimed that can't be written down because the database is away."""
CLOCKS_DIFFER = timedelta(seconds=2)

_ACTS = incidents.alias("acts")
_TOGETHER: Select[Any] = select(incidents.c.ref, incidents.c.opened_at).where(bindparam("acts") == ACTING)
_ATTEMPT_STATE: Select[Any] = (
    select(
        attempts.c.status,
        attempts.c.due_at,
        attempts.c.started_at,
        attempts.c.is_alert,
        attempts.c.incident_id,
        notifications.c.contact,
        notifications.c.kind,
        notifications.c.alarm_id,
        _ACTS.c.status.label("incident_status"),
        _ACTS.c.id.label("acts"),
        _ACTS.c.ref,
        _ACTS.c.opened_at,
        _ACTS.c.facts,
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .outerjoin(incidents, incidents.c.id == attempts.c.incident_id)
    .outerjoin(_ACTS, _ACTS.c.id == ACTING)
    .where(attempts.c.id == bindparam("attempt"))
)
_CLAIMED: Select[Any] = select(attempts.c.id, attempts.c.method).where(
    attempts.c.status == "sending",
    attempts.c.started_at > bindparam("since", type_=attempts.c.started_at.type),
    attempts.c.due_at > bindparam("now", type_=attempts.c.due_at.type),
)
_SERVICES: Select[Any] = (
    select(escalations.c.status, escalations.c.tree, served.c.contact, served.c.level_index)
    .join(served, served.c.escalation_id == escalations.c.id)
    .where(served.c.notification_id == bindparam("notification"))
)
_CALLED: Select[Any] = (
    select(escalations.c.status, escalations.c.tree, served.c.contact)
    .join(served, served.c.escalation_id == escalations.c.id)
    .join(notifications, notifications.c.id == served.c.notification_id)
    .where(notifications.c.alarm_id == bindparam("alarm"), notifications.c.method == MethodKind.TASK.value)
)
_ANSWERS: Select[Any] = select(acknowledgements.c.tree, acknowledgements.c.contact).where(
    acknowledgements.c.incident_id == bindparam("incident"),
    acknowledgements.c.kind.in_(["acknowledged", "declined"]),
    acknowledgements.c.revoked_at.is_(None),
)

_BEFORE: Select[Any] = (
    select(
        attempts.c.id,
        attempts.c.notification_id,
        attempts.c.incident_id,
        attempts.c.started_at,
        attempts.c.extra,
        attempts.c.delays,
        attempts.c.failure,
        attempts.c.is_alert,
        notifications.c.address,
        notifications.c.kind,
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(attempts.c.method == bindparam("method"), attempts.c.started_at.is_not(None))
)
_LOAD = {kind.value for kind in (*ASKING, Kind.ALERT, Kind.REMINDER, Kind.NOTICE)}
_WRITTEN_OF: Select[Any] = select(incidents.c.ref, notifications.c.address).join(
    notifications, notifications.c.incident_id == incidents.c.id
)
_OF_INCIDENT: Select[Any] = (
    select(timeline.c.at, timeline.c.payload)
    .join(incidents, incidents.c.id == timeline.c.chain)
    .where(bindparam("acts") == ACTING)
)
_DISOWNED = _OF_INCIDENT.where(timeline.c.kind == "wrong_person")
_HEARD: Select[Any] = select(timeline.c.at, timeline.c.payload).where(timeline.c.kind == "sms_received")
_PAUSES: Select[Any] = select(timeline.c.at, timeline.c.payload).where(timeline.c.kind == PAUSED)


class Promises:
    """A record of what was sent and accepted."""

    def __init__(self, world: World, hosts: Sequence[Host]) -> None:
        self.world = world
        self.hosts = hosts
        self.taken: Counter[str] = Counter()
        """How often the provider accepted each attempt."""
        self.replies: dict[str, bytes] = {}
        self.begun: set[str] = set()
        """What was sent before and not accepted."""

    def is_handed_over(self, process: Process, outgoing: Outgoing) -> None:
        """Check a message whose first byte a process is about to write."""
        rows = self.world.database.rows(_ATTEMPT_STATE, attempt=outgoing.attempt)
        what = self.world.describe(outgoing)
        if not rows:
            self._break("A5", f"{what} is handed over, and no intent to send it is committed")
            return
        row = rows[0]
        self._keeps_consent(row, outgoing, what)
        self._keeps_to_the_plan(row, outgoing, what)
        if row.is_alert:
            self._stops(row, outgoing, what)
            self._keeps_hours(row, outgoing, what)
            self._keeps_to_the_turn(row, outgoing, what)
            self._is_let_through(row, outgoing, what)
        if outgoing.to == self.world.recycled:
            self._is_no_strangers(row, what)
        if row.kind == Kind.TASK.value:
            self._is_to_be_called(row, what)
        if row.incident_id is None and row.kind in (Kind.ALARM.value, Kind.NOTICE.value):
            self._is_about_us(outgoing, what)
        if row.kind == Kind.TEST.value:
            self._may_be_tested(outgoing, what)
        self._spares_the_phone(row, outgoing, what)
        self._is_claimed(process, row, what)
        self._is_discreet(outgoing, what)

    def keeps_pauses(self, process: Process, outgoing: Outgoing, route: Route) -> None:
        """Check that it was not claimed while its route was paused (A2); a process that was stopped sees so later."""
        slack = self.world.mischief.slack(1)
        for pause in self.world.database.rows(_PAUSES):
            if pause.payload is None:  # It was purged, and is over.
                continue
            paused = (MethodKind(pause.payload["method"]), pause.payload["provider"])
            is_on = self.world.time.now < datetime.fromisoformat(pause.payload["until"]) - slack
            for row in self.world.database.rows(_ATTEMPT_STATE, attempt=outgoing.attempt) if is_on else ():
                if paused == route and row.due_at - LEASE > max(pause.at, process.host.resumed_at or pause.at) + slack:
                    self._break("A2", f"{self.world.describe(outgoing)} was claimed by a way out that is paused")

    def has_left(self, host: Host, works_since: datetime, began: datetime) -> None:
        """Check a process that ended in good order: where no other works, it leaves nothing half done."""
        others = [each for each in self.hosts if each.works and each is not host]
        was_away = self.world.database_is_away or self.world.database_back_at > began - LEASE
        since = works_since + self.world.mischief.slack()
        now = host.clocks.database()
        for row in () if others or was_away else self.world.database.rows(_CLAIMED, since=since, now=now):
            what = f"{row.method} {row.id[:4]}"
            self._break("A5", f"{host.name} has ended in good order, and left {what} claimed and neither sent nor free")

    def was_taken(self, outgoing: Outgoing) -> None:
        """Check an accepted message: one attempt is one message, and a re-send is an attempt of its own."""
        self.taken[outgoing.attempt] += 1
        if self.taken[outgoing.attempt] > 1:
            self._break("A5", f"{self.world.describe(outgoing)} is taken twice, and the second is not marked as extra")

    def was_accepted(self, ref: str) -> None:
        """Note a report that was answered with a 201."""
        if not self.world.database.rows(select(incidents.c.id).where(incidents.c.ref == ref)):
            self._break("A1", f"{ref} was accepted, and no commit holds it")

    def was_replied_to(self, id: str, reply: bytes) -> None:
        """Note the answer to a text."""
        if self.replies.setdefault(id, reply) != reply:
            self._break("A1", f"the text {id} was answered in two ways")
        if not self.world.database.rows(select(inbound.c.known).where(inbound.c.provider_id == id)):
            self._break("A1", f"the text {id} was answered, and no commit holds it")

    def _spares_the_phone(self, row: Row[Any], outgoing: Outgoing, what: str) -> None:
        """Check that a coordinator's phone rings at most once in ten minutes, and gets twelve SMS in an hour (B9).

        Beyond that only the first call about an incident, an alert, and repeats of what was counted are allowed.
        """
        is_about_us = row.kind == Kind.ALARM.value and row.alarm_id is None
        if row.kind not in _LOAD or is_about_us or not self._is_a_coordinators(outgoing.to):
            return
        was_begun = bool(self.world.mischief_was.steps) or outgoing.attempt in self.begun
        self.begun.add(outgoing.attempt)
        sent = self.world.database.rows(_BEFORE, method=outgoing.method.value)
        at_phone = [row for row in sent if row.address == outgoing.to and row.kind in _LOAD and row.id in self.begun]
        there = [each for each in at_phone if each.incident_id or each.kind == Kind.NOTICE.value]
        mine = next(each for each in there if each.id == outgoing.attempt)
        before = [each for each in there if each.started_at < mine.started_at and each.id != mine.id]
        again = (
            was_begun
            or mine.extra
            or mine.delays
            or any(each.notification_id == mine.notification_id for each in before)
        )
        slack = self.world.mischief.slack(5)
        if again or row.kind == Kind.ALERT.value:
            return
        if outgoing.method is MethodKind.SMS:
            begin = mine.started_at - timedelta(hours=1) + slack
            # A re-send repeats what was counted, if by a database that was lost.
            hour = {each.notification_id for each in before if each.started_at > begin and not each.extra}
            if len(hour) >= MOST_TEXTS:
                self._break("B9", f"{what} is handed over although {len(hour)} SMS went there within the hour")
        elif outgoing.method is MethodKind.CALL and any(each.incident_id == mine.incident_id for each in before):
            last = max(each.started_at for each in before)
            if mine.started_at - last < CALLS_APART - slack:
                self._break("B9", f"{what} is handed over although its phone rang {mine.started_at - last} ago")

    def _keeps_consent(self, row: Row[Any], outgoing: Outgoing, what: str) -> None:
        if row.facts is None or is_in_field(row.contact):
            return
        why = why_barred(from_plain(Facts, row.facts), self.world.network.trees.values(), outgoing.to)
        if why is not None:
            self._break("A3", f"{what} is handed over although {why}")

    def _keeps_to_the_plan(self, row: Row[Any], outgoing: Outgoing, what: str) -> None:
        """Check that nobody who was added later, or is beyond the reported consent, is told before a re-resolution."""
        if row.ref is None or is_in_field(row.contact):
            return
        # A merged incident is bound by each of its reports, and can be asked for by any of their references.
        together = self.world.database.rows(_TOGETHER, acts=row.acts) if self.world.asked.merges else [row]
        refs = [each.ref for each in together]
        if self.world.asked.re_resolved.intersection(refs):
            return
        is_in_one = any(opened_after_edit(self.world, each.opened_at) for each in together)
        if outgoing.to == NEWCOMER.address and not is_in_one:
            self._break("A8", f"{what} is handed over although nobody has re-resolved since it came into the trees")
        told = [self.world.opened[ref] for ref in refs if ref in self.world.opened]
        is_known = len(told) == len(refs) or len(refs) == 1
        if row.is_alert and is_known and not opened_after_edit(self.world, row.opened_at):
            self._concerns_them([from_plain(Facts, row.facts), *told], outgoing, what)
        for reported in told:
            asked = Facts(reported.type, reported.severity, reported.country, consent=reported.consent)
            why = why_barred(asked, self.world.network.trees.values(), outgoing.to)
            if why is not None:
                self._break("A8", f"{what} is handed over although nobody has re-resolved: {why}")

    def _concerns_them(self, known: Sequence[Facts], outgoing: Outgoing, what: str) -> None:
        """Check that the contacts told in a level, and the level itself, are for a place and organisation of these."""
        trees = self.world.network.trees
        services = self.world.database.rows(_SERVICES, notification=outgoing.notification)
        told = [(trees[each.tree], each) for each in services if each.level_index != LAST_RESORT]
        whens = [(tree.levels[each.level_index].when, tree.contacts[each.contact].when) for tree, each in told]
        if (
            told
            and len(told) == len(services)
            and not any(all(concerns(when, facts) for when in both) for both in whens for facts in known)
        ):
            self._break("B1", f"{what} is handed over although it is for another place or organisation")

    def _stops(self, row: Row[Any], outgoing: Outgoing, what: str) -> None:
        if row.incident_status != "open":
            self._break("A4", f"{what} is handed over although its incident is closed")
        services = self.world.database.rows(_SERVICES, notification=outgoing.notification)
        ended = {each.status for each in services} & {"acknowledged", "stopped"}
        if services and len(ended) == len({each.status for each in services}):
            self._break("A4", f"{what} is handed over although its escalation is {' and '.join(sorted(ended))}")
        elif row.status == "cancelled":
            self._break("A4", f"{what} is handed over although it was cancelled")
        elif self._have_answered(row, services):
            self._break("A4", f"{what} is handed over although {row.contact} has answered")

    def _is_to_be_called(self, row: Row[Any], what: str) -> None:
        """Check that nobody is asked to call a contact whom the incident may not reach, or for whom nobody waits."""
        if row.incident_status != "open":
            self._break("A4", f"{what} is handed over although its incident is closed")
        services = self.world.database.rows(_CALLED, alarm=row.alarm_id)
        if services and all(each.status in ("acknowledged", "stopped") for each in services):
            self._break("A4", f"{what} is handed over although nobody waits for what comes of it")
        trees = self.world.network.trees
        for each in services:
            addresses = trees[each.tree].contacts[each.contact].addresses
            barred = [why_barred(from_plain(Facts, row.facts), trees.values(), address) for address in addresses]
            if any(barred):
                self._break("A3", f"{what} is handed over although {next(filter(None, barred))}")

    def _keeps_hours(self, row: Row[Any], outgoing: Outgoing, what: str) -> None:
        """Check that no phone of an office rings that was closed when the message was claimed."""
        for _, contact in self.world.network.all_contacts:
            own = {each.address for each in contact.methods if each.kind is not MethodKind.EMAIL}
            if outgoing.to in own and is_closed(contact, row.started_at):
                self._break("A7", f"{what} is handed over although {contact.id} was closed by then")

    def _keeps_to_the_turn(self, row: Row[Any], outgoing: Outgoing, what: str) -> None:
        """Check that of people who take turns only the one on duty is called when the message was claimed."""
        slack = self.world.mischief.slack(1)
        for tree, contact in self.world.network.all_contacts:
            if contact.duty is None:
                continue
            turns = {whose_turn(contact.duty, tree.timezone, row.started_at + each) for each in (-slack, slack)}
            # Whoever has reported it is spared, and the next one called.
            is_spared = from_plain(Facts, row.facts).raised_from in turns
            if not is_spared and outgoing.to in {each.phone for each in contact.duty.rota} - turns:
                self._break("A7", f"{what} is handed over although the telephone had changed hands by then")

    def _is_let_through(self, row: Row[Any], outgoing: Outgoing, what: str) -> None:
        """Check that nothing counts as under way that the network has refused and will refuse again (B3)."""
        sent = self.world.database.rows(_BEFORE, method=outgoing.method.value)
        mine = [each for each in sent if (each.incident_id, each.address) == (row.incident_id, outgoing.to)]
        refused = [each for each in mine if each.is_alert and each.failure == Failure.OPTED_OUT]
        back = self._let_through_at(row)
        if any(each.started_at >= back for each in refused) and not self.world.mischief_was.steps:
            self._break("B3", f"{what} is handed over although that phone refuses our SMS")

    def _let_through_at(self, row: Row[Any]) -> datetime:
        """When we last learned, however late and of whatever it was told of, that it accepts our SMS again."""
        back = {"contact": row.contact, "text": OPTS_IN}.items()
        heard = self.world.database.rows(_HEARD)
        moments = [each.at + CLOCKS_DIFFER for each in heard if each.payload and back <= each.payload.items()]
        return max(moments, default=START)

    def _is_no_strangers(self, row: Row[Any], what: str) -> None:
        """Check that a stranger who has said so gets nothing more of the incident, except replies (A9)."""
        if row.kind != Kind.NOT_UNDERSTOOD.value and self.world.database.rows(_DISOWNED, acts=row.acts):
            self._break("A9", f"{what} is handed over although whoever has that number is a stranger, and has said so")

    def _have_answered(self, row: Row[Any], services: Any) -> bool:
        """Whether all it counts for have answered; last resort, and those who owe an action, may be asked again."""
        trees = self.world.network.trees
        if any(each.level_index == LAST_RESORT or _may_ask_again(trees[each.tree]) for each in services):
            return False
        answered = {(each.tree, each.contact) for each in self.world.database.rows(_ANSWERS, incident=row.incident_id)}
        return bool(services) and all((each.tree, each.contact) in answered for each in services)

    def _is_claimed(self, process: Process, row: Row[Any], what: str) -> None:
        if process.is_in_transaction:
            self._break("A5", f"{what} is handed over inside a transaction: should that fail, nobody knows of it")
        elif row.status != "sending":
            self._break("A5", f"{what} is handed over although it is {row.status}: whoever sends it has lost its lease")
        elif row.due_at <= process.host.clocks.database():
            late = process.host.clocks.database() - row.due_at
            self._break("A5", f"{what} is handed over {late.total_seconds():.1f} s after its lease was over")

    def _is_about_us(self, outgoing: Outgoing, what: str) -> None:
        """Check that messages about no incident go only to coordinators, and name no incident."""
        if not self._is_a_coordinators(outgoing.to):
            self._break("A9", f"{what} is handed over although it concerns no incident, and is for coordinators")
        words = outgoing.subject + outgoing.text
        # Something else that was to be sent to that phone may be named in it.
        own = {row.ref for row in self.world.database.rows(_WRITTEN_OF) if row.address == outgoing.to}
        refs = self.world.database.column(select(incidents.c.ref))
        if NoRef.OURSELVES in words and any(ref in words for ref in refs if ref not in own):
            self._break("A9", f"{what} is about ourselves, and names an incident")

    def _may_be_tested(self, outgoing: Outgoing, what: str) -> None:
        """Check that no outsider gets a test, and that a test says nothing about any incident."""
        able = {
            each.address
            for tree, contact in self.world.edition.network.all_contacts
            if contact.drills or contact.is_coordinator or contact.id in tree.last_resort
            for each in contact.at_hand
        }
        if outgoing.to not in able:
            self._break("A9", f"{what} is a test of an outsider's number, who takes no part in drills")
        if any(ref in outgoing.subject + outgoing.text for ref in self.world.database.column(select(incidents.c.ref))):
            self._break("A9", f"{what} is a test, and names an incident")

    def _is_discreet(self, outgoing: Outgoing, what: str) -> None:
        clear = (outgoing.subject, outgoing.text if outgoing.method is MethodKind.SMS else "")
        if any(SECRET in text for text in clear):
            self._break("A9", f"{what} names a person or a place")
        if outgoing.method is MethodKind.SMS and outgoing.to in outgoing.text:
            self._break("B1", f"{what} asks its recipient to call its own number")

    def _is_a_coordinators(self, number: str) -> bool:
        coordinators = (each for tree in self.world.network.trees.values() for each in tree.coordinators)
        return any(number in phones_of(each) for each in coordinators)

    def _break(self, promise: str, how: str) -> None:
        self.world.story.breaks_promise(promise, how)


def opened_after_edit(world: World, opened_at: datetime) -> bool:
    """Whether an incident may have opened on edited trees, by any of the clocks."""
    return world.edited_at is not None and opened_at > world.edited_at - CLOCKS_DIFFER


def _may_ask_again(tree: Any) -> bool:
    return any(level.action_due is not None for level in tree.levels)
