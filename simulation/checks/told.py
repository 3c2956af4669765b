"""Checks now and then that whoever is in an open level was told (A2), by a reading of its own of who that is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, select

from alertnet.core.codec import from_plain
from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Level
from alertnet.core.directory.usable_methods import stale_key
from alertnet.core.escalation.state import LAST_RESORT, ContactProgress, LevelRun, LevelStatus, State
from alertnet.core.incident import Facts
from alertnet.store.tables import (
    ACTING,
    acknowledgements,
    attempts,
    escalations,
    incidents,
    notifications,
    served,
    timeline,
)
from simulation.checks.watch import Watch
from simulation.world.cast import phones_of, sharing
from simulation.world.expected_plan import is_closed, told_by
from simulation.world.world import World

EVERY = timedelta(seconds=10)
GOES_ON = ("running", "waiting_for_go", "unanswered")
ENDS = ("acknowledged", "declined")
"""Answers after which a contact is told no more."""

_UNDER_WAY: Select[Any] = (
    select(
        *escalations.c["id", "incident_id", "tree", "state"],
        *incidents.c["ref", "facts", "trees", "merged"],
    )
    .join(incidents, incidents.c.id == escalations.c.incident_id)
    .where(incidents.c.status == "open", incidents.c.part_of.is_(None), escalations.c.status.in_(GOES_ON))
)
_ANSWERS: Select[Any] = (
    select(*acknowledgements.c["id", "contact", "kind", "at", "address", "revoked_at"])
    .join(incidents, incidents.c.id == acknowledgements.c.incident_id)
    .where(bindparam("acts") == ACTING)
    .order_by(acknowledgements.c.at)
)
_HEARD: Select[Any] = (
    select(*timeline.c["at", "payload"])
    .join(incidents, incidents.c.id == timeline.c.chain)
    .where(bindparam("acts") == ACTING, timeline.c.kind.in_(ENDS))
)
_TOLD: Select[Any] = (
    select(
        *served.c["contact", "level_index", "round"],
        *escalations.c["incident_id", "tree"],
        notifications.c.method,
        notifications.c.planned_at,
        notifications.c.status.label("shown"),
        *attempts.c["status", "created_at", "provider_id", "due_at"],
    )
    .join(notifications, notifications.c.id == served.c.notification_id)
    .outerjoin(attempts, attempts.c.notification_id == notifications.c.id)
    .join(escalations, escalations.c.id == served.c.escalation_id)
    .join(incidents, incidents.c.id == escalations.c.incident_id)
    .where(bindparam("acts") == ACTING)
)

_CLOSINGS: Select[Any] = (
    select(timeline.c.at)
    .where(timeline.c.chain == bindparam("incident"), timeline.c.kind.in_(["incident_closed", "incident_reopened"]))
    .order_by(timeline.c.seq.desc())
)


class Untold(NamedTuple):
    """A contact of an open level that has no message; `level`, since when, and which incident."""

    ref: str
    tree: str
    level: str
    contact: str
    since: datetime


class Told:
    """Looks at all open levels every few seconds; what is missing in two looks in a row is missing."""

    def __init__(self, world: World, watch: Watch) -> None:
        self.world = world
        self.watch = watch
        self._untold: set[Untold] = set()
        self._looked_at = world.time.now

    def begin(self) -> None:
        """Begin to check repeatedly; a quiet night is compared with its plan."""
        if not self.world.mischief.quiet:
            self.world.time.after(EVERY.total_seconds(), self._look)

    def _look(self) -> None:
        now, fine_since = self.world.time.now, self.watch.fine_since()
        before, self._untold = self._untold, set(self._find(now))
        if fine_since is not None and fine_since < self._looked_at:
            for each in sorted(before & self._untold):
                who = f"{each.contact} in {each.level} of {each.tree}"
                how = f"{each.ref}: nothing is on its way to {who}, which is open since {each.since:%H:%M:%S}"
                self.world.story.breaks_promise("A2", how)
        self._looked_at = now
        self.world.time.after(EVERY.total_seconds(), self._look)

    def _find(self, now: datetime) -> Iterator[Untold]:
        for row in self.world.database.rows(_UNDER_WAY):
            yield from _UnderWay(self.world, row, now).untold()


@dataclass(frozen=True)
class _UnderWay:
    """One escalation of an open incident, as it is committed."""

    world: World
    row: Row[Any]
    now: datetime

    def untold(self) -> Iterator[Untold]:
        """Whom its open levels have not told; what a whole has told counts for a part that was split off from it."""
        for run in self.state.runs if self.row.ref not in self.world.asked.split_off else ():
            is_open = run.round == self.state.round and run.status is not LevelStatus.MET
            for contact in self._expected(run) if is_open and run.index not in self.state.refused else ():
                since = self._since(run, contact)
                if self._is_due(contact, since) and not self._was_told(run, contact, since):
                    yield Untold(self.row.ref, self.row.tree, self._level(run).name, contact.id, run.opened_at)

    @cached_property
    def state(self) -> State:
        return from_plain(State, self.row.state)

    @cached_property
    def facts(self) -> Facts:
        return from_plain(Facts, self.row.facts)

    @cached_property
    def trees(self) -> dict[str, ContactTree]:
        """The trees that the incident runs on."""
        return self.world.pinned(self.row.trees)

    @cached_property
    def answers(self) -> Sequence[Row[Any]]:
        """The answers that count, oldest first."""
        return [each for each in self.all_answers if each.revoked_at is None]

    @cached_property
    def all_answers(self) -> Sequence[Row[Any]]:
        """Those too that were revoked or replaced."""
        return self.world.database.rows(_ANSWERS, acts=self.row.incident_id)

    @cached_property
    def heard(self) -> dict[str, datetime]:
        """When each of them came in: later than it was written, where it was lost on its way."""
        rows = self.world.database.rows(_HEARD, acts=self.row.incident_id)
        return {row.payload["acknowledgement"]: row.at for row in rows}

    @cached_property
    def messages(self) -> Sequence[Row[Any]]:
        """What counts for the escalations of the incident, and of each report that was merged into it."""
        return self.world.database.rows(_TOLD, acts=self.row.incident_id)

    def _level(self, run: LevelRun) -> Level:
        tree = self.trees[self.row.tree]
        return Level("Last resort", tree.last_resort) if run.index == LAST_RESORT else tree.levels[run.index]

    def _expected(self, run: LevelRun) -> Iterable[Contact]:
        """Whom the level tells by the design, and who has not answered."""
        tree = self.trees[self.row.tree]
        named = told_by(list(self.trees.values()), tree, self._level(run), self.facts)
        # Whom the people of a merged report let into a level that is open is told in a later round.
        begun = {turn.contact for turn in run.turns}
        return [
            each
            for each in named
            if not (
                each.former
                or self._has_answered(run, tree, each)
                or self._is_involved(each)
                or self._is_spared(tree, each)
            )
            and (begun.issuperset({each.id}) or not self.row.merged)
        ]

    def _is_involved(self, contact: Contact) -> bool:
        raised_from = {self.facts.raised_from, *self.facts.also_from}
        return bool(raised_from & contact.numbers) or contact.id in {person.contact for person in self.facts.people}

    def _is_spared(self, tree: ContactTree, contact: Contact) -> bool:
        """Whether it is a drill in which the contact takes no part."""
        takes_part = contact.drills or contact.is_coordinator or contact.id in tree.last_resort
        return self.facts.drill and not takes_part

    def _has_answered(self, run: LevelRun, tree: ContactTree, contact: Contact) -> bool:
        """Whether it has, or a deputy has taken charge for it; last resort is asked anew if that came before."""
        asked_at = self._began_at(run) - self.world.mischief.slack(1) if run.index == LAST_RESORT else None
        deputies, deputy = set[str](), contact.deputy
        while deputy is not None and deputy not in deputies:
            deputies.add(deputy)
            deputy = tree.contacts[deputy].deputy
        return any(
            (asked_at is None or max(each.at, self.heard.get(each.id, each.at)) >= asked_at)
            and (
                (each.contact in self._same_as(contact) and each.kind in ENDS)
                or (each.contact in deputies and each.kind == ENDS[0])
            )
            for each in self.answers
        )

    def _same_as(self, contact: Contact) -> set[str]:
        """It, and those that share a telephone or mailbox with it: what one of them answers counts for all."""
        return sharing(self.trees.values(), contact)

    def _began_at(self, run: LevelRun) -> datetime:
        """When it was opened: where its incident was closed since, and reopened, it has that much more time."""
        began_at = run.opened_at
        changes = self.world.database.rows(_CLOSINGS, incident=self.row.incident_id)
        for reopened, closed in zip(changes[::2], changes[1::2], strict=True):
            if began_at <= reopened.at:
                began_at -= reopened.at - closed.at
        return began_at

    def _since(self, run: LevelRun, contact: Contact) -> datetime:
        turn = self._turn(run, contact)
        return run.opened_at if turn is None else turn.starts_at

    def _turn(self, run: LevelRun, contact: Contact) -> ContactProgress | None:
        return next((turn for turn in run.turns if turn.contact == contact.id), None)

    def _is_due(self, contact: Contact, since: datetime) -> bool:
        """Whether some method of it should have been used by now: one that is not closed, refused or passed on."""
        was_closed = is_closed(contact, since)
        if was_closed != is_closed(contact, self.now):
            return False
        done_with = self._relayed(contact)
        stale = {each.partition(":")[2] for each in self.state.stale}
        if (done_with | stale) & (phones_of(contact) - contact.addresses):
            # Whoever is on duty has passed it on, or can't be reached, and has the phone in place of the contact's own.
            done_with |= contact.numbers
        own = [each for each in contact.methods if each.kind is MethodKind.EMAIL or not was_closed]
        methods = (*own, *(contact.when_closed if was_closed else ()))
        usable = [
            each
            for each in methods
            if each.address not in done_with and stale_key(contact, each) not in self.state.stale
        ]
        return any(since + each.after < self.now for each in usable)

    def _relayed(self, contact: Contact) -> set[str | None]:
        """The addresses that have passed it on: what replaced that leaves it so, unless an answer was revoked since."""
        own = [each for each in self.all_answers if each.contact in self._same_as(contact)]
        replaced = {each.at for each in own}
        revoked = [each.revoked_at for each in own if each.revoked_at and each.revoked_at not in replaced]

        def stands(relay: Row[Any]) -> bool:
            return relay.revoked_at in replaced and all(relay.at >= at for at in revoked)

        return {each.address for each in own if each.kind == "relayed" and (each.revoked_at is None or stands(each))}

    def _was_told(self, run: LevelRun, contact: Contact, since: datetime) -> bool:
        """Whether it was told in this run of the level; anew, where an answer of its own counts no more.

        Two trees share the first alert; what one of them has told anew the other need not tell once more. Nor need a
        whole tell once more what a part has told, for whichever tree.
        """
        slack = self.world.mischief.slack(1)
        same = self._same_as(contact)
        ended = [each for each in self.all_answers if each.contact in same and each.kind in ENDS]
        gone = [each.revoked_at for each in ended if each.revoked_at and not self.row.merged]
        began_at = self._began_at(run)
        if run.index == LAST_RESORT and any(each.at < began_at and not each.revoked_at for each in ended):
            gone.append(began_at)
        since = max(gone, default=since)
        return any(
            (row.created_at or row.planned_at) >= since - slack
            or (not gone and (row.level_index, row.round) == (run.index, run.round))
            for row in self.messages
            if row.contact == contact.id and _counts(row)
            if gone or row.tree == self.row.tree or row.incident_id != self.row.incident_id
        )


def _counts(row: Row[Any]) -> bool:
    """Whether a message is on its way, or has left, or may have."""
    if row.method == MethodKind.TASK.value:
        return bool(row.shown != "cancelled")
    return bool(row.status != "cancelled" or row.provider_id is not None or row.due_at is not None)
