"""Puts the call sheet into words, for others to lay out on paper or screen.

The caller reads it in a language of their choice. What they read out is in the contact's language.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
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
        self.labels = renderer.labels("sheet", language, of_tree)
        self.words = renderer.words(language, of_tree)
        self.asks = renderer.page_words(language, of_tree)

    def say(self, word: str, **values: str) -> str:
        """The label of that name, filled in."""
        return fill(self.labels[word], values)


def moment(at: datetime, timezone: str = "UTC") -> str:
    """Date, time and offset, as in `2026-11-24 02:14 (UTC-5)`; with the year, since sheets may be kept for years."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local:%Y-%m-%d %H:%M} ({offset(local)})"


class SheetInWords(SheetWords):
    """A sheet in the language of whoever calls, or the nearest that we have."""

    def __init__(self, sheet: CallSheet, origin: Origin, renderer: Renderer, language: str) -> None:
        super().__init__(renderer, language)
        self._renderer = renderer
        self._sheet = sheet
        self._facts = sheet.facts
        self._origin = origin
        self._said: dict[tuple[str, str, str], str] = {}
        """The contact for whom each set of sentences was written out first, by tree, language and what is said."""

    def groups(self) -> tuple[Group, ...]:
        """The whole sheet, in groups that stay together on a page."""
        return tuple(self._head()), *(group for part in self._sheet.trees for group in self._tree(part))

    def foot(self) -> str:
        """The footer of each page, with the places for its number and how many there are."""
        return f"{self.labels['confidential']} {self.labels['page']}"

    def _line(self, style: Style, word: str, **values: str) -> Line:
        return Line(style, self.say(word, **values))

    def _head(self) -> Iterator[Line]:
        origin = self._origin
        yield self._line(Style.TITLE, "title_incident" if origin.ref else "title", ref=origin.ref or "")
        yield self._line(Style.WARNING, "confidential")
        trees = [self.say("tree_hash", tree=id, hash=hash[:12]) for id, hash in origin.trees.items()]
        source = self.say(origin.word, **origin.values)
        yield Line(Style.NOTE, f"{self.say('made', at=moment(origin.made_at))} {source} {', '.join(trees)}.")
        if origin.closed:
            yield self._line(Style.WARNING, "closed")
        if self._facts is None:
            yield self._line(Style.WARNING, "everybody")
        else:
            yield from self._case(self._facts)
        yield from (self._line(Style.NOTE, rule) for rule in RULES)

    def _case(self, facts: Facts) -> Iterator[Line]:
        if facts.drill:
            yield self._line(Style.WARNING, "drill")
        nationalities = sorted({person.nationality for person in facts.people if person.nationality})
        parts = [
            self.words.types[facts.type],
            self.words.severities[facts.severity],
            country_name(facts.country, self.words.language),
            self.say("consent", scope=self.say(f"scope_{facts.consent}")),
            *(self.say("nationality", nationality=each) for each in nationalities),
            self.say("perpetrator", perpetrator=self.say(f"perpetrator_{facts.perpetrator}")),
        ]
        if not facts.verified:
            parts.append(self.say("unverified"))
        yield Line(Style.NOTE, " · ".join(parts))
        if self._origin.opened_at:
            yield self._line(Style.NOTE, "opened", at=moment(self._origin.opened_at))

    def _tree(self, part: SheetTree) -> Iterator[Group]:
        tree = part.tree
        heading = [Line(Style.TREE, f"{tree.title} ({tree.id})")]
        if tree.start.unless_acknowledged:
            heading.append(self._line(Style.NOTE, "unless_acknowledged"))
        for country in sorted(tree.countries & self._origin.emergency.keys()):
            numbers = ", ".join(self._origin.emergency[country])
            where = country_name(country, self.words.language)
            heading.append(self._line(Style.NOTE, "emergency", country=where, numbers=numbers))
        yield tuple(heading)
        for step in part.steps:
            first, *others = (self._contact(tree, entry) for entry in step.entries)
            # A level's heading must not be the last line of a page.
            yield (*self._level(tree, step), *first)
            yield from others
        if not (part.steps or part.last_resort):
            yield (self._line(Style.WARNING, "nobody"),)
        if part.last_resort:
            first, *others = (self._contact(tree, entry) for entry in part.last_resort)
            yield (self._line(Style.LEVEL, "last_resort"), *first)
            yield from others
        if part.spared:
            yield tuple(self._spared(part))

    def _spared(self, part: SheetTree) -> Iterator[Line]:
        """Contacts that are left out, each once per reason. Without numbers, so that nobody dials them."""
        yield self._line(Style.LEVEL, "do_not_call")
        for id, reason in dict.fromkeys((each.contact, each.reason) for each in part.spared):
            organisation = part.tree.contacts[id].organisation
            yield Line(Style.DETAIL, f"{organisation} · {id}: {self.say(f'spared_{reason}')}")

    def _level(self, tree: ContactTree, step: SheetLevel) -> Iterator[Line]:
        heading = self.say("level", number=str(step.number), name=step.level.name)
        yield Line(Style.LEVEL, f"{heading} – {self._beginning(tree, step.starts_after)}")
        yield from self._as_written(step.level) if self._facts is None else self._approval(step)
        then = self.say("then_next" if step.then is Then.NEXT else "then_stop", time=self._lasting(step.level.wait))
        yield Line(Style.DETAIL, f"{self._quota(step.level)} {then}")

    def _beginning(self, tree: ContactTree, starts_after: timedelta | None) -> str:
        if starts_after is None:
            return self.say("only_after_go")
        if self._origin.opened_at is None:
            return self._after(starts_after)
        return self.say("from", at=moment(self._origin.opened_at + starts_after, tree.timezone))

    def _as_written(self, level: Level) -> Iterator[Line]:
        """The conditions of a level, where no case is given to judge them by."""
        if level.needs_go is not None:
            excepted = self._named(level.needs_go.unless_severity)
            unless = f" {self.say('go_unless', severities=excepted)}" if excepted else ""
            yield Line(Style.WARNING, self.say("go_needs_go") + unless)
            yield from self._automatic(level.needs_go.proceed_after)
        if conditions := self._conditions(level.when):
            yield self._line(Style.DETAIL, "only_for", conditions=conditions)

    def _approval(self, step: SheetLevel) -> Iterator[Line]:
        if step.unverified:
            yield self._line(Style.WARNING, "go_unverified")
        if step.approval is not None:
            yield from (self._line(Style.WARNING, f"go_{reason}") for reason in step.approval.reasons)
            yield from self._automatic(step.approval.proceed_after)

    def _automatic(self, proceed_after: timedelta | None) -> Iterator[Line]:
        if proceed_after is not None:
            yield self._line(Style.DETAIL, "go_automatic", time=self._lasting(proceed_after))

    def _quota(self, level: Level) -> str:
        if isinstance(level.acknowledge, int):
            return self.say("rule_number", number=str(level.acknowledge))
        return self.say(f"rule_{level.acknowledge}")

    def _conditions(self, when: When) -> str:
        places, organisations = (", ".join(sorted(codes)) for codes in (when.place, when.organisation))
        parts = [
            self._named(when.severity),
            ", ".join(self.words.types[type] for type in sorted(when.type)),
            places and self.say("only_place", places=places),
            organisations and self.say("only_organisation", organisations=organisations),
            self.say("only_match") if when.nationality else "",
        ]
        return " · ".join(filter(None, parts))

    def _named(self, severities: frozenset[Severity]) -> str:
        return ", ".join(self.words.severities[each] for each in Severity if each in severities)

    def _contact(self, tree: ContactTree, entry: Entry) -> Group:
        """All lines about one contact, which stay together on a page."""
        contact, answered = entry.contact, entry.answered
        names = [name for name in (contact.name, contact.organisation, contact.id) if name]
        lines: list[Line | Boxes] = [Line(Style.CONTACT, " · ".join(names))]
        if entry.deputy_of:
            lines.append(self._line(Style.DETAIL, "deputy_of", contact=entry.deputy_of))
        if not contact.answers:
            lines.append(self._line(Style.DETAIL, "told_only"))
        if answered is not None:
            at, said = moment(answered.at, tree.timezone), self.say(answered.kind.value)
            lines.append(self._line(Style.WARNING, "answered", at=at, answer=said))
        if self._facts is None and (conditions := self._conditions(contact.when)):
            lines.append(self._line(Style.DETAIL, "only_for", conditions=conditions))
        if not entry.is_listed:
            lines += self._how_to_reach(tree, contact)
        if entry.same_as:
            lines.append(self._line(Style.DETAIL, "same_as", contact="/".join(entry.same_as)))
        elif entry.is_listed:
            lines.append(self._line(Style.DETAIL, "as_above"))
        elif answered is None or answered.kind not in FINISHED:
            ticks = ("box_no_answer", *(kind.value for kind in AnswerKind if contact.answers))
            boxes = Boxes(self.say("box_time"), tuple(map(self.say, ticks)), self.say("box_note"))
            lines += [*self._script(tree, entry), boxes]
        return tuple(lines)

    def _how_to_reach(self, tree: ContactTree, contact: Contact) -> Iterator[Line]:
        """The lines that say how to reach a contact, also outside its hours."""
        if officer := self._origin.on_duty.get((tree.id, contact.id)):
            yield self._line(Style.DETAIL, "duty_now", officer=f"{officer.id} {grouped(officer.phone)}")
        if contact.hours:
            yield self._line(Style.DETAIL, "there", hours=contact.hours.written)
        if contact.duty and contact.duty.rota:
            officers = ", ".join(f"{officer.id} {grouped(officer.phone)}" for officer in contact.duty.rota)
            yield self._line(Style.DETAIL, "duty", officers=officers)
        today = self._origin.made_at.astimezone(ZoneInfo(contact.timezone)).date()
        closed = contact.closed.union(*(tree.calendars.get(country, {}) for country in contact.holidays))
        if days := sorted(day for day in closed if day >= today)[:NEXT_HOLIDAYS]:
            countries = ", ".join(contact.holidays) or contact.id
            yield self._line(Style.DETAIL, "holidays", countries=countries, days=", ".join(map(str, days)))
        yield Line(Style.DETAIL, self._methods(contact.methods))
        if contact.when_closed:
            yield Line(Style.DETAIL, f"{self.say('when_closed')} {self._methods(contact.when_closed)}")

    def _methods(self, methods: tuple[Method, ...]) -> str:
        # As an escalation uses them: by delay, then as written.
        return " · ".join(self._method(method) for method in sorted(methods, key=lambda each: each.after))

    def _method(self, method: Method) -> str:
        address = grouped(method.address) if method.kind in RINGING else method.address
        when, kind = self._after(method.after), self.say(method.kind.value)
        parts = [self.say("method", when=when, kind=kind, address=address)]
        if method.extension:
            parts.append(self.say("extension", digits=method.extension.replace("w", "")))
        if method.relays:
            parts.append(self.say("relays"))
        return ", ".join(parts)

    def _lasting(self, duration: timedelta) -> str:
        """A duration, as in `1 h 30 min`."""
        hours, minutes = divmod(round(duration.total_seconds() / 60), 60)
        word = "hours_minutes" if hours and minutes else "hours" if hours else "minutes"
        return self.say(word, hours=str(hours), minutes=str(minutes))

    def _after(self, duration: timedelta) -> str:
        """A delay, as in `after 10 min`."""
        return self.say("after", time=self._lasting(duration)) if duration else self.say("at_once")

    def _script(self, tree: ContactTree, entry: Entry) -> Iterator[Line]:
        """The sentences to read out: first one that is safe with anybody, then what only the contact may hear."""
        contact, ref = entry.contact, self._origin.ref
        spoken = SheetWords(self._renderer, contact.language, tree.language)
        news = " ".join(_news(spoken, tree, entry, self._facts))
        same = self._said.setdefault((tree.id, contact.language, news), contact.id)
        if same != contact.id:
            yield self._line(Style.DETAIL, "speaks_as", language=spoken.asks["language"], contact=same)
            return
        first = spoken.say(
            "say_first_ref" if ref else "say_first",
            organisation=tree.title_in(contact.language),
            callback=grouped(tree.callback),
            ref=ref or "",
        )
        yield self._line(Style.DETAIL, "speaks", language=spoken.asks["language"])
        yield Line(Style.SAY, f"1. «{first}»")
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
