"""`alertnet trees show`: a tree as text for the terminal, or as a picture for the wall."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from html import escape
from textwrap import wrap
from typing import Annotated, NamedTuple

import typer

from alertnet.cli.arguments import TREES, TreesFolder
from alertnet.core.directory.contact import Contact, Method
from alertnet.core.directory.contact_tree import ContactTree, Level, Team
from alertnet.core.directory.durations import duration_text
from alertnet.core.directory.languages import in_all
from alertnet.core.directory.on_call import Officer
from alertnet.core.directory.when import When
from alertnet.core.errors import BadInput
from alertnet.core.incident import Severity
from alertnet.runtime.clock import system_clock

WIDTH, MARGIN, CARD, GAP, LINE = 1180, 24, 268, 14, 17
IN_A_ROW = (WIDTH - 2 * MARGIN - 80) // (CARD + GAP)
WORDS = 40
"""The most characters on a line of a card."""

STYLE = (
    "body{font-family:sans-serif;margin:2rem;color:#111;background:#fff}"
    # Pages may break between two levels, not within one.
    "svg{display:block;max-width:100%;height:auto;break-inside:avoid}@page{margin:12mm}@media print{body{margin:0}}"
)

OnDuty = Mapping[str, Officer]
"""Who is on duty now, by the contact's id."""

Tree = Annotated[str | None, typer.Option(metavar="TREE", help="Only this tree, by its id; unless given, all.")]
Svg = Annotated[bool, typer.Option("--svg", help="Print a picture (SVG).")]
Html = Annotated[bool, typer.Option("--html", help="Print a page (HTML).")]


def outline(tree: ContactTree, on_duty: OnDuty) -> Iterator[str]:
    """The tree from its head to its last resort, as text."""
    yield f"{tree.id}: {tree.title}"
    yield f"  {head(tree)}"
    *levels, last = _bands(tree)
    for level in levels:
        yield "  │"
        yield f"  ├─ {level.at:>5}  {level.name}"
        yield f"  │         {level.about}"
        yield from (f"  │         · {card(tree, id, on_duty)}" for id in level.contacts)
    yield "  │"
    yield f"  └─ {last.at:>5}  nobody has answered: alarm to the coordinators, and last resort"
    yield from (f"            · {card(tree, id, on_duty)}" for id in tree.last_resort)


def _outline_of_field(teams: Mapping[str, Team]) -> Iterator[str]:
    """The teams, a line each: country, language, consent, and members who may raise an alarm."""
    yield "field:"
    for team in teams.values():
        zone = f", times in {team.timezone}" if team.timezone else ""
        callback = ", a number to call of its own" if team.callback else ""
        members = ", ".join(each.id + (" (silent)" if each.silent else "") for each in team.members.values())
        yield f"  {team.id}: in {team.country}, {team.language}, consent {team.consent}{zone}{callback}: {members}"


def head(tree: ContactTree) -> str:
    """The countries that it serves, its scope, language, time zone and rounds."""
    start = " unless all others are acknowledged" if tree.start.unless_acknowledged else ""
    begins = f", begins after {span(tree.start.after)}{start}" if tree.start.after else ""
    serves = ", ".join(sorted(tree.countries)) + (f" at {', '.join(sorted(tree.places))}" if tree.places else "")
    return f"serves {serves}, {tree.scope}, {tree.language}, {tree.timezone}, {tree.rounds} rounds{begins}"


def terms(level: Level) -> str:
    """The conditions of a level: for which incidents, what must be acknowledged, and how long it waits."""
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
    """The places and organisations to which a level or a contact is limited."""
    places, organisations = (", ".join(sorted(codes)) for codes in (when.place, when.organisation))
    return [*([f"only at {places}"] if places else []), *([f"only for {organisations}"] if organisations else [])]


def _severities(some: frozenset[Severity]) -> str:
    return ", ".join(severity.value for severity in Severity if severity in some)


def card(tree: ContactTree, id: str, on_duty: OnDuty) -> str:
    contact = tree.contacts[id]
    return "  ".join([f"{contact.organisation} ({id})", _methods(contact.methods), *details(contact, on_duty)])


def details(contact: Contact, on_duty: OnDuty) -> list[str]:
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
        *_turns(contact, on_duty),
        *_deputy(contact, on_duty),
        *([f"asked for {in_all(contact.ask)}"] if contact.ask else []),
    ]


def _turns(contact: Contact, on_duty: OnDuty) -> list[str]:
    if contact.duty is None or not contact.duty.rota:
        return []
    officer = on_duty.get(contact.id)
    rota = ", ".join(each.id for each in contact.duty.rota)
    return [f"on duty in turn {rota}; now {officer.id if officer else 'its own numbers'}"]


def _deputy(contact: Contact, on_duty: OnDuty) -> list[str]:
    if contact.deputy is None:
        return []
    officer = on_duty.get(contact.deputy)
    return [f"deputy {contact.deputy}" + (f" (now {officer.id})" if officer else "")]


def _methods(methods: tuple[Method, ...]) -> str:
    return ", ".join(str(each.kind) + (f" +{span(each.after)}" if each.after else "") for each in methods)


def span(length: timedelta) -> str:
    """A duration as in the file: `0m`, `90s`, `10m`, `2h`."""
    return duration_text(length) if length else "0m"


def as_html(trees: Iterable[tuple[ContactTree, OnDuty]]) -> str:
    """A page without scripts; each level is a picture of its own, so that printed pages break between them."""
    from alertnet.messages.drawings.html_page import html_page

    pictures = "\n".join(wall.svg() for tree, on_duty in trees for wall in _walls(tree, on_duty))
    return html_page("Contact trees", "en", STYLE, pictures)


def as_svg(trees: Iterable[tuple[ContactTree, OnDuty]]) -> str:
    """One SVG with all trees, one below the other."""
    wall = _Wall()
    for tree, on_duty in trees:
        wall.begin(tree)
        for band in _bands(tree):
            wall.draw(tree, band, on_duty)
        wall.y += 2 * MARGIN
    return wall.svg()


def _walls(tree: ContactTree, on_duty: OnDuty) -> Iterator["_Wall"]:
    """A picture per band; the first begins with the tree's name."""
    wall = _Wall()
    wall.begin(tree)
    for band in _bands(tree):
        wall.draw(tree, band, on_duty)
        yield wall
        wall = _Wall(y=0)


class _Band(NamedTuple):
    """A level, or the last resort, which is told when nobody has answered."""

    at: str
    name: str
    about: str
    contacts: tuple[str, ...]


def _bands(tree: ContactTree) -> Iterator[_Band]:
    *starts, ends_at = map(span, tree.level_starts)
    for starts_at, level in zip(starts, tree.levels, strict=True):
        yield _Band(starts_at, level.name, terms(level), level.notify)
    told = "alarm to the coordinators at once, and these"
    yield _Band(ends_at, "Nobody has answered", told, tree.last_resort)


class _Wall:
    """The drawing so far, and its height."""

    def __init__(self, y: int = MARGIN) -> None:
        self.parts: list[str] = []
        self.y = y

    def svg(self) -> str:
        box = f"0 0 {WIDTH} {self.y + MARGIN}"
        opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="13">'
        paper = f'<rect width="{WIDTH}" height="{self.y + MARGIN}" fill="#fff"/>'
        return "\n".join([opening, paper, *self.parts, "</svg>"])

    def begin(self, tree: ContactTree) -> None:
        self._text(MARGIN, tree.title, size=20, bold=True)
        self._text(MARGIN, head(tree))

    def draw(self, tree: ContactTree, band: _Band, on_duty: OnDuty) -> None:
        self.y += GAP
        top = self.y
        self._text(MARGIN + 80, band.name, size=15, bold=True)
        for line in wrap(band.about, 130):
            self._text(MARGIN + 80, line, colour="#555")
        for first in range(0, len(band.contacts), IN_A_ROW):
            row = band.contacts[first : first + IN_A_ROW]
            self._row([_lines(tree.contacts[id], on_duty) for id in row])
        self.parts.append(f'<text x="{MARGIN}" y="{top + 15}" font-size="15" fill="#b3261e">{escape(band.at)}</text>')
        line = f'x1="{MARGIN + 64}" x2="{MARGIN + 64}" y1="{top}" y2="{self.y}"'
        self.parts.append(f'<line {line} stroke="#b3261e" stroke-width="3"/>')

    def _row(self, written: list[list[str]]) -> None:
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


def _lines(contact: Contact, on_duty: OnDuty) -> list[str]:
    """The lines on a card, wrapped to its width."""
    named = f"{contact.id} · {contact.role} · {contact.language}"
    said = [contact.organisation, named, _methods(contact.methods), *details(contact, on_duty)]
    return [line for each in said for line in wrap(each, WORDS)]


def show(folder: TreesFolder = TREES, tree: Tree = None, svg: Svg = False, html: Html = False) -> None:
    """Show the trees: each level, when it begins, who is told and how, and who the deputies are.

    In the terminal it also shows the field teams. Numbers and addresses are left out, so that it may hang where others
    see it.
    """
    from alertnet.trees import read_network

    network = read_network(folder)
    trees = network.trees
    if tree is not None and tree not in trees:
        raise BadInput("--tree", tree, sorted(trees))
    now = system_clock()
    chosen = [(each, each.on_duty(now)) for id, each in sorted(trees.items()) if tree in (None, id)]
    if html:
        typer.echo(as_html(chosen))
    elif svg:
        typer.echo(as_svg(chosen))
    else:
        drawn = [
            *(outline(*each) for each in chosen),
            *([_outline_of_field(network.teams)] if network.teams and not tree else []),
        ]
        typer.echo("\n\n".join(map("\n".join, drawn)))
