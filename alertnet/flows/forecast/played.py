"""A rehearsal ready to be shown: words, local times, cost."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import phonenumbers
from typing_extensions import TypedDict

from alertnet.core.codec import replace, to_plain, value
from alertnet.core.delivery.sms_encoding import count
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.languages import nearest, shown
from alertnet.core.disclosure import Said, Subject, addressed, sent_by
from alertnet.core.forecast.script import Script
from alertnet.core.forecast.simulation import Rehearsal, Told
from alertnet.core.incident import Facts
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import said_by
from alertnet.messages.message import Message
from alertnet.messages.renderer import Renderer

REF, CODE, SPOKEN_CODE, LINK = "A-7K3M", "4711", "407", "https://alertnet.example/a/0000000000000000"
"""Stand-ins in messages for what only a real incident has."""


class Cost(TypedDict):
    """Messages by method, and for SMS the segments that the provider bills."""

    sms: int
    segments: int
    calls: int
    emails: int
    by_country: dict[str, dict[str, int]]


@value
class Played:
    """An incident that was played. With `renderer` None there are no templates, and each SMS counts as one segment."""

    facts: Facts
    network: Network
    opened_at: datetime
    rehearsal: Rehearsal
    renderer: Renderer | None
    script: Script
    otherwise: "Played | None" = None
    """The same where the coordinators do the opposite with the alarms; for its cost."""

    def after(self, at: datetime) -> timedelta:
        """The time since the opening."""
        return at - self.opened_at

    def local(self, told: Told) -> datetime:
        """The moment in the recipient's time zone."""
        return told.at.astimezone(ZoneInfo(told.contact.timezone))

    def message(self, told: Told) -> Message | None:
        """The message as it would leave; None for a task, or without templates."""
        if self.renderer is None or told.method.kind is MethodKind.TASK:
            return None
        words = sent_by(self._said(told), told.method)
        if told.method.kind is MethodKind.CALL:
            script = self.renderer.speak(told.kind, told.contact.language, words)
            asked = ("pin" if told.contact.pin else "code", "after") if words.expects_answer else ()
            heard = (script.sentences.get(stage) for stage in ("greeting", *asked))
            return Message(script.language, sentences=tuple(filter(None, heard)))
        return self.renderer.render(told.kind, told.method.kind, told.contact.language, words)

    def spoken(self, told: Told) -> str:
        """The recipient's language, and the one used where there are no messages in it, as in `de → en`."""
        language = told.contact.language
        if self.renderer is None or told.method.kind is MethodKind.TASK:
            return language
        of_tree = self.network.trees[told.trees[0]].language
        return shown(language, nearest(language, self.renderer.languages, of_tree))

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the place where it happens."""
        return ZoneInfo(self.network.zone_of(self.facts.country))

    @cached_property
    def cost(self) -> Cost:
        """What the provider bills: in total, and by the country of the number."""
        kinds = Counter(told.method.kind for told in self.rehearsal.told)
        segments, calls = Counter[str](), Counter[str]()
        for told in self.rehearsal.told:
            if told.method.kind is MethodKind.SMS:
                message = self.message(told)
                segments[_country(told.method.address)] += count(message.text).segments if message else 1
            elif told.method.kind is MethodKind.CALL:
                calls[_country(told.method.address)] += 1
        return Cost(
            sms=kinds[MethodKind.SMS],
            segments=segments.total(),
            calls=kinds[MethodKind.CALL],
            emails=kinds[MethodKind.EMAIL],
            by_country={
                country: {"segments": segments[country], "calls": calls[country]}
                for country in sorted({*segments, *calls})
            },
        )

    def as_plain(self, *, with_words: bool) -> dict[str, object]:
        """Everything as JSON values."""
        rehearsal = self.rehearsal
        return {
            "opened_at": _instant(self.opened_at),
            "opened_local": self.opened_at.astimezone(self.zone).isoformat(),
            "zone": self.zone.key,
            "events": [self._event(told, with_words) for told in rehearsal.told],
            "decisions": [
                {"at": _instant(each.at), "tree": each.tree, "level": each.payload.get("level")}
                for each in rehearsal.noted
                if each.kind == "go_asked"
            ],
            "pruned": to_plain(rehearsal.pruned),
            "closed": [to_plain(each) | {"at": _instant(each.at)} for each in rehearsal.closed],
            "ignored": [
                {"does": each.deed.does.value, "tree": each.deed.tree, "about": each.deed.about, "why": each.why}
                for each in rehearsal.ignored
            ],
            "cost": self.cost,
            **({"cost_by_alarms": self._cost_by_alarms(self.otherwise)} if self.otherwise else {}),
            "until": _instant(rehearsal.until),
            "ends_at": _instant(rehearsal.ends_at) if rehearsal.ends_at else None,
        }

    def _cost_by_alarms(self, otherwise: "Played") -> dict[str, Cost]:
        costs = {played.script.alarms is None: played.cost for played in (self, otherwise)}
        return {"silent": costs[True], "answered": costs[False]}

    def _event(self, told: Told, with_words: bool) -> dict[str, object]:
        event: dict[str, object] = {
            "at": _instant(told.at),
            "offset_seconds": self.after(told.at).total_seconds(),
            "tree": told.tree,
            "trees": list(told.trees),
            "level": told.level,
            "round": told.round,
            "contact": told.contact.id,
            "method": told.method.kind.value,
            "kind": told.kind.value,
            "arrives": told.arrives,
            "language": told.contact.language,
            "local_time": self.local(told).isoformat(),
        }
        if not told.method.replies:
            event["answerable"] = False
        message = self.message(told) if with_words else None
        return event | ({"message": "\n".join(words_of(message))} if message else {})

    def _said(self, told: Told) -> Said:
        tree, asking = self.network.trees[told.tree], self.network.trees[told.trees[0]]
        subjects = {Kind.DECISION: Subject.LEVEL, Kind.ALARM: Subject.UNANSWERED, Kind.TASK: Subject.TASK}
        names = [level.name for level in asking.levels]
        asked = names.index(told.level) if told.kind is Kind.DECISION else None
        words = replace(
            said_by(tree, told.contact),
            ref=REF,
            type=self.facts.type,
            severity=self.facts.severity,
            code=CODE if told.contact.answers else None,
            spoken_code=SPOKEN_CODE,
            link=LINK if told.contact.answers else None,
            expects_answer=told.contact.answers,
            subject=subjects.get(told.kind),
            about=told.level if told.kind is Kind.DECISION else asking.id,
            level=None if asked is None else asked + 1,
            contacts=None if asked is None else len(asking.levels[asked].notify),
            tree=asking.title,
            names=() if asked is None else asking.levels[asked].notify,
            at=self.opened_at,
        )
        return addressed(words, self.facts, told.contact, tree.level(told.level)) if told.kind.is_alert else words


def words_of(message: Message) -> list[str]:
    """The lines of a message: an SMS, a mail with its subject first, or the sentences of a call."""
    if message.sentences:
        return list(message.sentences)
    return [*([message.subject] if message.subject else []), *message.text.strip().splitlines()]


@cache
def _country(number: str) -> str:
    """The country of a number, or its calling code where several share it."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "?"
    return phonenumbers.region_code_for_number(parsed) or f"+{parsed.country_code}"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
