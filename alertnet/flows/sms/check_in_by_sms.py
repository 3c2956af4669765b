"""Check-ins by SMS: the PIN decides what counts; the reply says what was understood and what is expected next (B4).

After a duress PIN the reply is, byte for byte, that to a true one; but those who were told of an incident get no news
of it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from alertnet.core.disclosure import Subject
from alertnet.core.inbound.contradictions import takes_back
from alertnet.core.inbound.field_report import echoed
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.on_the_road.check_in_text import (
    gaps_in,
    has_words,
    legs_in,
    names_day,
    names_type,
    says_more_than_times,
    says_only_well,
)
from alertnet.core.inbound.on_the_road.journey import LONGEST_DELAY, SHORT_DELAY, TYPED, Leg
from alertnet.core.inbound.sms_grammar import Report
from alertnet.core.notification import Kind
from alertnet.flows.credentials.pins import PinCheck
from alertnet.flows.journeys.check_in import CheckedIn, RoadNews, awaited_next, begin_journey, check_in
from alertnet.flows.journeys.routines import follow_members
from alertnet.flows.notifications.floods import may_reply
from alertnet.flows.sms.coerced_text import hear_duress
from alertnet.flows.sms.field_text import FieldText
from alertnet.flows.sms.unclear_sms import pass_on_from_member
from alertnet.store.records import incidents, timeline
from alertnet.store.records.inbound import Reply

NOTHING = CheckedIn(counts=False)


def receive_check_in(text: FieldText, report: Report) -> Reply | None:
    """Record a member's check-in. What does not count, and all words besides it, are passed on to people (A12)."""
    # Who was moved a moment ago is awaited under its earlier name until the watch looks again.
    follow_members(text.tx, text.edition.network)
    at, check = text.written_at, text.prove(report)
    duress = check is PinCheck.DURESS
    timeline.note(
        text.tx, "checked_in", by=text.sender.owner, said=report.verb.value, at=at.isoformat(), pin=check.value
    )
    heard = RoadNews(report.verb, at, report.pin if check else None, duress=duress)
    of_arrival, of_delay = report.verb is FieldVerb.ARRIVE, report.verb is FieldVerb.EXTEND
    is_off = report.verb is not FieldVerb.DEPART and takes_back(report.text, of_arrival=of_arrival, of_delay=of_delay)
    came_of_it = _act(text, report, heard) if check.suffices and not is_off else NOTHING
    if _is_unheard(text, came_of_it) or is_for_people(report):
        pass_on_from_member(text, Subject.NOT_UNDERSTOOD)
    if duress or report.cries:
        hear_duress(text, report)
    if not came_of_it.counts and not may_reply(text.tx, text.sms, is_answer=True)[0]:
        return None
    return _reply(text, report, came_of_it)


def is_for_people(report: Report) -> bool:
    """Whether a check-in says more than that all is well, codes, times and days; a type's number is for people, too."""
    if report.verb in (FieldVerb.DEPART, FieldVerb.EXTEND):
        return says_more_than_times(report.text)
    only_well = says_only_well(report.text, of_arrival=report.verb is FieldVerb.ARRIVE)
    return names_type(report.text) or (has_words(report.text) and not only_well)


def _is_unheard(text: FieldText, came: CheckedIn) -> bool:
    """Whether people have to read it, since it counted for nothing; once more all is well is news of an incident."""
    if came.counts or not came.is_again:
        return not came.counts
    return incidents.open_of_phone(text.tx, text.phone, held_by=text.sender.reports_for) is not None


def _act(text: FieldText, report: Report, heard: RoadNews) -> CheckedIn:
    tx, sender, sms, at = text.tx, text.sender, text.sms, text.written_at
    if report.verb is FieldVerb.DEPART and (legs := legs_in(sms.body, at, sender.words.timezone)):
        gaps = gaps_in(sms.body, at, sender.words.timezone, legs)
        return begin_journey(tx, sender, legs, gaps, heard, report)
    if report.verb is FieldVerb.ARRIVE and any(at < leg.expected_at for leg in _legs_said(text)):
        # Llegamos a las 19:00: they are on the road still.
        return NOTHING
    if report.verb is FieldVerb.EXTEND:
        delay = report.longer or _until(text)
        if delay is None or (report.longer and _is_unsure(text, report.longer)):
            return NOTHING
        heard = replace(heard, delay=delay)
    came = check_in(tx, sender, heard)
    # A departure gets here if its time was not understood: then the journey before is the one that is watched.
    return replace(came, counts=False) if report.verb is FieldVerb.DEPART else came


def _legs_said(text: FieldText) -> tuple[Leg, ...]:
    """The times in the text, by the clocks of where the sender is awaited."""
    ahead = awaited_next(text.tx, text.sender, text.written_at)
    return legs_in(text.sms.body, text.written_at, ahead.timezone if ahead else text.sender.words.timezone)


def _until(text: FieldText) -> datetime | None:
    """Until when the sender asks to be awaited; None where that is no time ahead, or too long a delay."""
    legs, latest = _legs_said(text), _counted_from(text) + LONGEST_DELAY
    return legs[0].expected_at if legs and text.written_at < legs[0].expected_at <= latest else None


def _is_unsure(text: FieldText, delay: timedelta) -> bool:
    """Whether a span is too long, or may be a time of day as well, as 16h beside a day is: then the sooner is meant."""
    if delay > LONGEST_DELAY or names_day(text.sms.body):
        return True
    until = _until(text) if delay > SHORT_DELAY else None
    return until is not None and until < _counted_from(text) + delay


def _counted_from(text: FieldText) -> datetime:
    """The moment from which a delay is counted: the plan, or now if that has passed."""
    ahead = awaited_next(text.tx, text.sender, text.written_at)
    return max(text.written_at, ahead.expected_at) if ahead else text.written_at


def _reply(text: FieldText, report: Report, came: CheckedIn) -> Reply | None:
    # Duress must change none of these words, since a bystander reads them.
    at, sender = text.written_at, text.sender
    if sender.member.silent:
        return None
    # A text that has to be sent otherwise is answered without names, and so by how to send it.
    is_understood = came.counts or came.is_needless
    words = replace(
        sender.words,
        at=at,
        names=(TYPED[report.verb], *_understood(report, came, sender.words.timezone)) if is_understood else (),
        subject=Subject.CHECKED_IN if came.counts else Subject.NOT_COUNTED,
        awaited=", ".join(leg.shown(at, home=sender.words.timezone) for leg in came.awaited) or None,
    )
    # Once an incident is open somebody else may hold the phone, so nothing is sent to it later.
    return text.reply(Kind.RECEIPT, words, at_once_only=came.is_late)


def _understood(report: Report, came: CheckedIn, zone: str) -> tuple[str, ...]:
    """Who is on the road, with which consent, and where there is no coverage, as codes."""
    with_it = echoed(replace(report, place=None)) if report.verb is FieldVerb.DEPART and came.counts else ()
    return (*with_it, *(gap.shown(zone) for gap in came.gaps))
