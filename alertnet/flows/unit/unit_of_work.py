"""What a flow is about to put on the record, gathered row by row and written in a few statements at its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alertnet.core.codec import to_plain
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said
from alertnet.core.notification import AttemptStatus, Kind
from alertnet.store.db.tx import Tx
from alertnet.store.pending_rows import PendingRows
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues.attempts import Attempt
from alertnet.store.records import checkpoints, timeline
from alertnet.store.records.credentials import codes
from alertnet.store.records.notifications import Coverage as Coverage

_PLACE = ("incident_id", "kind", "method", "address", "extension")


@dataclass(frozen=True)
class NotificationDraft:
    """One notification to be sent: to whom, by which method, and what it may say."""

    kind: Kind
    contact: str
    """A contact's id, or `team/member`."""
    method: MethodKind
    address: str
    language: str
    said: Said
    planned_at: datetime
    rank: int
    incident: str | None = None
    tree: str | None = None
    level: str | None = None
    round: int = 0
    escalation: str | None = None
    prompt: str | None = None
    code: str | None = None
    link: str | None = None
    extension: str | None = None
    expires_at: datetime | None = None
    leaves_at: datetime | None = None
    """None: now."""


@dataclass
class UnitOfWork:
    """Rows and changes on their way to the tables, and the history of them; of one incident or of several."""

    tx: Tx
    pending: PendingRows = field(default_factory=PendingRows)
    entries: dict[str, list[timeline.Entry]] = field(default_factory=dict)
    """By chain."""
    closed_chains: set[str] = field(default_factory=set)
    """Of these it is put on the record where they end."""

    def add(self, table: str, **row: Any) -> None:
        """One row for that table."""
        self.pending.add(table, row)

    def change(self, table: str, id: str, **values: Any) -> None:
        """Replace columns of a row that is there already."""
        self.pending.change(table, id, values)

    def record(self, chain: str, kind: str, payload: Mapping[str, Any]) -> None:
        """Add a line to the history of an incident or of the system."""
        self.entries.setdefault(chain, []).append((kind, payload))

    def record_end(self, chain: str) -> None:
        """Record where that chain ends, once all of it is written."""
        self.closed_chains.add(chain)

    def post(
        self, draft: NotificationDraft, served: tuple[tuple[str, Coverage], ...] = (), *, send: bool = True
    ) -> str:
        """A notification with its first attempt, and the escalations (tree, coverage) that it counts for.

        `send=False`: it is on its way already, as the answer to a webhook.
        """
        id = self.tx.entropy.id()
        index = self.tx.vault.index(draft.address)
        self.add(
            "notifications",
            id=id,
            incident_id=draft.incident,
            escalation_id=draft.escalation,
            alarm_id=draft.prompt,
            kind=draft.kind.value,
            tree=draft.tree,
            level=draft.level,
            round=draft.round,
            contact=draft.contact,
            method=draft.method.value,
            language=draft.language,
            address=draft.address,
            address_index=index,
            extension=draft.extension,
            trees=sorted({tree for tree, _ in served}) or ([draft.tree] if draft.tree else []),
            said=to_plain(draft.said),
            code_id=draft.code,
            link_id=draft.link,
            planned_at=draft.planned_at,
            expires_at=draft.expires_at,
            status=(AttemptStatus.QUEUED if send else AttemptStatus.SENT).value,
        )
        for _, coverage in served:
            self.cover(id, coverage)
        if send:
            self.attempt(
                id, draft.incident, draft.method.value, draft.kind, draft.rank, index, leaves_at=draft.leaves_at
            )
        return id

    def has_posted(self, draft: NotificationDraft) -> bool:
        """Whether the same kind of message of its incident goes to the same place already."""
        place = (draft.incident, draft.kind.value, draft.method.value, draft.address, draft.extension)
        return any(place == tuple(row[name] for name in _PLACE) for row in self.pending.of("notifications"))

    def cover(self, notification: str, coverage: Coverage) -> None:
        """Let a notification count for one more escalation."""
        self.add(
            "served",
            notification_id=notification,
            escalation_id=coverage.escalation,
            contact=coverage.contact,
            method=coverage.method_index,
            level_index=coverage.level_index,
            round=coverage.round,
        )

    def notifications_for(self, escalation: str) -> set[str]:
        """The notifications that were let count for that escalation, whether that is written yet or not."""
        rows = self.pending.of("served")
        return {row["notification_id"] for row in rows if row["escalation_id"] == escalation}

    def share(self, notification: str, trees: list[str]) -> None:
        """Let a notification count for those trees too, whether it is written yet or not."""
        for row in self.pending.new.get("notifications", ()):
            if row["id"] == notification:
                row["trees"] = sorted({*row["trees"], *trees})
                return
        shared = self.pending.changes.get("notifications", {}).get(notification, {}).get("trees", ())
        self.change("notifications", notification, trees=sorted({*trees, *shared}))

    def attempt(
        self,
        notification: str,
        incident: str | None,
        method: str,
        kind: Kind,
        rank: int,
        index: bytes,
        *,
        extra: bool = False,
        leaves_at: datetime | None = None,
        sender: str | None = None,
        delays: int = 0,
    ) -> None:
        """An attempt to send a notification, due now unless `leaves_at` says when.

        `extra`: the one re-send after an unknown outcome (A5). `sender`: the number that it is to come from; else any.
        `delays`: how often it was surely not sent before.
        """
        place = sum(1 for _ in self.pending.of("attempts"))
        self.add(
            "attempts",
            id=self.tx.entropy.id(),
            notification_id=notification,
            incident_id=incident,
            method=method,
            is_alert=kind.is_alert,
            rank=rank,
            address_index=index,
            status=AttemptStatus.QUEUED.value,
            due_at=leaves_at or self.tx.now,
            sender=sender,
            extra=extra,
            checks=0,
            delays=delays,
            wrong_keys=0,
            created_at=self.tx.now + timedelta(microseconds=place),  # what was written first leaves first
            changed_at=self.tx.now,
        )
        self.tx.leaves_due(method)

    def move_up(self, incident: str, ranks: int) -> None:
        """Let what waits of an incident leave by so many ranks sooner, whether it is written yet or not."""
        for row in self.pending.new.get("attempts", ()):
            if row["incident_id"] == incident:
                row["rank"] -= ranks
        attempt_store.move_up(self.tx.session, incident, ranks)

    def again(
        self,
        attempt: Attempt,
        *,
        extra: bool,
        sender: str | None = None,
        leaves_at: datetime | None = None,
        delays: int = 0,
    ) -> None:
        """One more attempt of what that one's notification says."""
        self.attempt(
            attempt.notification_id,
            attempt.incident_id,
            attempt.method.value,
            attempt.kind,
            attempt.rank,
            attempt.address_index,
            extra=extra,
            sender=sender,
            leaves_at=leaves_at,
            delays=delays,
        )

    def flush(self, *, begin: bool = False) -> None:
        """Write what was gathered; `begin`: its history is the first of its chains."""
        made = [row["id"] for row in self.pending.new.get("codes", ()) if row["contact"] is not None]
        if made:
            self.pending.write_new(self.tx.session, "codes", "code_numbers")
            self._tell_apart(codes.beside_another(self.tx.session, made))
        self.pending.write(self.tx.session)
        ends = timeline.append_each(self.tx, self.entries, begin=begin)
        self.entries = {}
        checkpoints.note(self.tx, {chain: ends[chain] for chain in self.closed_chains & set(ends)})
        self.closed_chains.clear()

    def _tell_apart(self, made: set[str]) -> None:
        """Tell whoever has another open incident, with the code of this one, that this is another one."""
        for row in self.pending.new.get("notifications", ()):
            if row["code_id"] in made:
                row["said"]["also"] = True
