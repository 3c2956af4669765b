"""After some nights the database is lost: a copy from the night takes its place, and people are told (A5, A12)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, Select, func, literal_column, select

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.inbound.on_the_road.journey import Status
from alertnet.store.monitoring import last_activity
from alertnet.store.monitoring.heartbeats import HELD_FOR
from alertnet.store.monitoring.last_activity import MADE_KNOWN, RESTORED
from alertnet.store.tables import acknowledgements, attempts, inbound, incidents, journeys, notifications, timeline
from alertnet.worker.startup_recovery import AWAY, declare_restored
from simulation.hosts.host import Host, Process, running
from simulation.mails.writers import check_mails
from simulation.night import CALM, Night
from simulation.reckoning.end_of_night import reckon_incidents
from simulation.world.database import FAR_AWAY
from simulation.world.story import Found
from simulation.world.world import START

DIES = 0.05
UNNOTICED = AWAY + timedelta(seconds=10)
"""How much younger than the copy a message at the provider must be, so that a worker notices by itself."""
UNDER_WAY = timedelta(minutes=1)
"""How long processes may die after they have begun on the copy."""
TYPED, MARGIN = timedelta(seconds=5), timedelta(seconds=15)

_REFS: Select[Any] = select(incidents.c.ref)
_OPEN: Select[Any] = _REFS.where(incidents.c.status == "open")
_ANSWERS: Select[Any] = select(acknowledgements)
_TEXTS: Select[Any] = select(inbound.c.sender, inbound.c.received_at, inbound.c.body)
_CODE = re.compile(r"\d{4}")
_CODES: Select[Any] = select(notifications).where(notifications.c.method == MethodKind.SMS.value)
_IS_ASKED_AT_FIRST = (attempts.c.status == "queued") | (attempts.c.provider == FIRST)
_UNDER_WAY: Select[Any] = select(attempts.c.id).where(attempts.c.status.in_(["queued", "sending"]), _IS_ASKED_AT_FIRST)
_JOURNEYS: Select[Any] = select(*journeys.c["id", "team", "member", "status", "incident_id"])
_WRITTEN: Select[Any] = select(func.max(literal_column("rowid"))).select_from(timeline)
_SAID: Select[Any] = select(timeline.c.at).where(timeline.c.kind == RESTORED)
_GOES_ON = frozenset({"level_opened", "round_began", "escalation_unanswered"})


class Loss:
    """The loss of the database at the end of a night, of which a copy was made at some moment before."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.world = night.world
        self.random = night.world.draws("loss")
        # By a clock that was wrong nobody knows what is younger than the copy.
        is_apart = self.world.mischief.quiet or self.world.mischief.steps
        self._comes = not is_apart and self.random.comes()
        if self._comes:
            self.world.time.after(self.random.uniform(3, self.world.length + CALM / 2), self._back_up)

    def happens(self) -> None:
        """Lose it, go on with the copy, and check what has become of what was done since."""
        if not self._comes:
            return
        world = self.world
        before = _Before(self.night)
        self._is_lost()
        before.look_at_copy()
        self._goes_on(before)
        history = reckon_incidents(self.night)
        of_incidents = (*before.told(history), *before.kept(history), *before.sent_once())
        mails = check_mails(world, self.night.writers, history)
        for promise, how in (*of_incidents, *before.came_through(), *mails):
            world.story.breaks_promise(promise, how)

    def _back_up(self) -> None:
        self.world.story.tell("desk", "copies the database")
        self.world.database.back_up()
        self._copied_at = self.world.time.now

    def _is_lost(self) -> None:
        """End all processes; what nobody but the lost database knew is expected no more."""
        world, night = self.world, self.night
        world.story.tell("database", f"is lost, and the copy of {self._copied_at:%H:%M:%S} takes its place")
        for process in running(night.hosts):
            process.life.end()
            process.host.runs_since = None
        world.database.restore()
        world.has_committed()
        there = set(world.database.column(_REFS))
        world.opened = {ref: facts for ref, facts in world.opened.items() if ref in there}
        world.asked.consents.clear()
        for turn in world.asked.turns:
            turn.is_done = False
        night.writers.forget_unknown()
        night.coordinators.accepted.clear()
        night.promises.replies.clear()
        night.promises.phones.begun.clear()
        world.edition = world.publish(world.edition.network)

    def _goes_on(self, before: "_Before") -> None:
        """Say that it was restored, or leave that to a worker who notices; then begin, and wait until all is done."""
        world, random = self.world, self.random
        may_be_noticed = before.newest_sent > before.newest + UNNOTICED
        is_declared = not may_be_noticed or random.random() < 0.7
        world.database_back_at = world.calm_since = FAR_AWAY
        away = timedelta(seconds=random.choice([5, 60, 200])) if is_declared else UNNOTICED
        world.time.run(world.time.now + away)
        world.is_calm = False
        dies, answers = random.choice([0.0, DIES]), random.choice([0.0, 0.5])
        world.mischief = replace(world.mischief, dies=dies, most_deaths=world.deaths + 2, answers=answers)
        if is_declared:
            self._declares(random.choice([None, self._copied_at.replace(second=0, microsecond=0)]))
        for host in self.night.hosts:
            host.start()
        world.time.run(world.time.now + UNDER_WAY)
        self.night.calms_down()
        world.database_back_at = world.calm_since = world.time.now + HELD_FOR + MARGIN
        world.time.run(world.calm_since + timedelta(seconds=CALM))

    def _declares(self, taken_at: datetime | None) -> None:
        """Type the command, again where it has died, unless it was on record by then: a worker goes on with it."""
        done: list[object] = []

        def declare(process: Process) -> None:
            done.append(declare_restored(process.runtime, taken_at, by="the desk"))

        while not (done or (self._is_on_record() and self.random.random() < 0.5)):
            host = Host(self.world, self.night.around, [], "command", serves=False, works=False)
            host.start()
            assert host.process is not None
            host.process.life.spawn(partial(declare, host.process))
            self.world.time.run(self.world.time.now + TYPED)
            host.process.life.end()

    def _is_on_record(self) -> bool:
        return bool(self.world.database.rows(_SAID))


class _Before:
    """What was known before the loss, and what the copy knows of it."""

    def __init__(self, night: Night) -> None:
        self.world, self.provider = night.world, night.provider
        self.taken = tuple(night.provider.messages)
        texts = [each.taken_at for each in self.taken if each.outgoing.method is MethodKind.SMS]
        self.newest_sent = max(texts, default=START)
        self._refs = set(self.world.database.column(_REFS))
        self._answers = self.world.database.rows(_ANSWERS)
        came = (row for row in self.world.database.rows(_JOURNEYS) if row.status == Status.OVER.value)
        self._safe = {row.id for row in came if row.incident_id is None}
        self._texts = {(row.sender, row.received_at): row.body for row in self.world.database.rows(_TEXTS)}

    def look_at_copy(self) -> None:
        database = self.world.database
        self.newest = database.pattern.read(lambda tx: last_activity.newest(tx.session)) or self.world.time.now
        self._awaited = database.pattern.read(lambda tx: last_activity.going_on(tx.session))
        self._refs -= set(database.column(_REFS))
        copied = database.rows(_ANSWERS)
        kept = {*(row.id for row in copied), *(_answer(row) for row in copied if row.revoked_at is None)}
        valid = [each for each in self._answers if each.via == "sms" and each.revoked_at is None]
        self._answers = [each for each in valid if kept.isdisjoint({each.id, _answer(each)})]
        self._under_way = set(database.column(_UNDER_WAY))
        self._codes = {(row.incident_id, row.contact, row.said.get("code")) for row in database.rows(_CODES)}
        (self._written,) = database.column(_WRITTEN)

    def told(self, history: Sequence[Row[Any]]) -> Found:
        """A12: coordinators hear what may be lost: of each report that the provider can name, and where we wait."""
        known = [row.payload["lost"] for row in history if row.kind == MADE_KNOWN]
        if not known:
            yield "A12", "a copy has become the database, and coordinators were not told"
        for ref in sorted(self._refs.difference(*known)):
            if any(each.outgoing.method is MethodKind.SMS and ref in each.outgoing.text for each in self.taken):
                yield "A12", f"{ref} is lost, the provider has messages that name it, and coordinators were not told"
        alarms = {
            row.chain
            for row in history
            if row.kind == "alarm_raised" and row.payload["subject"] == Subject.RESTORED.value
        }
        for id, ref in self._awaited:
            if id not in alarms and ref in self.world.database.column(_OPEN):
                yield "A12", f"{ref} goes on, and nobody was told that its answers may be lost"

    def kept(self, history: Sequence[Row[Any]]) -> Found:
        """A4: an answer by SMS to what the copy knows is on record before its escalation goes on."""
        now = {_answer(row) for row in self.world.database.rows(_ANSWERS)}
        for row in self._answers if not self.world.asked.merges else ():
            codes = _CODE.findall(self._texts[row.address, row.at])
            if not any((row.incident_id, row.contact, code) in self._codes for code in codes):
                continue
            if _answer(row) not in now:
                yield "A12", f"{row.contact} had {row.kind} by SMS before the database was lost, and it is forgotten"
            for each in history:
                if each.chain != row.incident_id or each.written <= self._written:
                    continue
                if each.kind == row.kind and each.payload["contact"] == row.contact:
                    break
                goes_on = each.kind in _GOES_ON and each.payload.get("cause") != "go"
                if goes_on and each.payload["tree"] == row.tree:
                    yield "A4", f"{row.contact} had {row.kind} by SMS, and before we knew it {each.kind} at {each.at}"

    def came_through(self) -> Found:
        """B4: nobody who had called in before the database was lost is taken for missing."""
        for row in self.world.database.rows(_JOURNEYS):
            if row.id in self._safe and row.incident_id is not None:
                yield (
                    "B4",
                    f"{row.team}/{row.member} had called in before the database was lost, and an incident was opened",
                )

    def sent_once(self) -> Found:
        """A5: no SMS leaves again that the provider has had since, and that it could be asked for.

        What was unknown in the copy already may leave once more, marked, as on any evening; so may what was on its way
        to another provider, which alone is asked about it.
        """
        had = {
            each.outgoing.notification: each
            for each in self.taken
            if each.outgoing.attempt in self._under_way and each.route == (MethodKind.SMS, FIRST)
        }
        for each in self.provider.messages[len(self.taken) :]:
            before = had.get(each.outgoing.notification)
            if before is not None and each.outgoing.method is MethodKind.SMS:
                yield (
                    "A5",
                    f"{self.world.describe(each.outgoing)} had left at {before.taken_at:%H:%M:%S}, and leaves again",
                )


def _answer(row: Row[Any]) -> tuple[str, str, str]:
    """What was answered, by whom, to what, however often it was given."""
    return row.incident_id, row.contact, row.kind
