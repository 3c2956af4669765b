"""After a restored backup: what would be done a second time is held, looked up, and reported (A5, A12, B7)."""

from collections.abc import Sequence
from datetime import datetime

from alertnet.core.delivery.provider_routes import PROVIDERS, Route
from alertnet.core.directory.contact import WRITTEN
from alertnet.core.disclosure import NoRef, Subject
from alertnet.core.notification import AttemptStatus, Kind, PromptKind
from alertnet.flows.notifications.prompts import open_prompts, raise_prompt
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.sending.locked_attempt import lock_attempt
from alertnet.flows.system.lost_incidents import LostIncidents
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats, inbound_polls, last_activity
from alertnet.store.monitoring.last_activity import Declaration
from alertnet.store.records import timeline
from alertnet.store.records.editions import Edition

CODE = "restored"

MOST_NAMED = 10
"""The most lost incidents for which a message of its own says who was told."""


def hold_back(tx: Tx, taken_at: datetime | None, by: str, inbound_routes: Sequence[Route]) -> Declaration:
    """Keep old messages from leaving at once, and record that, unless it was already done.

    `taken_at` None: as was said before, else the newest moment in the database. `inbound_routes`: those by which texts
    and calls may have come in since, to be looked for.
    """
    declared = last_activity.declared(tx.session, taken_at)
    if declared is None or taken_at not in (None, declared.taken_at):
        declared = _declare(tx, taken_at or last_activity.newest(tx.session) or tx.now, by)
    if declared.is_over:
        return declared
    last_activity.hold_queues(tx, tx.now + heartbeats.HELD_FOR, sends_from_before=declared.at)
    inbound_polls.rewind(tx, inbound_routes, declared.taken_at)
    return declared


def mark_unknown(tx: Tx, attempt_id: str, taken_at: datetime) -> None:
    """Mark an attempt that was queued in the backup and has probably left since: the provider is asked first (A5).

    If a clock that was ahead has queued it, it is looked for since the backup was taken.
    """
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None or attempt.status is not AttemptStatus.QUEUED:
        return
    queued_at, turned_away_by = attempt.found.created_at, attempt.found.provider
    # It went to another then, from whatever number.
    other = next((each for each in PROVIDERS if each != turned_away_by), None) if turned_away_by else None
    attempt.change(started_at=queued_at if queued_at <= tx.now else taken_at, provider=other, sender=None)
    attempt.unsure(CODE)
    attempt.finish()


def alarm_about(tx: Tx, incident_id: str, taken_at: datetime) -> None:
    """Alarm the coordinators of an incident that goes on: answers by call, page or API can't be fetched again."""
    locked = take_up(tx, incident_id)
    if all(prompt.subject != Subject.RESTORED.value for prompt in open_prompts(locked)):
        raise_prompt(locked, PromptKind.ALARM, Subject.RESTORED, about=_moment(taken_at))
    locked.finish()


def tell_everybody(tx: Tx, edition: Edition, taken_at: datetime, told: LostIncidents) -> None:
    """Tell all coordinators that incidents raised since the backup are lost. This is the last step, done once.

    `told`: those named by the provider's records; of each it is said who had been told.
    """
    declared = last_activity.declared(tx.session)
    if declared is None or declared.is_over:
        return
    trees, subject = tuple(edition.network.trees.values()), Subject.LOST_REPORTS if told else Subject.RESTORED
    tell_coordinators(tx, trees, Announcement(Kind.ALARM, subject, NoRef.BACKUP, _moment(taken_at), tuple(told)))
    for ref in list(told)[:MOST_NAMED]:
        named = Announcement(Kind.ALARM, Subject.LOST_INCIDENT, ref, names=tuple(told[ref]))
        # What has just rung says that there are some.
        tell_coordinators(tx, trees, named, by=WRITTEN)
    lost = {ref: list(names) for ref, names in told.items()}
    timeline.note(tx, last_activity.MADE_KNOWN, taken_at=taken_at.isoformat(), lost=lost)


def _declare(tx: Tx, taken_at: datetime, by: str) -> Declaration:
    queued = len(last_activity.queued(tx, before=tx.now))
    timeline.note(tx, last_activity.RESTORED, taken_at=taken_at.isoformat(), queued=queued, by=by)
    heartbeats.note(tx, heartbeats.RESTORED)
    return Declaration(taken_at, tx.now, queued, is_over=False)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
