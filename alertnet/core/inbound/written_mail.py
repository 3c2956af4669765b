"""A mail that answers one of ours, and what in it its sender wrote: the lines above the quoted original (A6, A12)."""

import re
from collections.abc import Collection, Iterable
from itertools import islice, takewhile

from alertnet.core.codec import value

REPLY_ABOVE = "#####"
"""What the line of our mails begins with above which an answer is written; it survives every way of quoting."""

BY_US = "X-Awaits-Answer"
"""The header of our mails that want an answer, by which we know one that comes to our own mailbox, or another's.

It goes in clear beside what is encrypted, so its name says nothing of an alarm (A9).
"""

LONGEST_WORDS = 1600
"""Characters that are kept, as of an SMS."""

_SEPARATOR, _UNDERLINE = re.compile(r"[-_]{5,}|--$"), re.compile(r"[-_=*~]{2,}$|[—–]$")
"""A line that parts an answer from the original, or from a signature; and one that parts it from the latter alone."""
_SIGNED = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:\w+: .*\n)*")
"""What stands above a text that is signed in clear (RFC 9580 7); in that `- ` stands before each line of dashes."""
_YEAR = re.compile(r"\b20\d\d\b|\d[/.-]\d\d?[/.-]\d\d\b")
_FIELD, _FROM = (
    re.compile(rf"{name} ?:", re.IGNORECASE) for name in (r"[^\W\d][\w ]{0,15}", r"(?:from|de|von|da|van|\u0645\u0646)")
)
LONGEST_HEADING = 6
"""Lines about who wrote the original when."""
_CLOSING = re.compile(
    r"(?:muy )?atentamente|(?:un )?(?:atento |cordial )?saludos?(?: cordial(?:es)?)?|cordialmente"
    r"|(?:bien |très )?cordialement|bien à vous|(?:meilleures |sincères )?salutations"
    r"|(?:best|kind|kindest|warm|with best|with kind)? ?regards|yours (?:sincerely|faithfully|truly)|sincerely"
    r"|mit (?:freundlichen|besten|herzlichen) gr(?:ü|ue)(?:ß|ss)en"
    r"|(?:viele |beste |freundliche |herzliche )?gr(?:ü|ue)(?:ß|ss)e|mfg"
    r"|atenciosamente|(?:com os |os )?(?:meus )?melhores cumprimentos|abraços?"
    r"|(?:sent|enviad[oa]|envoyée?|gesendet) (?:from|via|with|using|desde|con|do|da|de|pelo|a partir|depuis|avec"
    r"|à partir|mit|von|über|aus) [^,;:]{1,60}|von mein\w+ [^,;:]{1,60} gesendet"
    r"|(?:get|obtener|obter o|télécharger|holen sie sich|laden sie) outlook .{0,60}"
    # How telephones that speak Arabic, Russian, Chinese … say it.
    r"|(?:[^a-z<]*\b(?:iphone|ipad|android|outlook|samsung|galaxy|huawei|xiaomi)\b(?:<[^<>]*>)?)+[^a-z<]*"
    r"|(?:sensitive but )?unclassified|non classifi[ée]e?",
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
_NOTICE_HOLDS, _FOOTER_HOLDS = (
    tuple(re.compile(words, re.IGNORECASE) for words in each)
    for each in (
        (
            r"destinatari|destinatári|recipient|addressee|destinataire|empfänger|adressat",
            r"confiden|vertraulich|privileg|if you are not|si (?:usted )?no (?:es|fuera)|si vous n|wenn sie nicht"
            r"|sollten sie nicht|se (?:você )?não|caso não",
        ),
        (
            r"print|imprim|\b(?:aus)?(?:ge)?druck|virus|vírus|viren",
            r"\b(?:this|est[ea]|ess[ea]|cet?|diese[rns]?) (?:e-?mail|me[ns]sa|correo|courriel|nachricht)|avast|\bavg\b",
        ),
    )
)
"""What stands together in a legal notice, of which a mail that went to the wrong recipient may say only the former; in
a line that mail programs add, as "Don't print this e-mail".
"""
_WARNING = re.compile(
    r"(?i:(?:correo|mensaje|e-?mail|mensagem)\s[^.!,;]{0,25}f(?:uera\sde|ora\sd[ae])[^.!,;]{1,10}(?:organiz|empres|entid)\w+)"
    r"|(?i:(?:do\snot|don['’]t|never)\s(?:click|open\s(?:any\s)?(?:links|attachments))|no\sha(?:ga|gan|cer)\sclic"
    r"|no\sabra|ne\s(?:cliquez|pas\scliquer)|n['’]ouvrez|klicken\ssie|öffnen\ssie|não\s(?:clique|abra))"
    r"[^.!?,;\n]*(?:\n[a-z][^.!?,;\n]*)*"
)
"""Parts of what mail servers put above mails from outside, and of nothing else that stands beside those."""
SHORTEST_NOTICE = 150
"""Characters of a legal notice, in which no word takes anything back."""
_POSTSCRIPT = re.compile(r"^p\.? ?[sd]\b", re.IGNORECASE | re.MULTILINE)
_NUMBER_SIGN = re.compile(r"(?<=[\w,.] )N(?:o|[°º])\.? ?(?=\d)(?!\d{4}\b)")
"""As of a house, behind its street: Carrera 9 No. 76-49."""
_NAME, _SMALL_WORD = re.compile(r"\b[A-ZÀ-Þ]\w*[^\W\d_A-ZÀ-Þ]"), re.compile(r"\b[^\W\d_A-ZÀ-Þ]{4}")
"""A word as of a name, and one as of a sentence."""
_MAY_BE_CODE = re.compile(r"(?<![\d+-])(?!19|20)\d{4}(?!\d).*")
"""Not a year, nor the zone of an hour."""


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

    The original begins with the line of ours, with one that is drawn, or with who wrote it, in fields or in a line that
    names our address. Whoever answers below it is read only where all of it is quoted, since its lines may be ours.
    """
    text = text.lstrip()
    if begun := _SIGNED.match(text):
        text = re.sub(r"^- ", "", text[begun.end() :], flags=re.MULTILINE)
    own: list[str] = []
    is_quoted = has_code = False
    lines = [line.strip() for line in text.splitlines()]
    for place, line in enumerate(lines):
        # Right below a quoted line stands the rest of it, where a program has wrapped that.
        was_quoted, is_quoted = is_quoted, line.startswith(">") or (is_quoted and line != "")
        if is_quoted:
            if not was_quoted:
                _take_heading_from(own, ours)
            continue
        if REPLY_ABOVE in line or _SEPARATOR.match(line):
            break
        # In fields above which nothing stands an office says who answers: De, Para, Asunto.
        if own and not _FIELD.match(own[-1]) and _are_fields(lines[place : place + 3]):
            break
        if has_code and _UNDERLINE.match(line):
            break
        own.append(line)
        if _names_us(line, ours) and (has_code or not _is_quoted_below(lines, place)):
            break
        has_code = has_code or _MAY_BE_CODE.search(line) is not None
    _take_heading_from(own, ours)
    return "\n".join(own).strip()[:LONGEST_WORDS]


def _take_heading_from(lines: list[str], ours: Collection[str]) -> None:
    """Take out who wrote the original when, which stands last: "On 27 Nov 2026 at 02:14, PBI wrote:".

    Programs wrap it, before the address or the hour.
    """
    while lines and not lines[-1]:
        lines.pop()
    last = lines[-1] if lines else ""
    is_told = _names_us(last, ours) or (last.endswith(":") and not _MAY_BE_CODE.search(last))
    block = list(takewhile(lambda line: line and not _MAY_BE_CODE.search(line), lines[: -1 - LONGEST_HEADING : -1]))
    if is_told:
        begins = (above for above, line in enumerate(block) if _YEAR.search(line) or _FROM.match(line))
        del lines[-1 - next(begins, 0) :]


def _are_fields(lines: list[str]) -> bool:
    """Whether these are the first fields about the original: From, Sent, Subject."""
    return len(lines) == 3 and any(map(_FROM.match, lines)) and all(map(_FIELD.match, lines))


def _is_quoted_below(lines: list[str], place: int) -> bool:
    """Whether the next line that is not blank is quoted."""
    return next(filter(None, islice(lines, place + 1, None)), "").startswith(">")


def _names_us(line: str, ours: Collection[str]) -> bool:
    return any(each.lower() in line.lower() for each in ours)


def answer_in(words: str) -> str:
    """The words without what every letter of its sender ends with: how it closes, who it is, and legal notices.

    "If you are not the recipient" takes nothing back, nor does what a mail server warns of above. Where a postscript
    follows, nothing is left out below.
    """
    head, code, rest = _at_code(words)
    head = _WARNING.sub("", head)
    if _POSTSCRIPT.search(rest):
        return f"{head}{code}{rest}"
    blocks = (block for block in _NUMBER_SIGN.sub("", rest).split("\n\n") if not _is_notice(block))
    lines = [line for line in "\n\n".join(blocks).splitlines() if not _holds(line, _FOOTER_HOLDS)]
    ends = (place for place in range(len(lines)) if _closes(lines[place:]) or _is_signature(lines[:place][-3:]))
    return "\n".join([f"{head}{code}", *lines[: next(ends, len(lines))]])


def _at_code(words: str) -> tuple[str, str, str]:
    """What stands before the line with the first number that may be a code, that line, and what stands below it."""
    found = _MAY_BE_CODE.search(words)
    return (words[: found.start()], found[0], words[found.end() :]) if found else (words, "", "")


def _closes(lines: list[str]) -> bool:
    """Whether the first of these lines closes the letter, and what stands in the next is no sentence, but a name."""
    below = next(filter(None, lines[1:]), "")
    return _CLOSING.fullmatch(lines[0].strip(" ,.!–-")) is not None and not _SMALL_WORD.search(below)


def _is_signature(lines: list[str]) -> bool:
    """Whether these are a blank line and two of names: who has written, and the office, without a closing formula."""
    is_signed = len(lines) == 3 and not lines[0] and re.search(r"[^,.:;!?]$", lines[1]) is not None
    return is_signed and all(len(_NAME.findall(line)) > 1 and not _SMALL_WORD.search(line) for line in lines[1:])


def _is_notice(block: str) -> bool:
    is_long = len(block) >= SHORTEST_NOTICE
    return is_long and bool(_NOTICE_BEGINS.match(block.strip())) and _holds(block, _NOTICE_HOLDS)


def _holds(text: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    return all(each.search(text) for each in patterns)
