"""The facts that a member's report gives: those of a new incident, and what it adds to one just opened."""

from collections.abc import Container, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from alertnet.core.codec import replace
from alertnet.core.directory.contact_tree import Member, Team
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.sms_grammar import Report
from alertnet.core.inbound.sms_words import words_of
from alertnet.core.inbound.type_names import type_in
from alertnet.core.incident import IN_CUSTODY, TYPES, Affected, Certainty, Facts, Scope, Severity, gravest, narrowest

UNKNOWN_TYPE = "other"
UNREAD = "?"
"""What stands in a reply in place of a type's number where none was read."""
NO_REPORTS = frozenset({*FieldVerb, "ON", "OFF"})
"""What is recorded instead of a report where a text contained none; and the PIN for duress."""
LATE_AFTER = timedelta(minutes=30)
"""A text that took longer to reach us is marked, since its content may be out of date."""


def facts_of(report: Report, team: Team, member: Member, *, verified: bool, duress: bool) -> Facts:
    """The facts of a new incident; consent that the report does not give is the team's standing consent."""
    return Facts(
        type=report.type or UNKNOWN_TYPE,
        severity=severity_of(report, duress=duress),
        country=team.country,
        consent=consent_within(report, team.consent),
        people=tuple(Affected(code) for code in report.people),
        verified=verified,
        certainty=Certainty.OBSERVED if verified else Certainty.UNVERIFIED,
        place=report.place,
        details=report.text,
        raised_from=member.phone,
        team=team.id,
        field_language=member.language,
        field_timezone=team.timezone,
        field_callback=team.callback,
        field_silent=member.silent or duress,
        duress=duress,
    )


def consent_within(report: Report, standing: Scope) -> Scope:
    """The consent that counts where the standing one does for reports that give none."""
    given = report.consent or standing
    return narrowest([given, report.at_most or given])


def add_to(known: Facts, news: Facts, said: Scope | None) -> Facts:
    """The known facts with what a proven second report of the same phone adds.

    Severity only rises, consent (`said`, if given) only narrows, and a known type and place stay. If it may be custody,
    the phone is left alone before anybody has decided that it is.
    """
    names = {person.code for person in known.people}
    return replace(
        known,
        type=news.type if known.type == UNKNOWN_TYPE else known.type,
        severity=gravest(known.severity, news.severity),
        consent=narrowest([known.consent, said]) if said else known.consent,
        people=known.people + tuple(person for person in news.people if person.code not in names),
        place=known.place or news.place,
        details="\n".join(text for text in (known.details, news.details) if text) or None,
        certainty=news.certainty,
        field_silent=known.field_silent or news.field_silent or news.type in IN_CUSTODY,
        duress=known.duress or news.duress,
    )


def as_grave_as(known: Facts, news: Facts) -> Facts:
    """The known facts as grave as a second report of the same phone, and of its type if none was known."""
    added = add_to(known, news, None)
    return replace(known, type=added.type, severity=added.severity)


def joined(known: Facts, news: Facts, report: Report, *, verifies: bool) -> Facts:
    """The known facts with what a proven report adds at once to an open incident.

    Of news to one that is believed, a coordinator decides what changes who is told (`news_of`). `verifies`: by this
    report it is believed.
    """
    is_news = report.verb is FieldVerb.UPDATE and known.verified
    heard = _heard_at_once(known, news, report) if is_news else add_to(known, news, report.narrowest)
    is_believed = verifies or (news.verified and known.verified)
    return replace(heard, certainty=news.certainty if is_believed else known.certainty)


def _heard_at_once(known: Facts, news: Facts, report: Report) -> Facts:
    """The known facts with what proven news adds without a decision: place, words, duress, narrower consent."""
    held = replace(add_to(known, news, report.narrowest), type=known.type, people=known.people)
    return held if news.duress else replace(held, severity=known.severity)


def news_of(known: Facts, news: Facts, report: Report) -> Facts:
    """The known facts with what in the news may change who is told: type, higher severity, more people.

    A milder type that is told in a sentence is for people to judge: who was beaten in an arrest is under arrest. So is
    a number beside words of another type, which may count them: 30 arrested.
    """
    added = add_to(known, news, None)
    severity = added.severity if report.type or report.cries else known.severity
    type = report.type or known.type
    is_milder = known.type != UNKNOWN_TYPE and TYPES[known.type].severity.rank < TYPES[type].severity.rank
    if is_milder and (report.is_type_told or type_in(words_of(report.text or ""), begins=0)[0] not in (None, type)):
        type = known.type
    return replace(known, type=type, severity=severity, people=added.people)


def withdrawn(known: Facts, *, duress: bool) -> Facts:
    """The known facts after the team asked to call it off; under duress it is critical, whatever the team says."""
    if not duress:
        return replace(known, withdrawn=True)
    return replace(known, withdrawn=True, severity=Severity.CRITICAL, field_silent=True, duress=True)


def understood(report: Report) -> tuple[str, ...]:
    """What was understood of the report, for the record: type names and codes only."""
    return _codes(report, report.type)


class StandsFor(StrEnum):
    """What a code in a report stands for."""

    PLACE = "place"
    PERSON = "person"
    CONSENT = "consent"


def stands_for(code: str, people: Container[str]) -> StandsFor | None:
    """What a code from `understood` stands for; known `people` may have any form. None for types and verbs."""
    if code in people:
        return StandsFor.PERSON
    letters = {"L": StandsFor.PLACE, "P": StandsFor.PERSON, "C": StandsFor.CONSENT}
    return letters.get(code[0]) if code[1:].isdecimal() else None


def reports_nothing(heard: Mapping[str, Any]) -> bool:
    """Whether the stored `understood` of a text contains only its purpose and nothing that it reported."""
    codes = heard.get("understood") or []
    return bool(codes) and not heard.get("text") and NO_REPORTS.issuperset(codes)


def echoed(report: Report) -> tuple[str, ...]:
    """What was understood, for a phone that may be searched: codes as typed, without the type's name.

    An alarm whose type nobody could read says `?`: who has told it in words would not miss its number.
    """
    number = str(TYPES[report.type].number) if report.type else None
    is_untold = report.verb is FieldVerb.RAISE and not report.panic
    return _codes(report, number or (UNREAD if is_untold else None))


def _codes(report: Report, type: str | None) -> tuple[str, ...]:
    consent = f"C{report.narrowest.rank}" if report.narrowest else None
    first = type or ("SOS" if report.panic else None)
    return tuple(each for each in (first, report.place, *report.people, consent) if each)


def severity_of(report: Report, *, duress: bool) -> Severity:
    """The severity: that of the type; critical for a cry for help, also one among news, or duress."""
    return Severity.CRITICAL if report.panic or report.cries or duress else TYPES[report.type or UNKNOWN_TYPE].severity
