"""Notices to a coordinator: one SMS in ten minutes says what came meanwhile, and there are twelve in an hour (B9).

It is asked when one is about to leave, so that whoever writes notices need not know of the others. An alarm about what
somebody texts or calls counts with them, and is never held back here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Further, Said
from alertnet.core.limits import ALL_NOTICES, NOTICES, Limit, Usage
from alertnet.core.notification import Kind
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.store.db.tx import Tx
from alertnet.store.queues import due_attempts
from alertnet.store.queues.due_attempts import DueAttempt
from alertnet.store.records import limits, notifications

JOINED = "joined"
"""It is said in another one, which leaves."""
MOST_JOINED = 50


class NoticeRateLimit:
    """What one look at the queue lets leave of the notices by one method."""

    def __init__(self, tx: Tx, method: MethodKind) -> None:
        self.joined: set[str] = set()
        """Attempts that are said in another one."""
        self._tx = tx
        self._limits = (NOTICES, ALL_NOTICES) if method is MethodKind.SMS else (ALL_NOTICES,)
        self._used: dict[str, list[tuple[Limit, Usage]]] = {}

    def expect(self, due: Sequence[DueAttempt]) -> None:
        """Hold what counts for the notices among these, always in the same order."""
        for key in sorted({each.address for each in due if _is_counted(each)} - set(self._used)):
            self._used[key] = [(limit, limits.hold(self._tx, limit, key)) for limit in self._limits]

    def waits_until(self, due: DueAttempt) -> datetime | None:
        """When a notice that was expected may leave at the earliest; None for now, and for whatever is none."""
        if not _is_counted(due):
            return None
        now = self._tx.now
        full = [limit.retry_at(used, now) for limit, used in self._used[due.address] if not limit.room(used, now)]
        return max(full, default=None)

    def leaves(self, due: DueAttempt, claimed: Claimed, is_free: Callable[[DueAttempt], bool]) -> Claimed:
        """The notice was claimed: it counts, and says what else waits for the phone and may be said (`is_free`)."""
        if not _is_counted(due):
            return claimed
        key, session = due.address, self._tx.session
        self._used[key] = [(limit, limit.use(used, self._tx.now)) for limit, used in self._used[key]]
        for limit, used in self._used[key]:
            limits.keep(self._tx, limit, key, used)
        others = [other for other in due_attempts.claim_other_notices(session, due, MOST_JOINED) if is_free(other)]
        if not others:
            return claimed
        said = replace(claimed.said, more=(*claimed.said.more, *(_further(other.said) for other in others)))
        notifications.say(session, due.notification_id, said)
        joined = {other.id for other in others}
        due_attempts.drop(session, joined, self._tx.now, JOINED)
        self.joined |= joined
        return replace(claimed, said=said)


def _is_counted(due: DueAttempt) -> bool:
    """A notice that was not counted before: the one re-send of an unknown outcome says again what it said (A5)."""
    return due.kind is Kind.NOTICE and not due.extra and due.started_at is None


def _further(said: Said) -> Further:
    assert said.subject is not None
    return Further(said.ref, said.subject, said.about)
