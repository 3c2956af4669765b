"""Checks of a message as it is sent whether its phone may be used now: hours, turns, refusals, load (A7, B3, B9)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from alertnet.channels.base import Outgoing
from alertnet.core.codec import from_plain
from alertnet.core.directory.contact import MethodKind
from alertnet.core.incident import Facts
from alertnet.core.notification import ASKING, Failure, Kind
from alertnet.store.tables import attempts, notifications, timeline
from simulation.checks.recipients import CLOCKS_DIFFER
from simulation.world.cast import sharing
from simulation.world.expected_plan import is_closed
from simulation.world.expected_turns import whose_turn
from simulation.world.message import OPTS_IN
from simulation.world.story import Found
from simulation.world.world import START, World

MOST_TEXTS, CALLS_APART = 12, timedelta(minutes=10)
"""The most messages for a coordinator's phone in an hour, and the least time between its calls (B9)."""

_BEFORE: Select[Any] = (
    select(
        *attempts.c["id", "notification_id", "incident_id", "started_at", "extra", "delays", "failure", "is_alert"],
        *notifications.c["address", "contact", "kind"],
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(attempts.c.method == bindparam("method"), attempts.c.started_at.is_not(None))
)
_LOAD = {kind.value for kind in (*ASKING, Kind.ALERT, Kind.REMINDER, Kind.NOTICE)}
_HEARD: Select[Any] = select(timeline.c.at, timeline.c.payload).where(timeline.c.kind == "sms_received")


class Phones:
    """What was sent to each phone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.begun: set[str] = set()
        """What was sent before and not accepted."""

    def check(self, row: Row[Any], outgoing: Outgoing) -> Found:
        """Why it should not have been sent there now."""
        if row.is_alert:
            yield from self._keeps_hours(row, outgoing)
            yield from self._keeps_to_the_turn(row, outgoing)
            yield from self._is_let_through(row, outgoing)
        # An alert counts for a coordinator's phone unless it is for somebody else there; what is about ourselves never.
        if self._is_load(row) and (row.kind != Kind.ALARM.value or row.alarm_id is not None):
            yield from self._spares_the_phone(row, outgoing)

    def _spares_the_phone(self, row: Row[Any], outgoing: Outgoing) -> Found:
        """A coordinator's phone rings at most once in ten minutes, and gets twelve SMS in an hour (B9).

        Beyond that only the first call about an incident, an alert, and repeats of what was counted are allowed.
        """
        was_begun = bool(self.world.mischief_was.steps) or outgoing.attempt in self.begun
        self.begun.add(outgoing.attempt)
        sent = [each for each in self._sent(outgoing) if each.id in self.begun and self._is_load(each)]
        there = [each for each in sent if each.incident_id or each.kind == Kind.NOTICE.value]
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
                yield "B9", f"{len(hour)} SMS went there within the hour"
        elif outgoing.method is MethodKind.CALL and any(each.incident_id == mine.incident_id for each in before):
            last = max(each.started_at for each in before)
            if mine.started_at - last < CALLS_APART - slack:
                yield "B9", f"its phone rang {mine.started_at - last} ago"

    def _is_load(self, row: Row[Any]) -> bool:
        coordinators = (each.id for tree in self.world.network.trees.values() for each in tree.coordinators)
        return row.kind in _LOAD and row.contact in coordinators

    def _keeps_hours(self, row: Row[Any], outgoing: Outgoing) -> Found:
        """No phone of an office rings that was closed when the message was claimed."""
        for _, contact in self.world.network.all_contacts:
            own = {each.address for each in contact.methods if each.kind is not MethodKind.EMAIL}
            if contact.id == row.contact and outgoing.to in own and is_closed(contact, row.started_at):
                yield "A7", f"{contact.id} was closed by then"

    def _keeps_to_the_turn(self, row: Row[Any], outgoing: Outgoing) -> Found:
        """Of people who take turns only the one on duty is called when the message was claimed.

        While nobody knows yet whether a change of turns was heard, any of them may be.
        """
        slack = self.world.mischief.slack(1)
        for tree, contact in self.world.network.all_contacts:
            changes = [each for each in self.world.asked.turns if each.owner == f"{tree.id}/{contact.id}"]
            is_open = changes and (self.world.is_unheard() or not all(each.is_done for each in changes))
            if contact.duty is None or is_open or any(row.started_at < each.asked_at + slack for each in changes):
                continue
            moments = [row.started_at + each for each in (-slack, slack)]
            turns = {whose_turn(contact.duty, tree.timezone, at, changes) for at in moments}
            # Whoever has reported it is spared, and the next one called.
            is_spared = from_plain(Facts, row.facts).raised_from in turns
            if not is_spared and outgoing.to in {each.phone for each in contact.duty.rota} - turns:
                yield "A7", "the telephone had changed hands by then"
            if not is_spared and None not in turns and row.contact == contact.id and outgoing.to in contact.numbers:
                yield "A7", "somebody has taken that telephone's place"

    def _is_let_through(self, row: Row[Any], outgoing: Outgoing) -> Found:
        """Nothing counts as under way that the network has refused and will refuse again (B3)."""
        mine = [each for each in self._sent(outgoing) if each.incident_id == row.incident_id and each.is_alert]
        refused = [each for each in mine if each.failure == Failure.OPTED_OUT]
        back = self._let_through_at(row.contact)
        if any(each.started_at >= back for each in refused) and not self.world.mischief_was.steps:
            yield "B3", "that phone refuses our SMS"

    def _let_through_at(self, contact: str) -> datetime:
        """When we last learned, however late and of whatever it was told of, that it accepts our SMS again."""
        trees = self.world.network.trees.values()
        named = [each for tree in trees for each in tree.contacts.values() if each.id == contact]
        same = {contact, *(id for each in named for id in sharing(trees, each))}
        heard = [row for row in self.world.database.rows(_HEARD) if row.payload and row.payload["text"] == OPTS_IN]
        moments = [row.at + CLOCKS_DIFFER for row in heard if row.payload.get("contact") in same]
        return max(moments, default=START)

    def _sent(self, outgoing: Outgoing) -> list[Row[Any]]:
        """What went there by the same method, this one too."""
        sent = self.world.database.rows(_BEFORE, method=outgoing.method.value)
        return [each for each in sent if each.address == outgoing.to]
