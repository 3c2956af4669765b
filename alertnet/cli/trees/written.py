"""A rehearsal as lines to read: what happens, and below it who is told."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from alertnet.core.delivery.next_repeat import PAUSES, PROMPT_EVERY
from alertnet.core.forecast.simulation import Noted, Told
from alertnet.core.notification import Kind
from alertnet.flows.incidents.preview import Played, words_of

HAPPENS = {
    "level_opened": "{level} opens (round {round})",
    "go_asked": "{level} waits for a go: {reasons}",
    "level_gave_way": "{level} can't be satisfied any more: the next opens",
    "rule_met": "{level} is satisfied",
    "escalation_acknowledged": "acknowledged, by {level}",
    "escalation_unanswered": "nobody has answered: alarm to the coordinators, last resort is told",
    "round_began": "round {round} begins",
    "deputy_told": "{contact} stands in for {stands_for} ({cause})",
    "action_missing": "no action was reported for {level}",
}


def as_text(played: Played, *, with_words: bool) -> str:
    """The whole rehearsal, for a terminal."""
    return "\n".join([*_head(played), "", *_timeline(played, with_words), "", *_tail(played)])


def _head(played: Played) -> Iterator[str]:
    facts = played.facts
    nations = ", ".join(person.nationality or "unknown" for person in facts.people) or "unknown"
    where = f"{facts.country} at {facts.place}" if facts.place else facts.country
    yield f"{facts.type}, {facts.severity}, in {where}, consent {facts.consent}, nationality {nations}"
    yield f"perpetrator {facts.perpetrator}; opened {played.opened_at:%Y-%m-%d %H:%M:%S} UTC"


def _timeline(played: Played, with_words: bool) -> Iterator[str]:
    rehearsal = played.rehearsal
    shown = list(_without_repeats(rehearsal.told))
    entries: list[tuple[datetime, int, Noted | Told]] = [(each.at, 0, each) for each in rehearsal.noted]
    entries += [(each.at, 1, each) for each in shown]
    for at, _, entry in sorted(entries, key=lambda each: each[:2]):
        if isinstance(entry, Told):
            yield _told(played, entry)
            message = played.message(entry) if with_words else None
            yield from (f"{'':20}| {line}" for line in (words_of(message) if message else ()))
        elif entry.kind in HAPPENS:
            yield f"{_span(played.after(at)):>10}  {entry.tree}: {_happens(entry)}"
    spared = len(rehearsal.told) - len(shown)
    if spared:
        every = PROMPT_EVERY.seconds // 60
        yield f"{'':12}({spared} repeats of alarms, questions and tasks, first every {every} min, not listed)"


def _told(played: Played, told: Told) -> str:
    local = played.local(told)
    kind = "" if told.kind is Kind.ALERT else f" {told.kind}"
    also = [tree for tree in told.trees if tree != told.tree]
    counts = f", counts for {', '.join(also)} too" if also else ""
    who = f"{told.contact.id} ({told.contact.organisation}), {played.spoken(told)}, {local:%a %H:%M} there"
    return f"{_span(played.after(told.at)):>10}    {told.method.kind:<5} {who}{kind}{counts}"


def _tail(played: Played) -> Iterator[str]:
    rehearsal, cost = played.rehearsal, played.cost
    for each in rehearsal.pruned:
        yield f"not told: {each.contact} ({each.tree}, {each.level or 'last resort'}): {each.reason}"
    for shut in rehearsal.closed:
        yield f"closed: {shut.contact} ({shut.tree}, {shut.level}) at {_span(played.after(shut.at))}, by {shut.by}"
    yield f"cost: {cost['sms']} SMS in {cost['segments']} segments, {cost['calls']} calls, {cost['emails']} mails"
    if rehearsal.ends_at is None:
        yield f"not over after {_span(played.after(rehearsal.until))}: it goes round until somebody answers"
    else:
        yield f"over after {_span(played.after(rehearsal.ends_at))}"


def _happens(noted: Noted) -> str:
    said = {name: ", ".join(value) if isinstance(value, list) else value for name, value in noted.payload.items()}
    return HAPPENS[noted.kind].format(**said)


def _without_repeats(told: tuple[Told, ...]) -> Iterator[Told]:
    """Alarms, questions and tasks are listed when they are raised, and not each time they ring again."""
    last: dict[tuple[str, ...], datetime] = {}
    for each in told:
        if each.kind in (Kind.ALARM, Kind.DECISION, Kind.TASK):
            key = (*each.trees, each.level, each.tree, each.contact.id, each.method.kind, each.method.address)
            before, last[key] = last.get(key), each.at
            if before is not None and each.at - before in (timedelta(), *PAUSES):
                continue
        yield each


def _span(length: timedelta) -> str:
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours}:{minutes:02}:{seconds:02}"
