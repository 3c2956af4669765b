"""`alertnet trees show`: a tree in lines for the terminal, or as a picture for the wall."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Annotated

import typer

from alertnet.cli.arguments import TREES, TREES_HELP, or_shipped
from alertnet.core.directory.contact import Contact, Method
from alertnet.core.directory.contact_tree import ContactTree, Level, Team
from alertnet.core.directory.languages import in_all
from alertnet.core.directory.when import When
from alertnet.core.errors import Unknown
from alertnet.core.incident import Severity

WIDTH, MARGIN, CARD, GAP, LINE = 1180, 24, 268, 14, 17
IN_A_ROW = (WIDTH - 2 * MARGIN - 80) // (CARD + GAP)
WORDS = 40
"""Letters of a card's line."""

STYLE = "body{font-family:sans-serif;margin:2rem;color:#111;background:#fff}svg{max-width:100%;height:auto}"

Folder = Annotated[
    Path,
    typer.Argument(
        envvar="ALERTNET_CONTACT_TREES",
        callback=or_shipped,
        help=TREES_HELP,
    ),
]
Tree = Annotated[str | None, typer.Option("--tree", help="One tree alone, by its id.")]
Svg = Annotated[bool, typer.Option("--svg", help="A picture.")]
Html = Annotated[bool, typer.Option("--html", help="A page to print.")]


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


def outline_of_field(teams: Mapping[str, Team]) -> Iterator[str]:
    """The teams, a line for each: where they work, what they are told in, and who may raise an alarm."""
    yield "field:"
    for team in teams.values():
        zone = f", times in {team.timezone}" if team.timezone else ""
        callback = ", a number to call of its own" if team.callback else ""
        members = ", ".join(each.id + (" (silent)" if each.silent else "") for each in team.members.values())
        yield f"  {team.id}: in {team.country}, {team.language}, consent {team.consent}{zone}{callback}: {members}"


def head(tree: ContactTree) -> str:
    """Whom it serves, how far its news goes, and in which language and zone."""
    start = " unless all others are acknowledged" if tree.start.unless_acknowledged else ""
    begins = f", begins after {span(tree.start.after)}{start}" if tree.start.after else ""
    serves = ", ".join(sorted(tree.countries)) + (f" at {', '.join(sorted(tree.places))}" if tree.places else "")
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
    parts += only_for(when)
    if go:
        spared = _severities(go.unless_severity)
        after = f", by itself after {span(go.proceed_after)}" if go.proceed_after else ""
        parts.append(f"needs a go{f' unless {spared}' if spared else ''}{after}")
    if due:
        parts.append(f"action within {span(due.after)}, otherwise {due.otherwise}")
    if level.ask:
        parts.append(f"asks for {in_all(level.ask)}")
    return "; ".join(parts)


def only_for(when: When) -> list[str]:
    """The places and organisations that a level or a contact is for."""
    places, organisations = (", ".join(sorted(codes)) for codes in (when.place, when.organisation))
    return [*([f"only at {places}"] if places else []), *([f"only for {organisations}"] if organisations else [])]


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
        *only_for(contact.when),
        *closed,
        *([f"else {_methods(contact.when_closed)}"] if contact.when_closed else []),
        *(["not told at its next opening"] if not contact.hold else []),
        *(["no answer expected"] if not contact.answers else []),
        *([f"deputy {contact.deputy}"] if contact.deputy else []),
        *([f"asked for {in_all(contact.ask)}"] if contact.ask else []),
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


def as_html(trees: Iterable[ContactTree]) -> str:
    """A page that stands alone, without a script."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Contact trees</title>'
        f"<style>{STYLE}</style></head><body>\n{as_svg(trees)}\n</body></html>"
    )


def as_svg(trees: Iterable[ContactTree]) -> str:
    """One SVG with all of them, one below the other."""
    wall = _Wall()
    for tree in trees:
        wall.draw(tree)
    box = f"0 0 {WIDTH} {wall.y + MARGIN}"
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="13">'
    return "\n".join(
        [opening, f'<rect width="{WIDTH}" height="{wall.y + MARGIN}" fill="#fff"/>', *wall.parts, "</svg>"]
    )


class _Wall:
    """What is drawn so far, and how far down it reaches."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = MARGIN

    def draw(self, tree: ContactTree) -> None:
        """One tree below what is there."""
        self._text(MARGIN, tree.title, size=20, bold=True)
        self._text(MARGIN, head(tree))
        starts_at = tree.start.after
        for level in tree.levels:
            self._band(tree, f"{span(starts_at)}", level.name, terms(level), level.notify)
            starts_at += level.wait
        told = "alarm to the coordinators at once, and these"
        self._band(tree, span(starts_at), "Nobody has answered", told, tree.last_resort)
        self.y += 2 * MARGIN

    def _band(self, tree: ContactTree, at: str, name: str, about: str, contacts: tuple[str, ...]) -> None:
        self.y += GAP
        top = self.y
        self._text(MARGIN + 80, name, size=15, bold=True)
        for line in wrap(about, 130):
            self._text(MARGIN + 80, line, colour="#555")
        for first in range(0, len(contacts), IN_A_ROW):
            self._row([tree.contacts[id] for id in contacts[first : first + IN_A_ROW]])
        self.parts.append(f'<text x="{MARGIN}" y="{top + 15}" font-size="15" fill="#b3261e">{escape(at)}</text>')
        line = f'x1="{MARGIN + 64}" x2="{MARGIN + 64}" y1="{top}" y2="{self.y}"'
        self.parts.append(f'<line {line} stroke="#b3261e" stroke-width="3"/>')

    def _row(self, contacts: list[Contact]) -> None:
        written = [_lines(contact) for contact in contacts]
        height = LINE * max(map(len, written)) + 14
        for place, lines in enumerate(written):
            x = MARGIN + 80 + place * (CARD + GAP)
            box = f'x="{x}" y="{self.y}" width="{CARD}" height="{height}"'
            self.parts.append(f'<rect {box} rx="6" fill="#f6f6f4" stroke="#bbb"/>')
            for number, line in enumerate(lines):
                weight = ' font-weight="bold"' if number == 0 else ""
                y = self.y + 19 + LINE * number
                self.parts.append(f'<text x="{x + 10}" y="{y}" fill="#111"{weight}>{escape(line)}</text>')
        self.y += height + GAP

    def _text(self, x: int, words: str, *, size: int = 13, bold: bool = False, colour: str = "#111") -> None:
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(
            f'<text x="{x}" y="{self.y + size}" font-size="{size}" fill="{colour}"{weight}>{escape(words)}</text>'
        )
        self.y += size + 7


def _lines(contact: Contact) -> list[str]:
    """The words on a card, short enough for it."""
    methods = ", ".join(str(each.kind) + (f" +{span(each.after)}" if each.after else "") for each in contact.methods)
    said = [contact.organisation, f"{contact.id} · {contact.role} · {contact.language}", methods, *details(contact)]
    return [line for each in said for line in wrap(each, WORDS)]


def show(folder: Folder = TREES, tree: Tree = None, svg: Svg = False, html: Html = False) -> None:
    """Draw the trees: level after level, when each begins, who is told, by what, and who stands in for whom.

    In the terminal also the teams of the field. Numbers and addresses are not shown, so that it may hang where others
    see it.
    """
    from alertnet.trees import read_network

    network = read_network(folder)
    trees = network.trees
    if tree is not None and tree not in trees:
        raise Unknown("tree", tree)
    chosen = [each for id, each in sorted(trees.items()) if tree in (None, id)]
    if html:
        typer.echo(as_html(chosen))
    elif svg:
        typer.echo(as_svg(chosen))
    else:
        drawn = [*map(outline, chosen), *([outline_of_field(network.teams)] if network.teams and not tree else [])]
        typer.echo("\n\n".join(map("\n".join, drawn)))
