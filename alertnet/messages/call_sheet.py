"""Puts the call sheet into words, for others to lay out on paper or screen.

The caller reads it in a language of their choice. What they read out is in the contact's language.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alertnet.core.codec import value
from alertnet.core.directory.contact import RINGING, Contact, Method
from alertnet.core.directory.contact_tree import ContactTree, Level, Then
from alertnet.core.directory.on_call import Officer
from alertnet.core.directory.when import When
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.forecast.call_sheet import CallSheet, Entry, Key, SheetLevel, SheetTree
from alertnet.core.incident import Facts, Severity
from alertnet.messages.asked import ask_in, country_name
from alertnet.messages.labels import fill
from alertnet.messages.renderer import Renderer
from alertnet.messages.words import grouped, offset

FINISHED = frozenset({AnswerKind.ACKNOWLEDGED, AnswerKind.DECLINED})
"""Answers after which a contact is not called again; one that only passed it on still is."""

NEXT_HOLIDAYS = 3
"""How many coming days of absence are listed per contact."""

RULES = ("rule_order", "rule_voicemail", "rule_no_answer", "rule_write", "rule_spared")


class Style(StrEnum):
    """The role of a line on the sheet."""

    TITLE = "title"
    NOTE = "note"
    WARNING = "warning"
    TREE = "tree"
    LEVEL = "level"
    CONTACT = "contact"
    DETAIL = "detail"
    SAY = "say"


@value
class Line:
    style: Style
    text: str


@value
class Boxes:
    """A row to fill in by hand: the time, boxes to tick, and room for a note."""

    time: str
    ticks: tuple[str, ...]
    note: str


Group = tuple[Line | Boxes, ...]
"""Lines that must stay together on a page."""


@value
class Origin:
    """When and from what a sheet was made."""

    made_at: datetime
    word: str
    """The label that says where the trees are from; `values` are filled into it."""
    trees: dict[str, str]
    """The hash of each tree."""
    values: dict[str, str] = field(default_factory=dict)
    ref: str | None = None
    opened_at: datetime | None = None
    closed: bool = False
    on_duty: Mapping[Key, Officer] = field(default_factory=dict)
    """Who was on duty for each contact when the sheet was made."""
    emergency: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Emergency numbers by country."""


class SheetWords:
    """The sheet's labels in one language."""

    def __init__(self, renderer: Renderer, language: str, of_tree: str = "") -> None:
        self.renderer = renderer
        self.labels = renderer.labels("sheet", language, of_tree)
        self.words = renderer.words(language, of_tree)
        self.asks = renderer.page_words(language, of_tree)
        self.said: dict[tuple[str, str, str], str] = {}
        """The contact for whom each set of sentences was written out first, by tree, language and what is said."""

    def say(self, word: str, **values: str) -> str:
        """The label of that name, filled in."""
        return fill(self.labels[word], values)

    def line(self, style: Style, word: str, **values: str) -> Line:
        return Line(style, self.say(word, **values))

    def lasting(self, duration: timedelta) -> str:
        """A duration, as in `1 h 30 min`."""
        hours, minutes = divmod(round(duration.total_seconds() / 60), 60)
        word = "hours_minutes" if hours and minutes else "hours" if hours else "minutes"
        return self.say(word, hours=str(hours), minutes=str(minutes))

    def after(self, duration: timedelta) -> str:
        """A delay, as in `after 10 min`."""
        return self.say("after", time=self.lasting(duration)) if duration else self.say("at_once")


def moment(at: datetime, timezone: str = "UTC") -> str:
    """Date, time and offset, as in `2026-11-24 02:14 (UTC-5)`.

    The year is there because sheets may be kept for years.
    """
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local:%Y-%m-%d %H:%M} ({offset(local)})"


def _group_of(words: SheetWords, tree: ContactTree, entry: Entry, facts: Facts | None, origin: Origin) -> Group:
    """All lines about one contact, which stay together on a page."""
    contact, answered = entry.contact, entry.answered
    names = [name for name in (contact.name, contact.organisation, contact.id) if name]
    lines: list[Line | Boxes] = [Line(Style.CONTACT, " · ".join(names))]
    if entry.deputy_of:
        lines.append(words.line(Style.DETAIL, "deputy_of", contact=entry.deputy_of))
    if not contact.answers:
        lines.append(words.line(Style.DETAIL, "told_only"))
    if answered is not None:
        at, said = moment(answered.at, tree.timezone), words.say(answered.kind.value)
        lines.append(words.line(Style.WARNING, "answered", at=at, answer=said))
    if facts is None and (conditions := _conditions(words, contact.when)):
        lines.append(words.line(Style.DETAIL, "only_for", conditions=conditions))
    if not entry.is_listed:
        lines += _how_to_reach(words, tree, contact, origin)
    if entry.same_as:
        lines.append(words.line(Style.DETAIL, "same_as", contact="/".join(entry.same_as)))
    elif entry.is_listed:
        lines.append(words.line(Style.DETAIL, "as_above"))
    elif answered is None or answered.kind not in FINISHED:
        lines += [*_script(words, tree, entry, facts, origin.ref), _boxes(words, contact)]
    return tuple(lines)


def _how_to_reach(words: SheetWords, tree: ContactTree, contact: Contact, origin: Origin) -> Iterator[Line]:
    """The lines that say how to reach a contact, also outside its hours."""
    if officer := origin.on_duty.get((tree.id, contact.id)):
        yield words.line(Style.DETAIL, "duty_now", officer=f"{officer.id} {grouped(officer.phone)}")
    if contact.hours:
        yield words.line(Style.DETAIL, "there", hours=contact.hours.written)
    if contact.duty and contact.duty.rota:
        officers = ", ".join(f"{officer.id} {grouped(officer.phone)}" for officer in contact.duty.rota)
        yield words.line(Style.DETAIL, "duty", officers=officers)
    if days := _closed_next(tree, contact, origin.made_at.astimezone(ZoneInfo(contact.timezone)).date()):
        countries = ", ".join(contact.holidays) or contact.id
        yield words.line(Style.DETAIL, "holidays", countries=countries, days=", ".join(map(str, days)))
    yield Line(Style.DETAIL, _methods(words, contact.methods))
    if contact.when_closed:
        yield Line(Style.DETAIL, f"{words.say('when_closed')} {_methods(words, contact.when_closed)}")


def _closed_next(tree: ContactTree, contact: Contact, today: date) -> list[date]:
    """The next days on which it is closed."""
    holidays = {day for country in contact.holidays for day in tree.calendars.get(country, {})}
    return sorted(day for day in holidays | contact.closed if day >= today)[:NEXT_HOLIDAYS]


def _methods(words: SheetWords, methods: tuple[Method, ...]) -> str:
    # As an escalation uses them: by delay, then as written.
    return " · ".join(_method(words, method) for method in sorted(methods, key=lambda each: each.after))


def _method(words: SheetWords, method: Method) -> str:
    address = grouped(method.address) if method.kind in RINGING else method.address
    parts = [words.say("method", when=words.after(method.after), kind=words.say(method.kind.value), address=address)]
    if method.extension:
        parts.append(words.say("extension", digits=method.extension.replace("w", "")))
    if method.relays:
        parts.append(words.say("relays"))
    return ", ".join(parts)


def _script(words: SheetWords, tree: ContactTree, entry: Entry, facts: Facts | None, ref: str | None) -> Iterator[Line]:
    """The sentences to read out: first one that is safe with anybody, then what only the contact may hear."""
    spoken = SheetWords(words.renderer, entry.contact.language, tree.language)
    news = " ".join(_news(spoken, tree, entry, facts))
    first = {
        "organisation": tree.title_in(entry.contact.language),
        "callback": grouped(tree.callback),
        "ref": ref or "",
    }
    same = words.said.setdefault((tree.id, entry.contact.language, news), entry.contact.id)
    if same != entry.contact.id:
        yield words.line(Style.DETAIL, "speaks_as", language=spoken.asks["language"], contact=same)
        return
    yield words.line(Style.DETAIL, "speaks", language=spoken.asks["language"])
    yield Line(Style.SAY, f"1. «{spoken.say('say_first_ref' if ref else 'say_first', **first)}»")
    yield Line(Style.SAY, f"2. «{news}»")


def _news(spoken: SheetWords, tree: ContactTree, entry: Entry, facts: Facts | None) -> Iterator[str]:
    if facts is None:
        yield spoken.say("say_alert_untold")
    else:
        if facts.drill:
            yield spoken.say("say_drill")
        yield spoken.say("say_alert", type=spoken.words.types[facts.type])
    if entry.contact.is_coordinator:
        yield spoken.say("say_coordinator")
        return
    if entry.ask:
        yield spoken.say("say_ask", ask=ask_in(entry.contact.language, entry.ask, spoken.asks, tree.language))
    yield spoken.say("say_answer" if entry.contact.answers else "say_told_only")
    yield spoken.say("say_discretion")


def _boxes(words: SheetWords, contact: Contact) -> Boxes:
    ticks = ("box_no_answer", *(kind.value for kind in AnswerKind if contact.answers))
    return Boxes(words.say("box_time"), tuple(words.say(tick) for tick in ticks), words.say("box_note"))


def put_into_words(sheet: CallSheet, origin: Origin, renderer: Renderer, language: str) -> tuple[Group, ...]:
    """The whole sheet in that language, or the nearest that we have."""
    words = SheetWords(renderer, language)
    groups: list[Group] = [tuple(_head(words, sheet, origin))]
    for part in sheet.trees:
        groups += _tree(words, part, sheet.facts, origin)
    return tuple(groups)


def footer(renderer: Renderer, language: str) -> str:
    """The footer of each page, with the places for its number and how many there are."""
    labels = renderer.labels("sheet", language)
    return f"{labels['confidential']} {labels['page']}"


def _head(words: SheetWords, sheet: CallSheet, origin: Origin) -> Iterator[Line]:
    title = words.say("title_incident", ref=origin.ref) if origin.ref else words.say("title")
    yield Line(Style.TITLE, title)
    yield words.line(Style.WARNING, "confidential")
    trees = [words.say("tree_hash", tree=id, hash=hash[:12]) for id, hash in origin.trees.items()]
    source = words.say(origin.word, **origin.values)
    yield Line(Style.NOTE, f"{words.say('made', at=moment(origin.made_at))} {source} {', '.join(trees)}.")
    if origin.closed:
        yield words.line(Style.WARNING, "closed")
    if sheet.facts is None:
        yield words.line(Style.WARNING, "everybody")
    else:
        yield from _case(words, sheet.facts, origin)
    yield from (words.line(Style.NOTE, rule) for rule in RULES)


def _case(words: SheetWords, facts: Facts, origin: Origin) -> Iterator[Line]:
    if facts.drill:
        yield words.line(Style.WARNING, "drill")
    nationalities = sorted({person.nationality for person in facts.people if person.nationality})
    parts = [
        words.words.types[facts.type],
        words.words.severities[facts.severity],
        country_name(facts.country, words.words.language),
        words.say("consent", scope=words.say(f"scope_{facts.consent}")),
        *(words.say("nationality", nationality=each) for each in nationalities),
        words.say("perpetrator", perpetrator=words.say(f"perpetrator_{facts.perpetrator}")),
    ]
    if not facts.verified:
        parts.append(words.say("unverified"))
    yield Line(Style.NOTE, " · ".join(parts))
    if origin.opened_at:
        yield words.line(Style.NOTE, "opened", at=moment(origin.opened_at))


def _tree(words: SheetWords, part: SheetTree, facts: Facts | None, origin: Origin) -> Iterator[Group]:
    tree = part.tree
    heading = [Line(Style.TREE, f"{tree.title} ({tree.id})")]
    if tree.start.unless_acknowledged:
        heading.append(words.line(Style.NOTE, "unless_acknowledged"))
    for country in sorted(tree.countries & origin.emergency.keys()):
        numbers = ", ".join(origin.emergency[country])
        where = country_name(country, words.words.language)
        heading.append(words.line(Style.NOTE, "emergency", country=where, numbers=numbers))
    yield tuple(heading)
    for step in part.steps:
        first, *others = (_group_of(words, tree, entry, facts, origin) for entry in step.entries)
        # A level's heading must not be the last line of a page.
        yield (*_level(words, tree, step, facts, origin), *first)
        yield from others
    if not (part.steps or part.last_resort):
        yield (words.line(Style.WARNING, "nobody"),)
    if part.last_resort:
        first, *others = (_group_of(words, tree, entry, facts, origin) for entry in part.last_resort)
        yield (words.line(Style.LEVEL, "last_resort"), *first)
        yield from others
    if part.spared:
        yield tuple(_spared(words, part))


def _level(
    words: SheetWords, tree: ContactTree, step: SheetLevel, facts: Facts | None, origin: Origin
) -> Iterator[Line]:
    level = step.level
    heading = words.say("level", number=str(step.number), name=level.name)
    yield Line(Style.LEVEL, f"{heading} – {_beginning(words, tree, step.starts_after, origin)}")
    yield from _as_written(words, level) if facts is None else _approval(words, step)
    yield Line(Style.DETAIL, f"{_quota(words, level)} {_following(words, step)}")


def _beginning(words: SheetWords, tree: ContactTree, starts_after: timedelta | None, origin: Origin) -> str:
    if starts_after is None:
        return words.say("only_after_go")
    if origin.opened_at is None:
        return words.after(starts_after)
    return words.say("from", at=moment(origin.opened_at + starts_after, tree.timezone))


def _as_written(words: SheetWords, level: Level) -> Iterator[Line]:
    """The conditions of a level, where no case is given to judge them by."""
    if level.needs_go is not None:
        excepted = _named(words, level.needs_go.unless_severity)
        unless = f" {words.say('go_unless', severities=excepted)}" if excepted else ""
        yield Line(Style.WARNING, words.say("go_needs_go") + unless)
        yield from _automatic(words, level.needs_go.proceed_after)
    if conditions := _conditions(words, level.when):
        yield words.line(Style.DETAIL, "only_for", conditions=conditions)


def _approval(words: SheetWords, step: SheetLevel) -> Iterator[Line]:
    if step.unverified:
        yield words.line(Style.WARNING, "go_unverified")
    if step.approval is not None:
        yield from (words.line(Style.WARNING, f"go_{reason}") for reason in step.approval.reasons)
        yield from _automatic(words, step.approval.proceed_after)


def _automatic(words: SheetWords, proceed_after: timedelta | None) -> Iterator[Line]:
    if proceed_after is not None:
        yield words.line(Style.DETAIL, "go_automatic", time=words.lasting(proceed_after))


def _conditions(words: SheetWords, when: When) -> str:
    types = [words.words.types[type] for type in sorted(when.type)]
    match = [words.say("only_match")] if when.nationality else []
    places, organisations = (", ".join(sorted(codes)) for codes in (when.place, when.organisation))
    parts = [
        _named(words, when.severity),
        ", ".join(types),
        places and words.say("only_place", places=places),
        organisations and words.say("only_organisation", organisations=organisations),
    ]
    return " · ".join(filter(None, [*parts, *match]))


def _named(words: SheetWords, severities: frozenset[Severity]) -> str:
    return ", ".join(words.words.severities[each] for each in Severity if each in severities)


def _quota(words: SheetWords, level: Level) -> str:
    if isinstance(level.acknowledge, int):
        return words.say("rule_number", number=str(level.acknowledge))
    return words.say(f"rule_{level.acknowledge}")


def _following(words: SheetWords, step: SheetLevel) -> str:
    word = "then_next" if step.then is Then.NEXT else "then_stop"
    return words.say(word, time=words.lasting(step.level.wait))


def _spared(words: SheetWords, part: SheetTree) -> Iterator[Line]:
    """Contacts that are left out, each once per reason. Without numbers, so that nobody dials them."""
    yield words.line(Style.LEVEL, "do_not_call")
    for id, reason in dict.fromkeys((each.contact, each.reason) for each in part.spared):
        organisation = part.tree.contacts[id].organisation
        yield Line(Style.DETAIL, f"{organisation} · {id}: {words.say(f'spared_{reason}')}")
