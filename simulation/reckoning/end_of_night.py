"""Checks at the end of a night, when all that went wrong is over (A1, A2, A5, A6, A10-A12)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, literal_column, select

from alertnet.core.codec import from_plain
from alertnet.core.delivery.provider_routes import SECOND
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.quorum import RECEIVED
from alertnet.core.inbound.auto_replies import AT_ONCE
from alertnet.core.incident import Facts
from alertnet.store.records.credentials.number_tests import WRONG
from alertnet.store.tables import (
    ACTING,
    acknowledgements,
    attempts,
    escalations,
    inbound,
    incidents,
    notifications,
    number_tests,
    timeline,
)
from alertnet.store.views.pauses import PAUSED
from simulation.desk.abroad import check_abroad
from simulation.desk.awaited import check_awaited
from simulation.mails.writers import check_mails
from simulation.night import Night
from simulation.outside.call import AFTER_THE_CODE
from simulation.outside.caller import check_calls_back, check_recordings
from simulation.outside.code_guesser import check_code_guesses
from simulation.outside.field import check_journeys, check_members
from simulation.outside.heartbeat import check_silence
from simulation.outside.office import check_office
from simulation.outside.people import A_TEST, IN_WORDS, PROBE, SOS
from simulation.outside.pin_guesser import check_guesses
from simulation.reckoning.clock import check_set_right
from simulation.reckoning.held import check_confirmed, check_held
from simulation.reckoning.pressed import check_pressed
from simulation.reckoning.punctuality import check_openings, check_punctuality
from simulation.world.cast import FIELD_PHONE, STRANGERS_PHONE, TRAVELLERS_PHONE
from simulation.world.expected_consent import why_barred
from simulation.world.story import Found

ASKED_TWICE = timedelta(seconds=75)
"""After this, an outcome that two questions did not find may be sent once more."""
MOST_ALIKE, LATELY = 4, timedelta(minutes=10)
"""So many times may a person write the same within that time; what comes once more gets no reply (B9)."""
_IN_CUSTODY = frozenset({"arrest", "abduction", "disappearance", "missed_check_in"})
"""Where it was opened as one of these somebody else may hold the phone, which hears nothing late (B4)."""

_TRIED: Select[Any] = (
    select(number_tests.c.contact, number_tests.c.method, number_tests.c.via, notifications.c.address)
    .join(notifications, notifications.c.id == number_tests.c.notification_id)
    .where(number_tests.c.via.not_in([WRONG]))
)
_HISTORY: Select[Any] = select(
    timeline.c.chain, timeline.c.at, timeline.c.kind, timeline.c.payload, literal_column("rowid").label("written")
).order_by(timeline.c.chain, timeline.c.seq)
"""Each chain in its order; `written`: which entry of all chains each was."""
_ATTEMPTS: Select[Any] = (
    select(attempts, notifications.c.contact)
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .order_by(attempts.c.notification_id, attempts.c.extra, attempts.c.created_at)
)
_ACTS = incidents.alias("acts")
_OF_CLOSED: Select[Any] = (
    select(_ACTS.c.ref, notifications.c.kind, notifications.c.contact, notifications.c.address, attempts.c.status)
    .join(incidents, _ACTS.c.id == ACTING)
    .join(notifications, notifications.c.incident_id == incidents.c.id)
    .join(attempts, attempts.c.notification_id == notifications.c.id)
    .where(_ACTS.c.status == "closed")
    .where(notifications.c.method != "call")
)
_REPLIES: Select[Any] = select(
    notifications.c.address, notifications.c.kind, notifications.c.said, notifications.c.incident_id
).where(notifications.c.kind.in_(["not_understood", "receipt"]), notifications.c.method == "sms")
"""What answers a text that was heard late; any other is answered as it comes."""
_HOLDING: Select[Any] = (
    select(ACTING.label("acts"))
    .select_from(acknowledgements)
    .join(incidents, incidents.c.id == acknowledgements.c.incident_id)
    .where(acknowledgements.c.revoked_at.is_(None), acknowledgements.c.kind == "acknowledged")
)
_RESTING: Select[Any] = (
    select(incidents.c.id, incidents.c.ref, escalations.c.tree)
    .join(escalations, escalations.c.incident_id == incidents.c.id)
    .where(incidents.c.status == "open", escalations.c.status == "acknowledged")
)
_FORGOTTEN: Select[Any] = select(escalations.c.tree, escalations.c.status).where(
    escalations.c.status.not_in(["acknowledged", "stopped"]), escalations.c.due_at.is_(None)
)


def reckon(night: Night) -> None:
    """Check everything that is on record."""
    world = night.world
    history = reckon_incidents(night)
    if world.mischief_was.steps:
        for promise, how in check_set_right(world):
            world.story.breaks_promise(promise, how)
        return
    of_the_field = (
        *(check_journeys(world, history) if night.traveller.travels else ()),
        *check_awaited(world, night.awaited),
        *check_abroad(world, night.abroad, history),
        *check_members(world, night.members, history),
        *check_recordings(world, night.caller),
        *check_calls_back(world, night.calls_back),
    )
    pages_and_mails = (*check_pressed(night, history), *check_mails(world, night.writers, history))
    of_the_desk = (*pages_and_mails, *check_office(world))
    for promise, how in (*check_guesses(world), *check_code_guesses(world), *of_the_field, *of_the_desk):
        night.world.story.breaks_promise(promise, how)
    check_punctuality(night, history)
    check_openings(night, history)
    check_silence(night.world, night.watch, night.outside.heartbeats)


def reckon_incidents(night: Night) -> Sequence[Row[Any]]:
    """Check what is on record of incidents and messages; gives all that has happened by each chain."""
    history = night.world.database.rows(_HISTORY)
    checks = (_once, _remembered, _settled, _gone_over, _final, _proven, _grounded, _tried)
    texts = (_heard, _heard_once, _replied, _left_in_peace, _to_be_read, _stood_down)
    for check in (*checks, check_held, check_confirmed, *texts, _chained):
        for promise, how in check(night, history):
            night.world.story.breaks_promise(promise, how)
    return history


def _once(night: Night, _: Sequence[Row[Any]]) -> Found:
    """A1: what was accepted is there, and the same request has one effect and one answer."""
    answers: dict[str, Any] = {}
    for accepted in night.coordinators.accepted:
        if answers.setdefault(accepted.key, accepted.answer) != accepted.answer:
            yield "A1", f"the same request ({accepted.key}) was answered in two ways"
    there = set(night.world.database.column(select(incidents.c.ref)))
    for ref in night.world.opened:
        if ref not in there:
            yield "A1", f"{ref} was accepted, and is lost"
    count = sum(not facts.get("lone_text") for facts in night.world.database.column(select(incidents.c.facts)))
    field = (night.traveller, night.members, night.caller, night.reporter, night.awaited, night.abroad)
    most = sum(each.reports for each in (*field, night.people, night.coordinators, night.office, night.visitors))
    if count > most:
        yield "A1", f"{count} incidents came of {most} reports"


def _remembered(night: Night, history: Sequence[Row[Any]]) -> Found:
    """A2, A11: nothing is forgotten, and no row had to be put aside."""
    for row in night.world.database.rows(_FORGOTTEN):
        yield "A2", f"the {row.status} escalation of {row.tree} has no due time"
    for row in history:
        if row.kind == "put_off":
            yield "A11", f"a row of {row.payload['queue']} was put off: {row.payload['fault']}"


def _settled(night: Night, _: Sequence[Row[Any]]) -> Found:
    """A5: nothing is stuck; one extra for an unknown outcome, after the provider had time to report it."""
    long_ago = night.world.time.now - timedelta(seconds=110)
    slack = night.world.mischief.slack(2)
    rows = night.world.database.rows(_ATTEMPTS)
    # One call after another goes to a number; the others wait for its line.
    calls = night.provider.calls.values()
    rings = {each.message.outgoing.attempt for each in calls if each.ended_at is None or each.ended_at > long_ago}
    in_use = {row.address_index for row in rows if row.id in rings or _is_call_since(row, long_ago)}
    for notification, group in groupby(rows, key=lambda row: row.notification_id):
        tries = list(group)
        for row in tries:
            is_in_line = row.method == "call" and row.status == "queued" and row.address_index in in_use
            is_waiting = row.status in ("queued", "unknown") and not (night.world.mischief.rate or is_in_line)
            if is_waiting and row.due_at is not None and row.due_at < long_ago:
                yield "A5", f"{row.method} {row.id[:4]} to {row.contact} is {row.status}, due since {row.due_at}"
        # What a close held back is queued again on reopening.
        made = [row for row in tries if not _never_left(row)]
        planned, extras = [row for row in made if not row.extra], [row for row in made if row.extra]
        # An attempt whose receipt comes late after all is no longer among these.
        unknown = [row for row in planned if row.failure == "outcome_unknown"]
        # A call that rang out is placed again at once, without any doubt about the first.
        if len(planned) > 1 + _rang_out(planned) or len(extras) > len(planned) + _rang_out(extras):
            yield "A5", f"{len(tries)} messages were made of one to {tries[0].contact} ({notification[:4]})"
        for row, doubt in zip(extras, unknown, strict=False) if not night.world.mischief_was.steps else ():
            waited = (row.created_at - doubt.started_at).total_seconds()
            if waited < (ASKED_TWICE - slack).total_seconds():
                yield "A5", f"{row.method} {row.id[:4]} to {row.contact} is sent once more after only {waited:.0f} s"


def _gone_over(night: Night, history: Sequence[Row[Any]]) -> Found:
    """A11: what one provider refuses goes by the other at once, where that one was well all night."""
    away = (row.payload for row in history if row.kind in ("provider_away", PAUSED))
    ill = {(each["method"], each["provider"]) for each in away}
    ill |= {route for route, _, _ in night.world.mischief_was.provider}
    well = {method for method, provider in night.world.routes if provider == SECOND and (method, provider) not in ill}
    for row in history:
        if row.kind != "attempt_delayed" or row.payload["error"] == "withheld":
            # The database did not answer whether it may still leave, so no provider was asked.
            continue
        # The pace of the second one may hold it back.
        if row.payload["method"] in well and not night.world.mischief.rate:
            what = f"{row.payload['method']} {row.payload['attempt'][:4]} to {row.payload['contact']}"
            yield "A11", f"{what} waits ({row.payload['error']}), though the second provider was well all night"


def _is_call_since(row: Row[Any], moment: datetime) -> bool:
    return bool(row.method == "call" and row.started_at is not None and row.started_at > moment)


def _stood_down(night: Night, _: Sequence[Row[Any]]) -> Found:
    """A12: everybody told of an incident that is closed was told that it is over."""
    told: dict[str, dict[str, set[str]]] = {}
    over: dict[str, set[str]] = {}
    for row in night.world.database.rows(_OF_CLOSED):
        if row.kind in ("stand_down", "correction"):
            over.setdefault(row.ref, set()).update((row.contact, row.address))
        elif row.address == night.world.recycled:
            continue
        elif row.kind in ("alert", "reminder") and row.status in ("sent", "delivered"):
            told.setdefault(row.ref, {}).setdefault(row.contact, set()).update((row.contact, row.address))
    for ref, contacts in told.items():
        # A contact that has left the trees is named after another with the same number.
        for contact in sorted(contacts) if ref not in night.world.asked.re_resolved else ():
            # A number that several share gets it once, under the name of one of them.
            if contacts[contact].isdisjoint(over.get(ref, set())):
                yield "A12", f"{contact} was told of {ref}, and not that it is over"


def _never_left(row: Row[Any]) -> bool:
    return bool(row.status == "cancelled" and row.provider_id is None and row.failure is None)


def _rang_out(calls: Sequence[Row[Any]]) -> int:
    return sum(row.failure == "no_answer" for row in calls)


def _final(_: Night, history: Sequence[Row[Any]]) -> Found:
    """A5: what was delivered or given up stays so, whatever result comes later."""
    ended: dict[str, str] = {}
    # What a merge has taken over goes on in another chain.
    for row in sorted(history, key=lambda row: row.written):
        attempt = row.payload.get("attempt") if row.kind.startswith("attempt_") else None
        if attempt is None:
            continue
        news, before = row.kind.removeprefix("attempt_"), ended.get(attempt)
        # What was keyed before the call ended may reach us after its end.
        is_a_strangers = (before, row.payload.get("failure")) == ("failed", "wrong_person")
        if before is not None and news not in _AFTER[before] and not is_a_strangers:
            what = f"{row.payload.get('method')} {attempt[:4]} to {row.payload.get('contact')}"
            yield "A5", f"{what} was {before}, and then {news.replace('_', ' ')} by somebody without its lease"
        if news in _AFTER:
            ended[attempt] = news
        elif news == "sent":
            # It had left before it was cancelled, and counts like any other.
            ended.pop(attempt, None)


_AFTER = {
    "delivered": frozenset({"delivered"}),
    "failed": frozenset({"delivered", "sent_again"}),
    "cancelled": frozenset({"sent", "delivered", "sent_again"}),
}
"""What may still happen to an attempt that has ended."""


def _tried(night: Night, _: Sequence[Row[Any]]) -> Found:
    """A6: a number counts as tested only where its owner has shown so."""
    for row in night.world.database.rows(_TRIED):
        how = "call" if row.via == "call" else A_TEST
        if not row.address and night.world.asked.erased:
            continue
        if (how, row.address) not in night.people.proven:
            yield "A6", f"the {row.method} of {row.contact} counts as tried by {row.via}, and nobody there has said so"


def _proven(night: Night, _: Sequence[Row[Any]]) -> Found:
    """A6: only proof acknowledges."""
    for row in night.world.database.rows(select(acknowledgements)):
        whence = f"{row.tree}/{row.contact}" if row.via == "vouched" else row.address
        if whence is None and night.world.asked.erased:
            continue
        is_said_in_call = row.via == "call" and row.kind != RECEIVED
        if (AFTER_THE_CODE if is_said_in_call else row.via, whence) not in night.people.proven:
            yield "A6", f"{row.contact} has {row.kind} by {row.via}, and never gave a proof"


def _grounded(night: Night, _: Sequence[Row[Any]]) -> Found:
    """A2, A6: whatever rests, rests on a valid answer; one that was revoked stops nothing."""
    holding = {row.acts for row in night.world.database.rows(_HOLDING)}
    for row in night.world.database.rows(_RESTING):
        if row.id not in holding:
            yield "A6", f"{row.tree} of {row.ref} is acknowledged, and no answer holds that anybody gave"


def _heard(night: Night, _: Sequence[Row[Any]]) -> Found:
    """A12: what was sent before the calm is received, in whatever way."""
    texts = {row.provider_id: row for row in night.world.database.rows(select(inbound))}
    for id, text in night.world.texts.items():
        what = f"{night.world.name_of(text.sender)} wrote {text.text!r} at {text.at:%H:%M:%S}"
        if id not in texts and text.at < night.world.calm_since - night.world.time.put_on:
            yield "A12", f"{what}, and nobody here has heard it"
        elif id in texts and not texts[id].known and text.sender != STRANGERS_PHONE:
            yield "A12", f"{what}, and it was put by as a stranger's"


def _heard_once(night: Night, history: Sequence[Row[Any]]) -> Found:
    """A1: a text has its effect once, however often it comes."""
    came = Counter(night.world.database.column(select(inbound.c.body)))
    own = [row for row in history if row.kind == "sms_received" and "came_to" not in row.payload]
    effects = Counter((row.chain, row.payload.get("contact"), row.payload["text"]) for row in own)
    for (_, contact, text), times in effects.items():
        # What a PIN stood in is on record with dots.
        if 0 < came[text] < times:
            yield "A1", f"{text!r} from {contact} came {came[text]} times, and is {times} times in one history"


def _replied(night: Night, history: Sequence[Row[Any]]) -> Found:
    """A12: nobody gets two replies to one text, and whoever called for help or asked something gets one."""
    # What becomes of a number's codes is told to all phones of its owner, whoever tried them.
    told = [row for row in night.world.database.rows(_REPLIES) if row.said.get("subject") != Subject.WRONG_CODES.value]
    gone = {"", *night.world.asked.erased}
    by_sms = [(row.address, row.kind) for row in told if row.address not in gone]
    texts = night.world.database.rows(select(inbound))
    unanswered = [row for row in texts if row.reply is None]
    silent = Counter(row.sender for row in unanswered)
    for address, count in Counter(address for address, kind in by_sms if kind == "not_understood").items():
        if count > silent[address]:
            yield "A12", f"{night.world.name_of(address)} has more replies than were texts without one"
    replies = Counter(address for address, _ in by_sms)
    # Even a reply would tell something to somebody whom the incident may not reach.
    facts = [from_plain(Facts, plain) for plain in night.world.database.column(select(incidents.c.facts))]
    # Somebody who writes the same again right after our reply, or over and over, is no person.
    automatic = {row.provider_id for row in texts if _is_echo(row, texts)} | _repeated(texts)
    in_words = [row for row in unanswered if row.body in (SOS, PROBE, IN_WORDS)]
    silenced = _heard_in_custody(history)
    kept = [row for row in in_words if row.sender not in gone]
    may_be_heard = [row for row in kept if (row.sender, row.received_at.isoformat()) not in silenced]
    asked = [row for row in may_be_heard if row.provider_id not in automatic]
    for sender, owed in Counter(row.sender for row in asked).items():
        is_barred = any(why_barred(each, night.world.network.trees.values(), sender) for each in facts)
        if owed > replies[sender] and not is_barred:
            yield "A12", f"{night.world.name_of(sender)} wrote in plain words, and was never answered"


def _left_in_peace(night: Night, history: Sequence[Row[Any]]) -> Found:
    """B4: what is heard late of a phone that somebody else may hold gets no reply."""
    in_custody = _opened_in_custody(history)
    for row in night.world.database.rows(_REPLIES):
        if row.address in (FIELD_PHONE, TRAVELLERS_PHONE) and row.incident_id in in_custody:
            yield "B4", f"{night.world.name_of(row.address)} has a late reply, and somebody else may hold that phone"


def _heard_in_custody(history: Sequence[Row[Any]]) -> set[tuple[str, str]]:
    """Which texts of the field were heard late where, by what they joined, somebody else may hold the phone."""
    in_custody = _opened_in_custody(history)
    late = [row for row in history if row.kind in ("report_received", "sms_received") and "heard_at" in row.payload]
    return {(FIELD_PHONE, row.payload["heard_at"]) for row in late if row.chain in in_custody}


def _opened_in_custody(history: Sequence[Row[Any]]) -> set[str]:
    return {row.chain for row in history if row.kind == "incident_opened" and row.payload["type"] in _IN_CUSTODY}


def _is_echo(text: Row[Any], texts: Sequence[Row[Any]]) -> bool:
    same = [each for each in texts if (each.sender, each.body) == (text.sender, text.body) and each.reply is not None]
    return any(timedelta() < text.received_at - each.received_at <= AT_ONCE for each in same)


def _repeated(texts: Sequence[Row[Any]]) -> set[str]:
    """The texts of which the same number had sent as many within minutes as a person may."""
    repeated: set[str] = set()
    by_words = sorted(texts, key=lambda row: (row.sender, row.body, row.received_at))
    for _, group in groupby(by_words, key=lambda row: (row.sender, row.body)):
        same = list(group)
        later = zip(same, same[MOST_ALIKE:], strict=False)
        repeated.update(row.provider_id for first, row in later if row.received_at - first.received_at <= LATELY)
    return repeated


def _to_be_read(night: Night, history: Sequence[Row[Any]]) -> Found:
    """A12: what the field writes in its own words is on record where coordinators were alarmed."""
    written = [row for row in night.world.database.rows(select(inbound)) if row.known and row.body == IN_WORDS]
    texts = [row for row in history if row.kind == "sms_received" and row.payload["text"] == IN_WORDS]
    # What was joined to an incident, or came along with a merged report, rang where it came in.
    kept = [row.chain for row in texts if "came_to" not in row.payload]
    if len(kept) < len(written):
        yield "A12", f"of {len(written)} texts in which the field wrote something {len(kept)} are on the record"
    rung = {row.chain for row in history if row.kind == "alarm_raised"}
    for _ in set(kept) - rung:
        yield "A12", "the field wrote something, and no coordinator was alarmed"


def _chained(night: Night, _: Sequence[Row[Any]]) -> Found:
    """A10: the timeline verifies."""
    for fault in night.world.database.broken_chains():
        yield "A10", f"chain {fault.chain} at {fault.seq}: {fault.why}"
