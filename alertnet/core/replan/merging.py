"""What a merge of two reports of one event adds to the facts and the escalations, and what a split takes away again.

The whole takes over what was decided for the part. What only the part brought along goes with it (B3).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import reduce

from alertnet.core.codec import replace
from alertnet.core.directory.contact_tree import Level
from alertnet.core.escalation.state import LAST_RESORT, Event, Go, Hold, Refuse, State, Status, Undecided, Unopened
from alertnet.core.incident import Affected, Certainty, Facts, Perpetrator, Scope, consent_of, gravest, narrowest
from alertnet.core.resolution.resolve import Plan


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


def taken_over(there: State, levels: Sequence[Level], here: State, plan: Plan) -> list[Event]:
    """The part's state in a tree as decisions on levels that the whole has not opened there: opened, held, refused.

    `levels`: of the part's tree, which may be another edition. None once somebody has taken charge, here or there.
    """
    if here.status is Status.ACKNOWLEDGED or there.stopped_from is Status.ACKNOWLEDGED:
        return []
    opened = {run.index for run in here.runs}
    places = {each.level.name: each.index for each in plan.levels if each.contacts and each.index not in opened}
    decided: list[Event] = []
    # A go ends what is on hold, so it comes before what was held.
    for event, indexes in (
        (Go, [run.index for run in there.runs if run.index not in there.refused]),
        (Hold, there.held),
        (Refuse, there.refused),
    ):
        names = (levels[index].name for index in indexes if index != LAST_RESORT)
        decided += [event(places[name]) for name in names if name in places]
    is_held_there_alone = there.on_hold_since and not here.on_hold_since
    return [*decided, Hold()] if is_held_there_alone else decided


def unopened(state: State, plan: Plan, may_stay: Collection[str]) -> list[Event]:
    """The levels that a split takes back: they need somebody's go, and had none of the whole's own.

    `may_stay`: the names of the levels that had, or that opened without the part.
    """
    opened = (plan.levels[run.index] for run in state.runs if run.index != LAST_RESORT)
    needed = (each for each in opened if each.approval is not None or not (each.coordination or plan.verified))
    return [Unopened(each.index) for each in needed if each.level.name not in may_stay]


def narrowed(state: State, plan: Plan, merged_at: datetime, before: Collection[str]) -> list[Event]:
    """The levels that have told, since the merge, somebody whom only the part's people or place let in.

    `before`: the names of those opened before it; one that the merge found overdue opened as of its planned moment.
    """
    undone: list[Event] = []
    for run in state.runs:
        if run.index != LAST_RESORT:
            planned = plan.levels[run.index]
            is_older = run.opened_at < merged_at and planned.level.name in before
            since = {each.contact for each in run.turns if not (is_older and each.starts_at < merged_at)}
            if not since <= {*(named := (*planned.contacts, *planned.deputies))}:
                undone.append(Unopened(run.index, but_for=named))
    return undone


def undecided(
    there: State, levels: Sequence[Level], here: State, plan: Plan, own: Collection[str], brought: Collection[datetime]
) -> list[Event]:
    """The holds and refusals that the whole took over with the part, and that a split undoes.

    `levels`: of the part's tree. `own`: the names of the levels that were held or refused for the whole itself, or for
    another part. `brought`: when holds of all that comes next were taken over; empty where another part brought it too.
    """
    names = {levels[index].name for index in (*there.held, *there.refused)}
    decided = (plan.levels[index] for index in {*here.held, *here.refused})
    undone: list[Event] = [
        Undecided(each.index) for each in decided if each.level.name in names and each.level.name not in own
    ]
    return [*undone, Undecided()] if there.on_hold_since and here.on_hold_since in brought else undone


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
        type=other.type if own.type == "other" else own.type,
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
        behind=own.behind and other.behind,
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
