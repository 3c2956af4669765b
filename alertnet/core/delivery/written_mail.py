"""A mail that answers one of ours, and what in it its sender wrote: the lines above the quoted original (A6, A12)."""

import re
from collections.abc import Collection

from alertnet.core.codec import value

REPLY_ABOVE = "#####"
"""What the line of our mails begins with above which an answer is written; it survives every way of quoting."""

LONGEST_WORDS = 1600
"""Characters that are kept, as of an SMS."""

_SEPARATOR = re.compile(r"\s*(?:[-_]{5,}|-- ?$)")
"""A line that parts an answer from the original, or from a signature."""


@value
class WrittenMail:
    """A mail that answers one of ours."""

    id: str
    """It tells the mail from any other, and is the same however often that is read."""
    sender: str
    """The address of From, in small letters."""
    answers: tuple[str, ...]
    """The notifications that it may answer, nearest first."""
    words: str
    """What its sender wrote; empty where that can't be told from what is quoted."""
    whole: str
    """The beginning of all that can be read."""
    is_automatic: bool = False
    """A machine wrote it: people may read it, but it answers nothing."""
    bounced: str | None = None
    """The status by which a mail of ours was finally refused (RFC 3463), such as 5.1.1."""
    bounced_at: str = ""
    """The address that refused it, in small letters, if the report names one; it may have been passed on to that."""
    attached: int = 0
    """How many files came with it; they stay in the mailbox."""


def own_words(text: str, ours: Collection[str]) -> str:
    """The lines before the original, without quoted ones. `ours`: the addresses of our mails.

    The original begins with the line of ours, with one that is drawn, or with one about who wrote it, which names our
    address. Whoever answers below it is not read, since those lines may be ours.
    """
    lines: list[str] = []
    for line in text.splitlines():
        plain = line.strip()
        if plain.startswith(">"):
            continue
        names_us = any(each.lower() in plain.lower() for each in ours)
        if REPLY_ABOVE in plain or names_us or _SEPARATOR.match(line):
            break
        lines.append(plain)
    return "\n".join(_without_heading(lines)).strip()[:LONGEST_WORDS]


def _without_heading(lines: list[str]) -> list[str]:
    """The lines without who wrote the original when, which stands last: "On 27 Nov 2026 at 02:14, PBI wrote:"."""
    while lines and not lines[-1]:
        lines.pop()
    return lines[:-1] if lines and lines[-1].endswith(":") else lines
