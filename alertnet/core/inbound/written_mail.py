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
_CLOSING = re.compile(
    r"(?:muy )?atentamente|(?:un )?(?:atento |cordial )?saludos?(?: cordial(?:es)?)?|cordialmente"
    r"|(?:bien |très )?cordialement|bien à vous|(?:meilleures |sincères )?salutations"
    r"|(?:best|kind|kindest|warm|with best|with kind)? ?regards|yours (?:sincerely|faithfully|truly)|sincerely"
    r"|mit (?:freundlichen|besten|herzlichen) gr(?:ü|ue)(?:ß|ss)en"
    r"|(?:viele |beste |freundliche |herzliche )?gr(?:ü|ue)(?:ß|ss)e|mfg"
    r"|atenciosamente|(?:com os |os )?(?:meus )?melhores cumprimentos|abraços?"
    r"|(?:sent|enviad[oa]|envoyée?|gesendet) (?:from|via|with|using|desde|con|do|da|de|pelo|a partir|depuis|avec"
    r"|à partir|mit|von|über|aus) [^,;:]{1,60}|von mein\w+ [^,;:]{1,60} gesendet"
    r"|(?:get|obtener|obter o|télécharger|holen sie sich|laden sie) outlook .{0,60}",
    re.IGNORECASE,
)
"""A line with which a letter ends: below it stand names, numbers and addresses."""
_NOTICE_BEGINS = re.compile(
    r"(?:aviso|advertencia|confidenci|confidenti|disclaimer|legal notice|avertissement|hinweis|nota de confid"
    r"|est[ea] (?:mensa|corr|comun|e-?mail)|(?:el|la) presente|ce (?:mess|cour)|cette? (?:mess|comm|e-?mail)"
    r"|this (?:mess|e-?mail|comm)|diese (?:e-?mail|nach)|(?:the|la|les|die|as) inform|if you are not"
    r"|si (?:usted )?no (?:es|fuera)|si vous n|wenn sie nicht|sollten sie nicht|se (?:você )?não|caso não)",
    re.IGNORECASE,
)
_NOTICE_HOLDS = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"destinatari|destinatári|recipient|addressee|destinataire|empfänger|adressat",
        r"confiden|vertraulich|privileg|if you are not|si (?:usted )?no (?:es|fuera)|si vous n|wenn sie nicht"
        r"|sollten sie nicht|se (?:você )?não|caso não",
    )
)
"""Both stand in a legal notice; a mail that went to the wrong recipient may say so, and only the former."""
SHORTEST_NOTICE = 150
"""Characters of a legal notice, in which no word takes anything back."""
_POSTSCRIPT = re.compile(r"^p\.? ?[sd]\b", re.IGNORECASE | re.MULTILINE)
_MAY_BE_CODE = re.compile(r"(?<!\d)\d{4}(?!\d).*")


@value
class WrittenMail:
    """A mail that somebody wrote to us, or that says that ours came back."""

    id: str
    """It tells the mail from any other, and is the same however often that is read."""
    sender: str
    """The address of From, in small letters."""
    answers: tuple[str, ...]
    """The notifications that it may answer, nearest first; none for a new mail."""
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
    is_quoted = False
    for line in text.splitlines():
        plain = line.strip()
        # Right below a quoted line stands the rest of it, where a program has wrapped that.
        is_quoted = plain.startswith(">") or (is_quoted and plain != "")
        if is_quoted:
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


def answer_in(words: str) -> str:
    """The words without what every letter of its sender ends with: how it closes, who it is, and legal notices.

    "If you are not the recipient" takes nothing back. Where a postscript follows, nothing is left out.
    """
    head, code, rest = _at_code(words)
    lines = "\n\n".join(block for block in rest.split("\n\n") if not _is_notice(block)).splitlines()
    end = next((place for place in range(len(lines)) if _closes(lines[place:])), len(lines))
    return words if _POSTSCRIPT.search(rest) else "\n".join([f"{head}{code}", *lines[:end]])


def _at_code(words: str) -> tuple[str, str, str]:
    """What stands before the line with the first number that may be a code, that line, and what stands below it."""
    found = _MAY_BE_CODE.search(words)
    return (words[: found.start()], found[0], words[found.end() :]) if found else (words, "", "")


def _closes(lines: list[str]) -> bool:
    """Whether the first of these lines closes the letter, and what stands in the next is no sentence, but a name."""
    below = next(filter(None, lines[1:]), "")
    return _CLOSING.fullmatch(lines[0].strip(" ,.!–-")) is not None and not re.search(r"\b[^\W\d_A-ZÀ-Þ]{4}", below)


def _is_notice(block: str) -> bool:
    is_long = len(block) >= SHORTEST_NOTICE
    return is_long and bool(_NOTICE_BEGINS.match(block.strip())) and all(each.search(block) for each in _NOTICE_HOLDS)
