"""`alertnet call-sheet`: whom to call by hand, and what to say, when everything else is down."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alertnet.cli.arguments import TEMPLATES, Case, Templates, grouped, renderer_of
from alertnet.cli.output import write_confidential
from alertnet.core.errors import BadInput
from alertnet.core.incident import Facts

if TYPE_CHECKING:
    from alertnet.core.forecast.call_sheet import CallSheet
    from alertnet.messages.call_sheet import Origin

Format = Literal["pdf", "text"]

SUFFIX = {"pdf": ".pdf", "text": ".txt"}

Ref = Annotated[
    str | None, typer.Argument(metavar="REF", help="An incident: the sheet holds its plan, and who has answered.")
]
Trees = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Take the trees from this folder, and don't ask the database.")
]
Language = Annotated[
    str,
    typer.Option(
        metavar="LANGUAGE",
        help="The language of whoever calls: en, es, fr, de or pt. What is said to a contact is in its own.",
    ),
]
As = Annotated[Format, typer.Option(help="pdf is for printing on A4, text is plain text.")]
Output = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The file to write; unless given, `call-sheet.pdf` or `.txt` in this folder. `-` prints it.",
    ),
]


@grouped
def call_sheet(
    case: Case,
    ref: Ref = None,
    trees: Trees = None,
    templates: Templates = TEMPLATES,
    language: Language = "en",
    format: As = "pdf",
    output: Output = None,
) -> None:
    """Write a sheet for the day when all is down: whom to call, in which order, with which words.

    Print it before it is needed. With --country and --type it is about that case alone, else it holds every tree whole.
    It is made from the trees in force in the database, or from the folder of trees where that can't be read, and says
    which. The file is confidential; only you can read it.
    """
    from alertnet.cli.call_sheet.sources import draft

    facts = case.facts if case.is_given else None
    _require_one_source(ref, facts, trees)
    sheet, origin = draft(ref, facts, trees)
    path = output or Path("-".join(filter(None, ("call-sheet", origin.ref))) + SUFFIX[format])
    remark = f"Confidential: {path} is readable by you alone. Shred or burn it, and what is printed of it, after use."
    write_confidential(path, _printed(sheet, origin, templates, language, format), remark)


def _require_one_source(ref: str | None, facts: Facts | None, trees: Path | None) -> None:
    if ref is not None and facts is not None:
        raise BadInput("REF", ref, "no reference beside a case: an incident has its own facts")
    if ref is not None and trees is not None:
        raise BadInput("--trees", str(trees), "no folder beside a reference: an incident is in the database alone")


def _printed(sheet: "CallSheet", origin: "Origin", templates: Path, language: str, format: Format) -> bytes:
    from alertnet.cli.call_sheet.text import as_text
    from alertnet.messages.call_sheet import SheetInWords

    renderer = renderer_of(templates)
    if language not in renderer.languages:
        raise BadInput("--language", language, renderer.languages)
    words = SheetInWords(sheet, origin, renderer, language)
    if format == "text":
        return as_text(words.groups()).encode()
    from alertnet.cli.call_sheet.pdf import as_pdf

    return as_pdf(words.groups(), language, words.foot())
