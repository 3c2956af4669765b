"""What a member's report makes known of an incident: a new one's facts, and what it adds to one just opened."""

from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from alertnet.core.directory.contact_tree import Member, Team
from alertnet.core.inbound.sms_grammar import FieldVerb, Report
from alertnet.core.incident import IN_CUSTODY, TYPES, Affected, Certainty, Facts, Scope, Severity, narrowest

UNKNOWN_TYPE = "other"
NO_REPORTS = frozenset({*FieldVerb, "ON", "OFF"})
"""What stands on the record in place of a report where a text had none, and the PIN for duress."""
LATE_AFTER = timedelta(minutes=30)
"""A text that took longer from the network to us is marked: what it says may be over."""


def facts_of(report: Report, team: Team, member: Member, *, verified: bool, duress: bool) -> Facts:
    """The facts of a new incident; consent that the report does not give is the team's standing one."""
    return Facts(
        type=report.type or UNKNOWN_TYPE,
        severity=_severity(report, duress),
        country=team.country,
        consent=report.consent or team.consent,
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


def add_to(known: Facts, news: Facts, said: Scope | None) -> Facts:
    """The known facts with what a proven second report of the same phone adds.

    Severity only rises, consent (`said`, if any) only narrows, and what was known of type and place stays. What may be
    custody leaves the phone alone before anybody has decided that it is.
    """
    names = {person.code for person in known.people}
    return replace(
        known,
        type=news.type if known.type == UNKNOWN_TYPE else known.type,
        severity=min(known.severity, news.severity, key=lambda severity: severity.rank),
        consent=narrowest([known.consent, said]) if said else known.consent,
        people=known.people + tuple(person for person in news.people if person.code not in names),
        place=known.place or news.place,
        details="\n".join(text for text in (known.details, news.details) if text) or None,
        certainty=news.certainty,
        field_silent=known.field_silent or news.field_silent or news.type in IN_CUSTODY,
        duress=known.duress or news.duress,
    )


def as_grave_as(known: Facts, news: Facts) -> Facts:
    """The known facts, as grave as what a second report of the same phone says, and of its type if none was known."""
    added = add_to(known, news, None)
    return replace(known, type=added.type, severity=added.severity)


def heard_at_once(known: Facts, news: Facts, report: Report) -> Facts:
    """The known facts with what proven news adds that needs no decision: where, words, duress, narrower consent."""
    held = replace(add_to(known, news, report.consent), type=known.type, people=known.people)
    return held if news.duress else replace(held, severity=known.severity)


def news_of(known: Facts, news: Facts, report: Report) -> Facts:
    """The known facts as news has them that may change who is told: another type, what is graver of it, more people."""
    named = {person.code for person in known.people}
    type = report.type or known.type
    graver = min(known.severity, TYPES[type].severity, key=lambda severity: severity.rank)
    people = (*known.people, *(person for person in news.people if person.code not in named))
    return replace(known, type=type, severity=graver if report.type else known.severity, people=people)


def withdrawn(known: Facts, *, duress: bool) -> Facts:
    """The known facts once the team has asked to call it off; under duress it is critical, whatever the team says."""
    if not duress:
        return replace(known, withdrawn=True)
    return replace(known, withdrawn=True, severity=Severity.CRITICAL, field_silent=True, duress=True)


def understood(report: Report) -> tuple[str, ...]:
    """What the report was understood to say, as type names and codes alone: for the record."""
    return _codes(report, report.type)


class StandsFor(StrEnum):
    """What a code of a report is a code of."""

    PLACE = "place"
    PERSON = "person"
    CONSENT = "consent"


def stands_for(code: str, people: Container[str] = ()) -> StandsFor | None:
    """What it is, of what `understood` names: known `people` whatever they are called; None of types and verbs."""
    if code in people:
        return StandsFor.PERSON
    letters = {"L": StandsFor.PLACE, "P": StandsFor.PERSON, "C": StandsFor.CONSENT}
    return letters.get(code[0]) if code[1:].isdigit() else None


def reports_nothing(heard: Mapping[str, Any]) -> bool:
    """Whether what is on the record of a text, as `understood`, is what it was for and nothing that it reported."""
    codes = heard.get("understood") or []
    return bool(codes) and not heard.get("text") and NO_REPORTS.issuperset(codes)


def echoed(report: Report) -> tuple[str, ...]:
    """The same for a phone that may be searched: codes as they are typed, no type's name."""
    return _codes(report, str(TYPES[report.type].number) if report.type else None)


def _codes(report: Report, type: str | None) -> tuple[str, ...]:
    consent = f"C{report.consent.rank}" if report.consent else None
    first = type or ("SOS" if report.panic else None)
    return tuple(each for each in (first, report.place, *report.people, consent) if each)


def _severity(report: Report, duress: bool) -> Severity:
    """The severity: the type's own, critical for a cry for help."""
    return Severity.CRITICAL if report.panic or duress else TYPES[report.type or UNKNOWN_TYPE].severity
