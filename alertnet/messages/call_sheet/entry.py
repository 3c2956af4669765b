"""One contact on the call sheet: its numbers in order, what to say in its language, and boxes for what came of it."""

from collections.abc import Iterator

from alertnet.core.directory.contact import RINGING, Contact, Method
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.forecast.call_sheet import Entry
from alertnet.core.incident import ASKS, Facts
from alertnet.messages.call_sheet.layout import Boxes, Group, Line, SheetWords, Style, moment
from alertnet.messages.words import grouped

FINISHED = frozenset({AnswerKind.ACKNOWLEDGED, AnswerKind.DECLINED})
"""Whoever has said so is not called again; who passed it on may still be."""


def group_of(words: SheetWords, tree: ContactTree, entry: Entry, facts: Facts | None, ref: str | None) -> Group:
    """Everything about the contact, which stays on one page."""
    contact, answered = entry.contact, entry.answered
    names = [name for name in (contact.name, contact.organisation, contact.id) if name]
    lines: list[Line | Boxes] = [Line(Style.CONTACT, " · ".join(names))]
    if entry.deputy_of:
        lines.append(words.line(Style.DETAIL, "deputy_of", contact=entry.deputy_of))
    if answered is not None:
        at, said = moment(answered.at, tree.timezone), words.say(answered.kind.value)
        lines.append(words.line(Style.WARNING, "answered", at=at, answer=said))
    lines += _how_to_reach(words, contact)
    if entry.same_as:
        lines.append(words.line(Style.DETAIL, "same_as", contact="/".join(entry.same_as)))
    elif answered is None or answered.kind not in FINISHED:
        lines += [*_script(words, tree, entry, facts, ref), _boxes(words)]
    return tuple(lines)


def _how_to_reach(words: SheetWords, contact: Contact) -> Iterator[Line]:
    """The lines that say how to reach a contact, and how when nobody is there."""
    if contact.hours:
        yield words.line(Style.DETAIL, "there", hours=contact.hours.written)
    if contact.duty:
        officers = ", ".join(f"{officer.id} {grouped(officer.phone)}" for officer in contact.duty.rota)
        yield words.line(Style.DETAIL, "duty", officers=officers)
    yield from (Line(Style.DETAIL, _method(words, method)) for method in _in_order(contact.methods))
    if contact.when_closed:
        yield words.line(Style.DETAIL, "when_closed")
        yield from (Line(Style.DETAIL, _method(words, method)) for method in _in_order(contact.when_closed))


def _in_order(methods: tuple[Method, ...]) -> list[Method]:
    """The methods as an escalation would use them: by their time, then as they are written."""
    return sorted(methods, key=lambda method: method.after)


def _method(words: SheetWords, method: Method) -> str:
    address = grouped(method.address) if method.kind in RINGING else method.address
    parts = [words.say("method", when=words.after(method.after), kind=words.say(method.kind.value), address=address)]
    if method.extension:
        parts.append(words.say("extension", digits=method.extension.replace("w", "")))
    if method.relays:
        parts.append(words.say("relays"))
    return ", ".join(parts)


def _script(words: SheetWords, tree: ContactTree, entry: Entry, facts: Facts | None, ref: str | None) -> Iterator[Line]:
    """The sentence that is safe with anybody, and then what only the contact hears."""
    spoken = SheetWords(words.renderer, entry.contact.language, tree.language)
    first = {
        "organisation": tree.title_in(entry.contact.language),
        "callback": grouped(tree.callback),
        "ref": ref or "",
    }
    yield words.line(Style.DETAIL, "speaks", language=spoken.asks["language"])
    yield Line(Style.SAY, f"1. «{spoken.say('say_first_ref' if ref else 'say_first', **first)}»")
    yield Line(Style.SAY, f"2. «{' '.join(_news(spoken, entry, facts))}»")


def _news(spoken: SheetWords, entry: Entry, facts: Facts | None) -> Iterator[str]:
    if facts is None:
        yield spoken.say("say_alert_untold")
    else:
        if facts.drill:
            yield spoken.say("say_drill")
        yield spoken.say("say_alert", type=spoken.words.types[facts.type])
    if entry.contact.is_coordinator:
        yield spoken.say("say_coordinator")
        return
    # What was asked in free text may name somebody: whoever calls knows it, the paper does not.
    if facts is not None and facts.ask in ASKS:
        yield spoken.say("say_ask", ask=spoken.asks[f"ask_{facts.ask}"])
    yield spoken.say("say_answer")
    yield spoken.say("say_discretion")


def _boxes(words: SheetWords) -> Boxes:
    ticks = ("box_no_answer", *(kind.value for kind in AnswerKind))
    return Boxes(words.say("box_time"), tuple(words.say(tick) for tick in ticks), words.say("box_note"))
