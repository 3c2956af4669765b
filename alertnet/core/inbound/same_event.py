"""Whether two field reports may be about one event, and the facts after they are merged (A12).

Two teams may see the same arrest from two sides: same country, about the same place and time, and types that fit
together. A coordinator is told, and decides.
"""

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import timedelta
from functools import reduce

from alertnet.core.incident import TYPES, Affected, Certainty, Facts, Perpetrator, Scope, consent_of, gravest, narrowest

WITHIN = timedelta(minutes=30)
"""Reports of one event come within this time of each other."""

_ON_THE_SPOT = frozenset(range(10, 30)) | frozenset(range(40, 50)) | {70}
"""Types of events at one place, by number: force, custody, raids, presence, crowds, accidents."""
_ANY = TYPES["other"].number
_PLACE = re.compile(r"L(\d{1,3})\b")


def may_be_same(one: Facts, other: Facts, apart: timedelta) -> bool:
    """Whether reports of two phones, that far apart in time, may be about one event.

    Unknown facts don't rule it out.
    """
    return (
        abs(apart) <= WITHIN
        and one.country == other.country
        and one.drill == other.drill
        and one.raised_from != other.raised_from
        and _go_together(one, other)
        and _are_near(one.place, other.place)
    )


def _go_together(one: Facts, other: Facts) -> bool:
    first, second = TYPES[one.type].number, TYPES[other.type].number
    if _ANY in (first, second):
        return True
    return {first, second} <= _ON_THE_SPOT or first // 10 == second // 10


def _are_near(one: str | None, other: str | None) -> bool:
    """Whether two places may be near: codes are numbered by area, so L12 is next to L13, but not to L40."""
    first, second = (_PLACE.match(place) if place else None for place in (one, other))
    if first is None or second is None:
        return one is None or other is None or one == other
    return int(first[1]) // 10 == int(second[1]) // 10 or abs(int(first[1]) - int(second[1])) == 1


def as_one(own: Facts, others: Iterable[Facts]) -> Facts:
    """The joint facts of several reports of one event: higher severity, narrower consent, all people named in any.

    A fact that only one report can decide, such as the type, is taken from `own`.
    """
    return reduce(_joined, others, own)


def apart(own: Facts, joined: Facts, now: Facts) -> Facts:
    """The report's own facts, with everything that has changed since it was merged with others."""
    changed = {each.name for each in fields(Facts) if getattr(now, each.name) != getattr(joined, each.name)}
    if _is_coerced(joined, now):
        changed.add("severity")
    return replace(own, **{name: getattr(now, name) for name in changed})


def informed(own: Facts, joined: Facts, now: Facts) -> Facts:
    """The facts of one report with those changes since the merge that are graver, narrower or spare somebody.

    No one is told because of it who would not have been.
    """
    known = {person.code: person for person in joined.people}
    news = {person.code: person for person in now.people if person != known.get(person.code)}
    named = {person.code for person in own.people}
    involved = [person for code, person in news.items() if person.contact and code not in named]
    said = [now.consent] if now.consent is not joined.consent else []
    said += [person.consent for person in news.values() if person.consent]
    accused = {now.perpetrator, *now.also_accused} - {joined.perpetrator, *joined.also_accused}
    is_graver = _is_coerced(joined, now) or now.severity.rank < joined.severity.rank
    fell_silent = any(
        getattr(now, mark) and not getattr(joined, mark) for mark in ("leaves_phone_alone", "field_silent")
    )
    return replace(
        own,
        severity=gravest(own.severity, now.severity) if is_graver else own.severity,
        consent=narrowest([own.consent, *said]),
        people=(*(_both(each, news.get(each.code, each)) for each in own.people), *involved),
        exclude=tuple(dict.fromkeys((*own.exclude, *(each for each in now.exclude if each not in joined.exclude)))),
        also_accused=tuple(sorted({*own.also_accused, *(accused - {Perpetrator.UNKNOWN, Perpetrator.NONE})})),
        withdrawn=own.withdrawn or (now.withdrawn and not joined.withdrawn),
        duress=own.duress or _is_coerced(joined, now),
        field_silent=own.field_silent or fell_silent or now.withdrawn or now.duress,
    )


def no_wider(facts: Facts, now: Facts) -> Facts:
    """The facts with consent no wider than holds now, for the incident and its people."""
    held, narrow = consent_of(now), replace(facts, consent=narrowest([facts.consent, now.consent]))
    return narrow if held.allows(consent_of(narrow)) else replace(narrow, consent=held)


def _is_coerced(joined: Facts, now: Facts) -> bool:
    """Whether the team has come under duress since; then the present severity counts."""
    return now.duress and not joined.duress


def _joined(own: Facts, other: Facts) -> Facts:
    is_vague = own.perpetrator in (Perpetrator.UNKNOWN, Perpetrator.NONE)
    first, second = (other, own) if is_vague else (own, other)
    accused = {second.perpetrator, *own.also_accused, *other.also_accused} - {Perpetrator.UNKNOWN, Perpetrator.NONE}
    times = [facts.occurred_at for facts in (own, other) if facts.occurred_at]
    return replace(
        own,
        type=other.type if TYPES[own.type].number == _ANY else own.type,
        severity=gravest(own.severity, other.severity),
        consent=narrowest([own.consent, other.consent]),
        people=_everybody(own.people, other.people),
        perpetrator=first.perpetrator,
        also_accused=tuple(sorted(accused - {first.perpetrator})),
        exclude=tuple(dict.fromkeys((*own.exclude, *other.exclude))),
        verified=own.verified or other.verified,
        certainty=min(own.certainty, other.certainty, key=list(Certainty).index),
        occurred_at=min(times, default=None),
        place=own.place or other.place,
        summary=own.summary or other.summary,
        details="\n".join(filter(None, (own.details, other.details))) or None,
        ask=own.ask or other.ask,
        also_from=tuple(dict.fromkeys((*own.also_from, *filter(None, (other.raised_from,)), *other.also_from))),
        withdrawn=own.withdrawn or other.withdrawn,
        duress=own.duress or other.duress,
    )


def _everybody(own: Iterable[Affected], others: Iterable[Affected]) -> tuple[Affected, ...]:
    """All people of both; for one whom both name the narrower consent holds."""
    known = {person.code: person for person in own}
    for person in others:
        known[person.code] = _both(known[person.code], person) if person.code in known else person
    return tuple(known.values())


def _both(own: Affected, other: Affected) -> Affected:
    consents: list[Scope] = [person.consent for person in (own, other) if person.consent]
    return replace(
        own,
        nationality=own.nationality or other.nationality,
        contact=own.contact or other.contact,
        consent=narrowest(consents) if consents else None,
        exclude=tuple(dict.fromkeys((*own.exclude, *other.exclude))),
    )
