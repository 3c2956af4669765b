"""One incident for a coordinator: who knows, who acts, what comes next, what is asked, and what was said."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from alertnet.core.codec import extended, replace, value
from alertnet.core.directory.contact import Disclosure, MethodKind
from alertnet.core.disclosure import NO_DETAILS, Details, ReceivedText, details_of
from alertnet.core.escalation.quorum import Via
from alertnet.core.incident import CloseReason, Incident, Line, consent_of
from alertnet.core.monitoring.self_monitoring import Part
from alertnet.core.notification import PromptKind
from alertnet.flows.desk.board import DEEDS, TELLING, OpenIncident, as_open, troubles_now
from alertnet.flows.desk.chronicle import VIA, cries_for_help, done_by, tell
from alertnet.flows.desk.names import FAILURES, MESSAGES, METHODS, REASONS, Names, to_spare
from alertnet.flows.desk.picture import draw
from alertnet.flows.forecast.ahead import entries_ahead
from alertnet.flows.notifications.contact_pins import coerced, is_forced
from alertnet.flows.notifications.stand_down import who_hears_close, who_hears_news, words_of_close
from alertnet.flows.pages.coordinator_actions import contacts_of
from alertnet.flows.pages.coordinator_page import task_details_of, texts_of
from alertnet.flows.unit.locked_incident import LockedIncident, look_closely_at
from alertnet.messages.drawings.time_axis import as_svg
from alertnet.messages.page import TaskDetails
from alertnet.messages.renderer import Renderer
from alertnet.messages.reported import details_in_words, understood_in_words
from alertnet.store.db.tx import Tx
from alertnet.store.records import answers as answer_store
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.answers import Given
from alertnet.store.records.prompts import Prompt
from alertnet.store.views import incident_view, timeline_view
from alertnet.store.views.incident_view import AnswerOrReceipt, Message
from alertnet.store.views.timeline_view import Entry

MOST_ENTRIES = 3000
A_WEEK = timedelta(days=7)
ALWAYS = ("report_received", "link_suggested", "merged", "merged_into")
"""Entries that the page uses besides its lines, however old."""


@value
class Notified(Message):
    """A message with its kind, its method and why it failed in words."""

    who: str


@value
class Answer(AnswerOrReceipt):
    """An answer, and how it came in words. `words`: what was said with it, for users who may act.

    `is_void`: it does not count while its giver is excluded, accused or involved.
    """

    who: str
    is_void: bool
    words: str


@value
class LeftOut:
    """Somebody who is not told, and why."""

    who: str
    tree: str
    level: str
    reason: str


@value
class LevelChoice:
    """A level that can be decided on, and whom a go would tell."""

    tree: str
    title: str
    level: str
    names: tuple[str, ...]
    is_open: bool


@value
class Dossier:
    """An incident as it is now. For users who may not act, the fields that only actors may read are empty."""

    head: OpenIncident
    consent: str
    """The narrowest consent of the incident and its people."""
    closed_at: datetime | None
    goes_on_as: str
    """The reference of the incident that it has become part of; empty for none."""
    close_reason: str
    closed_by: str
    lines: tuple[Line, ...]
    earlier: int
    """How many history entries are not in these lines."""
    ahead: tuple[Line, ...]
    """What happens in the next hours if nobody acts."""
    picture: str
    """All these lines as an SVG."""
    legend: str
    notified: tuple[Notified, ...]
    """The latest first."""
    answers: tuple[Answer, ...]
    left_out: tuple[LeftOut, ...]
    details: Details
    texts: tuple[ReceivedText, ...]
    duress: bool
    coerced: tuple[str, ...]
    tasks: dict[str, TaskDetails]
    to_call: dict[str, tuple[str, ...]]
    """By name, the numbers of contacts whom a coordinator should call since no message reaches them."""
    contacts: tuple[tuple[str, str], ...]
    """(tree/contact, name) of those for whom somebody can vouch."""
    contacts_left: tuple[tuple[str, str], ...]
    """(id, name) of those who may be told, to choose whom to spare; without names for organisations with several."""
    levels: tuple[LevelChoice, ...]
    hears_close: tuple[str, ...]
    hears_news: tuple[str, ...]
    suggested: tuple[str, ...]
    """References of incidents that may be about the same event."""
    others: tuple[Incident, ...]
    """The latest open incidents with which it may be merged."""
    reports: tuple[str, ...]
    """References of the incidents merged into it."""
    troubles: tuple[Part, ...]
    """What of ourselves is in trouble now."""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


def read_dossier(tx: Tx, id: str, *, reads: bool, say: Callable[[str], str] = str, language: str = "") -> Dossier:
    """Read it in words of `say`, with titles in `language`; if `reads`, also what people wrote, and any duress."""
    locked, open_prompts = look_closely_at(tx, id), prompt_store.open_of(tx.session, [id])[id]
    entries, last, earlier = timeline_view.latest(tx.session, id, MOST_ENTRIES, ALWAYS, with_duress=reads)
    names = Names(locked, cries_for_help(entries), say, language)
    head, ahead, lines = _head(locked, open_prompts, last), entries_ahead(locked), tell(entries, names)
    return Dossier(
        head=head,
        consent=consent_of(locked.facts).value,
        closed_at=locked.incident.closed_at,
        goes_on_as=_goes_on_as(locked),
        close_reason=locked.incident.close_reason or "",
        closed_by=_closed_by(entries, names),
        # Their details may hold what people wrote.
        lines=lines if reads else tuple(replace(each, detail="") for each in lines),
        earlier=earlier,
        ahead=tell(ahead, names),
        picture=as_svg(picture := draw(entries, ahead, names, head.zone)),
        legend=picture.description,
        notified=tuple(_notified(names)),
        answers=tuple(_answers(names, said_with_answers(locked, names) if reads else ())),
        left_out=_left_out(names),
        details=details_of(locked.facts, Disclosure.FULL) if reads else NO_DETAILS,
        texts=texts_of(locked) if reads else (),
        duress=reads and is_forced(locked),
        coerced=coerced(locked) if reads else (),
        tasks=_tasks(locked, open_prompts) if reads else {},
        to_call=_numbers(locked, head) if reads else {},
        contacts=tuple(contacts_of(locked)),
        contacts_left=_left(locked),
        levels=_levels(names),
        hears_close=_called(names, who_hears_close(locked)),
        hears_news=_called(names, who_hears_news(locked)),
        suggested=_suggested(entries),
        others=_others(locked) if reads else (),
        reports=tuple(merged.parts.values()) if (merged := locked.incident.merged) else (),
        troubles=troubles_now(tx),
    )


def _goes_on_as(locked: LockedIncident) -> str:
    into = locked.incident.part_of or locked.incident.merged_into
    return incident_store.get_acting(locked.tx.session, into).ref if into else ""


def _head(locked: LockedIncident, open_prompts: Sequence[Prompt], last: int) -> OpenIncident:
    session, id = locked.tx.session, locked.incident.id
    fared, doers = incident_view.fared(session, [locked.incident], TELLING), timeline_view.by_whom(session, [id], DEEDS)
    return as_open(locked, open_prompts, fared[id], doers[id], last)


def read_out(
    dossier: Dossier, renderer: Renderer, language: str
) -> tuple[list[str], list[tuple[ReceivedText, list[str]]]]:
    """What is known, without what a text says anyway, and each text with how it was understood: each code's meaning."""
    labels, words = renderer.page_words(language), renderer.words(language)
    details, people = dossier.details, dossier.details.people
    understood = [list(understood_in_words(text.understood, labels, words, people)) for text in dossier.texts]
    known = list(details_in_words(details, labels, dossier.texts))
    return known, list(zip(dossier.texts, understood, strict=True))


def in_codes(details: Details, renderer: Renderer, language: str) -> list[str]:
    """Where it is and who is concerned, without any free text."""
    return list(details_in_words(replace(details, texts=()), renderer.page_words(language)))


def all_clears(tx: Tx, id: str, reason: CloseReason, renderer: Renderer) -> tuple[tuple[str, str], ...]:
    """(languages, words) of the all-clear SMS to those who were told, each text once."""
    locked = look_closely_at(tx, id)
    texts: dict[str, str] = {}
    for name in who_hears_close(locked):
        recipient = locked.recipient(*name)
        (kind, words), language = words_of_close(recipient, reason), recipient.contact.language
        sms = renderer.render(kind, MethodKind.SMS, language, replace(words, reason=reason))
        texts.setdefault(language, sms.text)
    return tuple(sorted(texts.items()))


def _tasks(locked: LockedIncident, asked: Iterable[Prompt]) -> dict[str, TaskDetails]:
    """For each prompt to call somebody, what is read out in that call."""
    found = {each.id: task_details_of(locked, each) for each in asked if each.kind == PromptKind.TASK}
    return {id: details for id, details in found.items() if details is not None}


def _numbers(locked: LockedIncident, head: OpenIncident) -> dict[str, tuple[str, ...]]:
    """Numbers of those contacts only: another of the same organisation may be barred from hearing of it (A3)."""
    found: dict[str, set[str]] = {}
    for contact in (locked.contact(*each) for matter in head.matters for each in matter.calls):
        found.setdefault(contact.called, set()).update(contact.numbers)
    return {called: tuple(sorted(numbers)) for called, numbers in found.items()}


def _closed_by(entries: Iterable[Entry], names: Names) -> str:
    closed = [each.payload for each in entries if each.kind == "incident_closed"]
    return done_by(closed[-1], names) if closed else ""


def _suggested(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Those that were suggested and not merged since."""
    told = [(each.kind, str(each.payload.get("ref"))) for each in entries]
    merged = {ref for kind, ref in told if kind in ("merged", "merged_into")}
    return tuple(ref for kind, ref in told if kind == "link_suggested" and ref not in merged)


def _others(locked: LockedIncident) -> tuple[Incident, ...]:
    """The latest open ones of its country, drills for a drill; a lone text is none."""
    latest = incident_store.open_in(locked.tx.session, locked.facts.country, locked.incident.opened_at - A_WEEK)
    return tuple(
        each
        for each in latest
        if each.id != locked.incident.id and each.facts.drill == locked.facts.drill and not each.facts.lone_text
    )


def _called(names: Names, contacts: Iterable[tuple[str | None, str]]) -> tuple[str, ...]:
    return tuple(sorted({names.contact(tree, contact) for tree, contact in contacts}))


def _notified(names: Names) -> Iterator[Notified]:
    found = incident_view.messages(names.locked.tx.session, names.locked.incident.every_id)
    for each in sorted(found, key=lambda each: each.at, reverse=True):
        kind = names.say(MESSAGES.get(each.kind, each.kind.replace("_", " ")))
        method = names.say(METHODS.get(each.method, each.method))
        why = names.say(FAILURES.get(each.why, each.why.replace("_", " ")))
        in_words = replace(each, kind=kind, method=method, why=why)
        yield extended(Notified, in_words, who=names.contact(each.tree, each.contact))


def said_with_answers(locked: LockedIncident, names: Names) -> list[tuple[Given, str]]:
    """The answers with which something was said, and what: a name or who vouched, and words. It is free text."""
    given = answer_store.given(locked.tx.session, locked.incident.every_id)
    said = [(each, ": ".join(filter(None, (_by(each, names), each.note)))) for each in given]
    return [(each, words) for each, words in said if words]


def _by(given: Given, names: Names) -> str | None:
    is_vouched = given.by and given.via is Via.VOUCHED
    return names.say("by {by}").format(by=done_by({"by": given.by}, names)) if is_vouched else given.by


def _answers(names: Names, said: Iterable[tuple[Given, str]]) -> Iterator[Answer]:
    words, locked = {given.id: each for given, each in said}, names.locked
    for each in incident_view.answers_and_receipts(locked.tx.session, locked.incident.every_id):
        in_words, who = (
            replace(each, via=names.say(VIA.get(each.via, each.via))),
            names.contact(each.tree, each.contact),
        )
        is_void = each.tree in locked.plans and each.contact in locked.plans[each.tree].discredited
        yield extended(Answer, in_words, who=who, is_void=is_void, words=words.get(each.id, ""))


def _left(locked: LockedIncident) -> tuple[tuple[str, str], ...]:
    plans = sorted(locked.plans.items())
    known = (locked.recipient(tree, id) for tree, plan in plans for id in plan.tree.contacts)
    return to_spare({each.id: each.contact for each in known if each.may_hear})


def _left_out(names: Names) -> tuple[LeftOut, ...]:
    return tuple(
        LeftOut(
            names.contact(each["tree"], each["contact"]),
            names.tree(each["tree"]),
            each["level"] or "",
            names.say(REASONS.get(each["reason"], each["reason"])),
        )
        for each in incident_store.pruned_of(names.locked.tx.session, names.locked.incident.id)
    )


def _levels(names: Names) -> tuple[LevelChoice, ...]:
    """Every level that would tell somebody, of each escalation."""
    locked, states = names.locked, names.locked.states
    return tuple(
        LevelChoice(
            tree=id,
            title=names.tree(id),
            level=planned.level.name,
            names=tuple(plan.tree.contacts[each].called for each in planned.contacts),
            is_open=any(run.index == planned.index for run in states[id].runs),
        )
        for id, plan in sorted(locked.plans.items())
        if id in states
        for planned in plan.levels
        if planned.contacts
    )
