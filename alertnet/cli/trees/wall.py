"""A contact tree as a picture for the wall: a band for each level, a card for each contact, time from top to bottom."""

from collections.abc import Iterable
from html import escape
from textwrap import wrap

from alertnet.cli.trees.outline import details, head, span, terms
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree

WIDTH, MARGIN, CARD, GAP, LINE = 1180, 24, 268, 14, 17
IN_A_ROW = (WIDTH - 2 * MARGIN - 80) // (CARD + GAP)
WORDS = 40
"""Letters of a card's line."""

STYLE = "body{font-family:sans-serif;margin:2rem;color:#111;background:#fff}svg{max-width:100%;height:auto}"


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
