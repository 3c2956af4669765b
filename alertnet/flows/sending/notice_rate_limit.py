"""Notices to a coordinator: one SMS in ten minutes says what came meanwhile, and there are twelve in an hour (B9).

It is asked when one is about to leave, so that whoever writes notices need not know of the others. An alarm about what
somebody texts or calls counts with them, and is never held back here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Further, Said
from alertnet.core.limits import ALL_NOTICES, NOTICES, Limit, Usage
from alertnet.core.notification import Kind
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.store.db.bulk_update import change_each
from alertnet.store.db.tx import Tx
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues.attempts import QUEUED
from alertnet.store.records import limits
from alertnet.store.tables import attempts, notifications

JOINED = "joined"
"""It is said in another one, which leaves."""
MOST_JOINED = 50

_OTHERS = (
    select(attempts.c.id)
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(
        attempts.c.method == bindparam("method"),
        attempts.c.status.in_(QUEUED),
        attempts.c.due_at.is_not(None),
        attempts.c.address_index == bindparam("address"),
        attempts.c.id != bindparam("besides"),
        notifications.c.kind == Kind.NOTICE.value,
    )
    .order_by(attempts.c.created_at)
    .limit(MOST_JOINED)
    .with_for_update(of=attempts, skip_locked=True)
)


class NoticeRateLimit:
    """What one look at the queue lets leave of the notices by one method."""

    def __init__(self, tx: Tx, method: MethodKind) -> None:
        self.joined: set[str] = set()
        """Attempts that are said in another one."""
        self._tx = tx
        self._method = method
        self._limits = (NOTICES, ALL_NOTICES) if method is MethodKind.SMS else (ALL_NOTICES,)
        self._used: dict[str, list[tuple[Limit, Usage]]] = {}

    def expect(self, rows: Sequence[Row[Any]]) -> None:
        """Hold what counts for the notices among these, always in the same order."""
        for key in sorted({row.address for row in rows if _is_counted(row)} - set(self._used)):
            self._used[key] = [(limit, limits.hold(self._tx, limit, key)) for limit in self._limits]

    def waits_until(self, row: Row[Any]) -> datetime | None:
        """When a notice that was expected may leave at the earliest; None for now, and for whatever is none."""
        if not _is_counted(row):
            return None
        now = self._tx.now
        full = [limit.retry_at(used, now) for limit, used in self._used[row.address] if not limit.room(used, now)]
        return max(full, default=None)

    def leaves(self, row: Row[Any], claimed: Claimed, is_free: Callable[[Row[Any]], bool]) -> Claimed:
        """The notice was claimed: it counts, and says what else waits for the phone and may be said (`is_free`)."""
        if not _is_counted(row):
            return claimed
        key = row.address
        self._used[key] = [(limit, limit.use(used, self._tx.now)) for limit, used in self._used[key]]
        for limit, used in self._used[key]:
            limits.keep(self._tx, limit, key, used)
        others = [other for other in self._waiting(row) if is_free(other)]
        if not others:
            return claimed
        news = tuple(_further(from_plain(Said, other.said)) for other in others)
        said = replace(claimed.said, more=(*claimed.said.more, *news))
        change_each(self._tx.session, notifications, [{"key": row.notification_id, "said": to_plain(said)}])
        told = [{"key": other.id, "error": JOINED, "due_at": self._tx.now} for other in others]
        change_each(self._tx.session, attempts, told)
        self.joined |= {other.id for other in others}
        return replace(claimed, said=said)

    def _waiting(self, row: Row[Any]) -> list[Row[Any]]:
        values = {"method": self._method.value, "address": row.address_index, "besides": row.id}
        ids = self._tx.session.scalars(_OTHERS, values).all()
        return attempt_store.with_words(self._tx.session, ids)[0] if ids else []


def _is_counted(row: Row[Any]) -> bool:
    """A notice that was not counted before: the one re-send of an unknown outcome says again what it said (A5)."""
    return row.kind == Kind.NOTICE.value and not row.extra and row.started_at is None


def _further(said: Said) -> Further:
    assert said.subject is not None
    return Further(said.ref, said.subject, said.about)
