"""Explains what was probably mistyped in a file that is no YAML, in plain words and at the place to correct."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from alertnet.core.directory.languages import Phrase, phrase


class Slip(NamedTuple):
    """Where it is, counted from 1, and what to do about it."""

    line: int
    column: int
    words: Phrase


OPENS_A_VALUE = ("", ":", ",", "[", "{", "-")
"""What comes before a quote that opens a quotation ("" is the start of a line); other quotes are apostrophes."""

QUOTED = {'"': re.compile(r'"(?:[^"\\]|\\.)*"'), "'": re.compile(r"'(?:[^']|'')*'")}

INDENTATION = ("did not find expected key", "did not find expected '-' indicator", "mapping values are not allowed")
GIT = re.compile(r"(<{7}|>{7}|\|{7}) |={7}$")
"""The lines by which git marks the sides of a conflict."""

BRACKETS = {"while parsing a flow sequence": "[", "while parsing a flow mapping": "{"}

LOOKS_LIKE_SPACES = phrase("what stands here only looks like spaces: take it out, and type spaces")

PROBLEMS = {
    each.form: each
    for each in (
        phrase("did not find expected key"),
        phrase("did not find expected <document start>"),
        phrase("did not find expected '-' indicator"),
        phrase("did not find expected ',' or ']'"),
        phrase("did not find expected ',' or '}'"),
        phrase("did not find expected node content"),
        phrase("could not find expected ':'"),
        phrase("found unexpected ':'"),
        phrase("mapping values are not allowed in this context"),
        phrase("block sequence entries are not allowed in this context"),
        phrase("found unexpected end of stream"),
    )
}
"""The parser's most frequent messages, so that they can be translated."""

REMEDIES = (
    ("directive|YAML document", phrase("a line that begins with % is an order to the parser: take it out")),
    ("tag", phrase("a value that begins with ! is a tag: put it in quotes")),
    ("quoted scalar", phrase("a \\ within quotes begins a sign that YAML does not know: write \\\\ in its place")),
    (
        "block scalar",
        phrase("behind | or > nothing may stand: the text begins on the next line, with spaces before it"),
    ),
)
"""What to do where the parser complains of what somebody who keeps trees has never heard of."""


def slip_of(error: yaml.MarkedYAMLError, text: str) -> Slip:
    """The likeliest typo behind the parser's error."""
    lines = text.splitlines() or [""]
    mark = error.problem_mark
    # The end of the file counts as a line of its own.
    line = min(mark.line, text.count("\n")) if mark else 0
    column = mark.column if mark else 0
    found = _conflict(lines) or _odd_indent(lines, line) or _open_quote(lines, line)
    found = found or _value(error, lines, line, column)
    if found is not None:
        return found
    said = f"{error.context} {error.problem}"
    for about, remedy in REMEDIES:
        if error.problem not in PROBLEMS and re.search(about, said):
            return Slip(line + 1, column + 1, remedy)
    began = error.context_mark.line if error.context_mark else line
    words = phrase("is not YAML: {problem}", problem=PROBLEMS.get(str(error.problem), str(error.problem)))
    if began != line:
        words = phrase("{words} (in what begins on line {line})", words=words, line=began + 1)
    return Slip(line + 1, column + 1, words)


def _conflict(lines: list[str]) -> Slip | None:
    """A git conflict that nobody has resolved."""
    marked = [number for number, line in enumerate(lines, 1) if GIT.match(line)]
    if not marked:
        return None
    words = phrase(
        "a git conflict, down to line {line}: keep one of its two sides, "
        "and take out the lines that begin with <<<<<<<, ======= and >>>>>>>",
        line=marked[-1],
    )
    return Slip(marked[0], 1, words)


def _odd_indent(lines: list[str], until: int) -> Slip | None:
    """Indentation that looks like spaces but is none: tabs, or spaces copied from a web page or document."""
    for number, line in enumerate(lines[: until + 1], 1):
        indent = line[: _indent(line)]
        if "\t" in indent and number == until + 1:
            return Slip(number, 1, phrase("a tab indents this line: use spaces"))
        if indent.strip(" \t"):
            return Slip(number, 1, LOOKS_LIKE_SPACES)
    return None


def _open_quote(lines: list[str], until: int) -> Slip | None:
    for number, line in enumerate(lines[: until + 1], 1):
        column = _unclosed(line)
        if column is not None:
            return Slip(number, column + 1, phrase("this quote is not closed: put another one behind the value"))
    return None


def _unclosed(line: str) -> int | None:
    """The column of a quote that is opened and not closed on the line; None where there is none."""
    at, before = 0, ""
    while at < len(line):
        sign = line[at]
        if sign == "#" and (at == 0 or line[at - 1] == " "):
            return None
        if sign in "\"'" and before in OPENS_A_VALUE:
            rest = QUOTED[sign].match(line, at)
            if rest is None:
                return at
            at, before = rest.end(), sign
            continue
        at, before = at + 1, before if sign == " " else sign
    return None


def _value(error: yaml.MarkedYAMLError, lines: list[str], line: int, column: int) -> Slip | None:
    problem, written = error.problem or "", lines[line] if line < len(lines) else ""
    if "cannot start any token" in problem:
        return Slip(line + 1, column + 1, _begins_with(written[column : column + 1]))
    for number in (line, line - 1):
        begins = lines[number].lstrip()[:2] if 0 <= number < len(lines) else ""
        if begins in ("– ", "— ") or (begins == "* " and number == line):
            words = phrase("a dash begins the entry of a list: write - in place of this {sign}", sign=begins[0])
            return Slip(number + 1, _indent(lines[number]) + 1, words)
    if "alphabetic or numeric" in problem:
        return Slip(line + 1, column, _begins_with(written[column - 1 : column]))
    if re.search(r""":\s+("[^"]*"|'[^']*')\s*[^\s#,}\]]""", written) and "did not find" in problem:
        words = phrase("more words behind the closing quote: put all of the value within quotes")
        return Slip(line + 1, column + 1, words)
    if any(problem.startswith(each) for each in INDENTATION) and (unspaced := _unspaced(lines, line)):
        return unspaced
    if "mapping values" in problem and re.search(r":\s", written[:column].lstrip("- ")):
        return Slip(line + 1, column + 1, phrase("a colon within the value: put the value in quotes"))
    if error.context in BRACKETS and error.context_mark:
        opened, bracket = error.context_mark, BRACKETS[error.context]
        words = phrase("this {bracket} is not closed, or a comma is missing behind it", bracket=bracket)
        return Slip(opened.line + 1, opened.column + 1, words)
    if (bracket := written[column : column + 1]) in ("}", "]") and "did not find" in problem:
        words = phrase("this {bracket} closes nothing: take it out, or open one before it", bracket=bracket)
        return Slip(line + 1, column + 1, words)
    if any(problem.startswith(each) for each in INDENTATION):
        return _moved(lines, line) or _no_entry(error, lines, line)
    if "could not find expected ':'" in problem and error.context_mark:
        at = error.context_mark
        return Slip(at.line + 1, at.column + 1, phrase("a key needs a colon and a space behind it"))
    return None


def _unspaced(lines: list[str], line: int) -> Slip | None:
    """A colon or dash with no space behind it, in the line or the one above, which then reads as words."""
    for number in range(line, max(line - 2, -1), -1):
        written = lines[number] if number < len(lines) else ""
        if re.match(r"\s*-[^\s-]", written):
            return Slip(number + 1, _indent(written) + 1, phrase("put a space behind this -"))
        if hidden := re.match(r"[\s-]*[\w-]+:(?=\s)[^ \t]", written):
            return Slip(number + 1, hidden.end(), LOOKS_LIKE_SPACES)
        if key := re.match(r"[\s-]*(?=[a-z])[\w-]+:(?!//)\S", written):
            column = key.end() - len(key[0].lstrip(" -"))
            return Slip(number + 1, column + 1, phrase("a key needs a colon and a space behind it"))
    return None


def _begins_with(sign: str) -> Phrase:
    return phrase("a value that begins with {sign}: put it in quotes", sign=sign)


def _moved(lines: list[str], line: int) -> Slip | None:
    """How far to move the line so that it stands below one that it may belong to."""
    if line >= len(lines):
        return None
    have = _indent(lines[line])
    nearest = min(_open_indents(lines[:line]), key=lambda each: (abs(each[0] - have), -each[0]), default=None)
    if nearest is None or nearest[0] == have:
        return None
    indent, below = nearest
    words = phrase(
        "this line is not below any other: move it {spaces} to the right, to stand below line {line}"
        if indent > have
        else "this line is not below any other: move it {spaces} to the left, to stand below line {line}",
        spaces=phrase("{count} spaces" if abs(indent - have) > 1 else "{count} space", count=abs(indent - have)),
        line=below,
    )
    return Slip(line + 1, have + 1, words)


def _no_entry(error: yaml.MarkedYAMLError, lines: list[str], line: int) -> Slip | None:
    """A line in a list that does not begin as its entries do."""
    if "'-'" not in (error.problem or "") or error.context_mark is None or line >= len(lines):
        return None
    indent = _indent(lines[line])
    words = phrase("put a space behind this -")
    if not lines[line].startswith("-", indent):
        words = phrase(
            "the entries of the list from line {line} on begin with -: this line needs one too, or none does",
            line=error.context_mark.line + 1,
        )
    return Slip(line + 1, indent + 1, words)


def _open_indents(lines: list[str]) -> Iterator[tuple[int, int]]:
    """The columns at which the next line may begin, each with the line above it; innermost first."""
    lowest: int | None = None
    for number in range(len(lines), 0, -1):
        written = lines[number - 1]
        if not written.strip() or written.lstrip().startswith("#"):
            continue
        indent = _indent(written)
        if lowest is None or indent < lowest:
            if written.lstrip().startswith("- "):
                yield indent + 2, number
            yield indent, number
            lowest = indent


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
