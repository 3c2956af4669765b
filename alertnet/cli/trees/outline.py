"""A contact tree in lines: what a level waits for, who is told in it and how, in the words of the file."""

from collections.abc import Iterator
from datetime import timedelta

from alertnet.core.directory.contact import Contact, Method
from alertnet.core.directory.contact_tree import ContactTree, Level
from alertnet.core.incident import Severity


def outline(tree: ContactTree) -> Iterator[str]:
    """The tree from its head to its last resort, for a terminal."""
    yield f"{tree.id}: {tree.title}"
    yield f"  {head(tree)}"
    starts_at = tree.start.after
    for level in tree.levels:
        yield "  │"
        yield f"  ├─ {span(starts_at):>5}  {level.name}"
        yield f"  │         {terms(level)}"
        yield from (f"  │         · {card(tree, id)}" for id in level.notify)
        starts_at += level.wait
    yield "  │"
    yield f"  └─ {span(starts_at):>5}  nobody has answered: alarm to the coordinators, and last resort"
    yield from (f"            · {card(tree, id)}" for id in tree.last_resort)


def head(tree: ContactTree) -> str:
    """Whom it serves, how far its news goes, and in which language and zone."""
    start = " unless all others are acknowledged" if tree.start.unless_acknowledged else ""
    begins = f", begins after {span(tree.start.after)}{start}" if tree.start.after else ""
    serves = ", ".join(sorted(tree.countries))
    return f"serves {serves}, {tree.scope}, {tree.language}, {tree.timezone}, {tree.rounds} rounds{begins}"


def terms(level: Level) -> str:
    """What a level is for, what it asks of its contacts, and how long it waits."""
    when, go, repeat, due = level.when, level.needs_go, level.repeat, level.action_due
    parts = [f"acknowledge: {level.acknowledge}", f"wait {span(level.wait)}"]
    if repeat:
        parts.append(f"rings again every {span(repeat.every)}, {repeat.times} times")
    if when.severity:
        parts.append(f"only {_severities(when.severity)}")
    if when.type:
        parts.append("only " + ", ".join(sorted(when.type)))
    if when.nationality:
        parts.append("embassies of those affected")
    if go:
        spared = _severities(go.unless_severity)
        after = f", by itself after {span(go.proceed_after)}" if go.proceed_after else ""
        parts.append(f"needs a go{f' unless {spared}' if spared else ''}{after}")
    if due:
        parts.append(f"action within {span(due.after)}, otherwise {due.otherwise}")
    return "; ".join(parts)


def _severities(some: frozenset[Severity]) -> str:
    return ", ".join(severity.value for severity in Severity if severity in some)


def card(tree: ContactTree, id: str) -> str:
    """A contact on one line."""
    contact = tree.contacts[id]
    return "  ".join([f"{contact.organisation} ({id})", _methods(contact.methods), *details(contact)])


def details(contact: Contact) -> list[str]:
    """What else is to be known of it."""
    closed = [contact.hours.written] if contact.hours else []
    closed += [f"holidays {', '.join(contact.holidays)}"] if contact.holidays else []
    return [
        *([f"of {contact.represents}"] if contact.represents else []),
        *([f"not if {contact.belongs_to} is accused"] if contact.belongs_to else []),
        *closed,
        *([f"else {_methods(contact.when_closed)}"] if contact.when_closed else []),
        *([f"deputy {contact.deputy}"] if contact.deputy else []),
    ]


def _methods(methods: tuple[Method, ...]) -> str:
    return ", ".join(str(each.kind) + (f" +{span(each.after)}" if each.after else "") for each in methods)


def span(length: timedelta) -> str:
    """As it stands in the file: `0m`, `90s`, `10m`, `2h`."""
    seconds = round(length.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{unit}" if seconds else "0m"
    return f"{seconds}s"
