"""The call sheet, or a letter, as a tagged PDF on A4 in black only, with boxes to fill in by pen."""

from dataclasses import asdict
from typing import Any

from alertnet.messages.call_sheet import Boxes, Group, Line, Style
from alertnet.messages.drawings import typeset

RUN_ON = frozenset({Style.CONTACT, Style.DETAIL})
"""Styles after which a detail continues the same paragraph."""


def as_pdf(groups: tuple[Group, ...], language: str, foot: str) -> bytes:
    """The whole as a PDF. The foot of a page names it where it says `{page}` and `{pages}`."""
    title = next(part.text for part in groups[0] if isinstance(part, Line))
    data = {"title": title, "language": language, "foot": foot, "groups": [_joined(group) for group in groups]}
    return typeset.as_pdf("call_sheet.typ", data)


def _joined(group: Group) -> list[dict[str, Any]]:
    """The parts of a group; a contact and its details become one paragraph, to save pages."""
    parts: list[dict[str, Any]] = []
    for part in group:
        before = parts[-1]["styles"][-1:] if parts else []
        if isinstance(part, Boxes):
            parts.append({"styles": [], **asdict(part)})
        elif part.style is Style.DETAIL and RUN_ON.intersection(before):
            parts[-1]["styles"].append(part.style)
            parts[-1]["texts"].append(part.text)
        else:
            parts.append({"styles": [part.style], "texts": [part.text]})
    return parts
