"""Gathers what a flow is about to write, row by row, and writes it in a few statements at the end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from typing_extensions import Unpack

from alertnet.core.codec import extended, replace
from alertnet.core.notification import FIRST_OF_DRILLS, AttemptStatus
from alertnet.store.db.statements import NewRow
from alertnet.store.db.tx import Tx
from alertnet.store.pending_rows import PendingRows
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues.attempts import Attempt, AttemptChanges, NewAttempt
from alertnet.store.queues.incident_attempts import HeldBack
from alertnet.store.records import checkpoints, timeline
from alertnet.store.records.credentials import codes
from alertnet.store.records.credentials.codes import NewCode, NewCodeNumber
from alertnet.store.records.escalations import Escalation, moving, opened
from alertnet.store.records.notifications import Coverage, NewCoverage, NewNotification, NotificationDraft

SOON = timedelta(seconds=2)
"""What is due later than this is found in time by a worker's tick, so that no worker need be woken."""


@dataclass
class UnitOfWork:
    """Pending rows and changes with their history, for one incident or several."""

    tx: Tx
    pending: PendingRows = field(default_factory=PendingRows)
    entries: dict[str, list[timeline.NewEntry]] = field(default_factory=dict)
    """By chain (an incident's or the system's history)."""
    closed_chains: set[str] = field(default_factory=set)
    """Chains whose last entry is recorded as their end."""

    def add(self, row: NewRow) -> None:
        self.pending.add(row)

    def change_attempt(self, id: str, **values: Unpack[AttemptChanges]) -> None:
        self.pending.change("attempts", id, values)

    def show(self, notification: str, status: AttemptStatus) -> None:
        self.pending.change("notifications", notification, {"status": status})

    def save(self, escalation: Escalation, tree_hash: str, rank: int) -> None:
        """Store an escalation's state; one that is just opening with all its fixed columns."""
        if escalation.new:
            self.add(opened(escalation, tree_hash, rank))
        else:
            self.pending.change("escalations", escalation.id, moving(escalation, rank))
        if escalation.due_at is not None and escalation.due_at < self.tx.now + SOON:
            self.tx.leaves_due()

    def pin(self, escalation: str, tree_hash: str) -> None:
        self.pending.change("escalations", escalation, {"tree_hash": tree_hash})

    def record(self, chain: str, kind: str, payload: Mapping[str, Any]) -> None:
        """Add a line to the history of an incident or of the system."""
        self.entries.setdefault(chain, []).append((kind, payload))

    def record_end(self, chain: str) -> None:
        """Record where that chain ends, once all of it is written."""
        self.closed_chains.add(chain)

    def post(self, draft: NotificationDraft, coverage: Coverage | None = None, *, send: bool = True) -> str:
        """Post a notification with a first attempt, counting for the escalation of its tree (`coverage`).

        Returns its id. `send=False`: it is on its way already, as the answer to a webhook.
        """
        new = extended(
            NewNotification,
            draft,
            id=self.tx.entropy.id(),
            address_index=self.tx.vault.index(draft.address),
            trees=[draft.tree] if draft.tree else [],
            status=AttemptStatus.QUEUED if send else AttemptStatus.SENT,
        )
        self.add(new)
        if coverage is not None:
            self.cover(new.id, coverage)
        if send:
            self.attempt(new.id, new, leaves_at=new.leaves_at)
        return new.id

    def post_once(self, drafts: Iterable[NotificationDraft]) -> None:
        """Post those of which the same kind of message of their incident does not go to the same place already."""
        for draft in drafts:
            if _place(draft) not in map(_place, self.pending.all(NewNotification)):
                self.post(draft)

    def cover(self, notification: str, coverage: Coverage) -> None:
        """Let a notification count for one more escalation."""
        self.add(extended(NewCoverage, coverage, notification=notification))

    def share(self, notification: str, trees: list[str]) -> None:
        """Let a notification count for those trees too, whether it is written yet or not."""
        if any(each.id == notification for each in self.pending.waiting(NewNotification)):
            self.pending.revise(
                NewNotification,
                lambda each: replace(each, trees=sorted({*each.trees, *trees})) if each.id == notification else each,
            )
            return
        shared = self.pending.change_of("notifications", notification).get("trees", ())
        self.pending.change("notifications", notification, {"trees": sorted({*trees, *shared})})

    def attempt(
        self,
        notification: str,
        of: NewNotification | Attempt | HeldBack,
        *,
        extra: bool = False,
        leaves_at: datetime | None = None,
        sender: str | None = None,
        delays: int = 0,
    ) -> None:
        """Queue an attempt to send a notification, due now or at `leaves_at`; `of`: itself, or an attempt of it.

        `extra`: the one re-send after an unknown outcome (A5). `sender`: the number to send from; else any. `delays`:
        how often it was surely not sent before.
        """
        place = len(self.pending.written(NewAttempt)) + len(self.pending.waiting(NewAttempt))
        self.add(
            NewAttempt(
                id=self.tx.entropy.id(),
                notification_id=notification,
                incident_id=of.incident_id,
                method=of.method,
                is_alert=of.kind.is_alert,
                rank=of.rank,
                address_index=of.address_index,
                due_at=leaves_at or self.tx.now,
                sender=sender,
                extra=extra,
                delays=delays,
                created_at=self.tx.now + timedelta(microseconds=place),  # What was written first leaves first.
                changed_at=self.tx.now,
            )
        )
        self.tx.leaves_due(of.method)

    def move_up(self, incident: str, ranks: int) -> None:
        """Move the incident's waiting attempts up by so many ranks, whether they are written yet or not."""
        self.pending.revise(
            NewAttempt, lambda each: replace(each, rank=each.rank - ranks) if each.incident_id == incident else each
        )
        attempt_store.move_up(self.tx.session, incident, ranks)

    def flush(self, *, begin: bool = False) -> None:
        """Write what was gathered; `begin`: its history is the first of its chains."""
        if not (self.pending or self.entries):
            return
        made = {code.id: code.incident_id for code in self.pending.waiting(NewCode) if code.contact is not None}
        if made:
            # Those who have another open incident with the same code are told that this is another one.
            beside = self._beside_another(made)
            self.pending.revise(
                NewNotification,
                lambda each: replace(each, said=replace(each.said, also=True)) if each.code_id in beside else each,
            )
        self.pending.write(self.tx.session)
        if of_system := self.entries.pop(timeline.SYSTEM, None):
            timeline.note_each(self.tx, *of_system)
        ends = timeline.append_each(self.tx, self.entries, begin=begin)
        self.entries = {}
        if self.closed_chains:
            closed = {chain: ends[chain] for chain in self.closed_chains & set(ends)}
            self.tx.at_end(lambda: checkpoints.note(self.tx, closed))
            self.closed_chains.clear()

    def _beside_another(self, made: Mapping[str, str]) -> set[str]:
        """Those of the codes (id, incident) one of whose numbers also has an open code of another, real incident."""
        given = codes.given_here(self.tx)
        waiting = (each for each in self.pending.waiting(NewCodeNumber) if each.code_id in made)
        numbers = [(each.code_id, each.number_index, made[each.code_id]) for each in waiting]
        beside = {id for id, number, incident in numbers if given.get(number, incident) != incident}
        if unknown := made.keys() - beside:
            self.pending.write_new(self.tx.session, "codes", "code_numbers")
            beside |= codes.beside_another(self.tx.session, unknown)
        drills = {each.incident_id for each in self.pending.waiting(NewAttempt) if each.rank >= FIRST_OF_DRILLS}
        given |= {number: incident for _, number, incident in numbers if incident not in drills}
        return beside


def _place(message: NotificationDraft) -> tuple[object, ...]:
    """What two messages of one kind to the same place have in common."""
    return message.incident_id, message.kind, message.method, message.address, message.extension
