"""`alertnet letter`: a letter that introduces the network to a contact, to hand over in advance."""

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alertnet.cli.arguments import TEMPLATES, Templates, renderer_of
from alertnet.cli.call_sheet import Trees
from alertnet.cli.output import write_confidential
from alertnet.core.directory.contact import RINGING, Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.errors import BadInput
from alertnet.runtime.clock import system_clock

if TYPE_CHECKING:
    from alertnet.messages.call_sheet import Group
    from alertnet.messages.letter import Sender
    from alertnet.messages.renderer import Renderer


INCOMPLETE = "It can't say where genuine messages come from: write the letter to hand over where alertnet is installed."

Format = Literal["pdf", "html", "vcf"]

Who = Annotated[
    str,
    typer.Argument(metavar="CONTACT", help="The contact, by its id; TREE/ID where several trees have one of that id."),
]
Language = Annotated[
    str | None, typer.Option(metavar="LANGUAGE", help="en, es, fr, de or pt; unless given, the contact's own.")
]
As = Annotated[
    Format,
    typer.Option(
        help="pdf is for printing on A4, html a page to send; vcf is a card of our numbers alone, for a telephone."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The file to write; unless given, `letter-CONTACT.pdf`, `.html` or `.vcf` in this folder. `-` prints it.",
    ),
]


def letter(
    contact: Who,
    trees: Trees = None,
    templates: Templates = TEMPLATES,
    language: Language = None,
    format: As = "pdf",
    output: Output = None,
) -> None:
    """Write a letter that introduces the network to a contact: who calls, and how to answer.

    The contact is that of the trees in force in the database, or of the folder of trees where that can't be read. The
    genuine numbers and addresses in it are those of the settings.
    """
    tree, whom = _network(trees).contact_named(contact)
    renderer = renderer_of(templates)
    if language is not None and language not in renderer.languages:
        raise BadInput("--language", language, renderer.languages)
    path, sender = output or Path(f"letter-{whom.id}.{format}"), _sender()
    written = _written(tree, whom, sender, renderer, language or whom.language, format)
    write_confidential(path, written, f"{path}: hand it over in person, and check its numbers together.")
    if unset := _left_out(whom, sender):
        typer.echo(f"Not set: {', '.join(unset)}. {INCOMPLETE}", err=True)


def _network(folder: Path | None) -> Network:
    from alertnet.cli.call_sheet.sources import NoDatabase, folder_instead, from_database, network_in_force
    from alertnet.trees import read_network

    if folder is None:
        try:
            return from_database(network_in_force)
        except NoDatabase as error:
            folder = folder_instead(error, "letter")
    return read_network(folder)


def _sender() -> "Sender":
    from alertnet.messages.letter import Sender
    from alertnet.runtime.settings.settings import examine

    settings = examine().settings
    numbers = (*settings.twilio_from, *settings.twilio_2_from)
    return Sender(numbers, settings.smtp.sender if settings.smtp else None, settings.public_url)


def _left_out(contact: Contact, sender: "Sender") -> list[str]:
    """The settings that are missing to say where genuine messages to that contact come from."""
    kinds = {each.kind for each in contact.methods}
    needed = {
        "ALERTNET_TWILIO_FROM": sender.numbers or not kinds & RINGING,
        "ALERTNET_SMTP_URL": sender.mail or MethodKind.EMAIL not in kinds,
        "ALERTNET_PUBLIC_URL": sender.public_url or not contact.answers,
    }
    return [name for name, is_said in needed.items() if not is_said]


def _written(
    tree: ContactTree, contact: Contact, sender: "Sender", renderer: "Renderer", language: str, format: Format
) -> bytes:
    from alertnet.cli.call_sheet.pdf import as_pdf
    from alertnet.messages.letter import Letter

    if format == "vcf":
        return _as_card(tree.sender, sender)
    words = Letter(tree, contact, sender, renderer, language)
    foot = words.foot(system_clock().date())
    if format == "pdf":
        return as_pdf(words.groups(), language, foot)
    return _as_html(words.groups(), foot, language).encode()


def _as_card(name: str, sender: "Sender") -> bytes:
    """The numbers and the address that our messages come from, as a vCard: a telephone then shows who calls.

    Raises:
        BadInput: the settings name no number.
    """
    if not sender.numbers:
        raise BadInput("ALERTNET_TWILIO_FROM", None, "the numbers that messages and calls come from")
    named = re.sub(r"([\\,;])", r"\\\1", name)
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{named};;;;", f"FN:{named}"]
    lines += [f"TEL;TYPE=VOICE:{number}" for number in sender.numbers]
    lines += [f"EMAIL:{sender.mail}"] if sender.mail else []
    return "".join(f"{line}\r\n" for line in (*lines, "END:VCARD")).encode()


def _as_html(groups: "tuple[Group, ...]", foot: str, language: str) -> str:
    from alertnet.messages.call_sheet import Line, Style
    from alertnet.messages.drawings.html_page import html_page

    tags = {Style.TITLE: "h1", Style.LEVEL: "h2", Style.SAY: "blockquote"}
    lines = [part for group in groups for part in group if isinstance(part, Line)]
    body = "\n".join(f"<{tag}>{escape(line.text)}</{tag}>" for line in lines for tag in (tags.get(line.style, "p"),))
    return html_page(lines[0].text, language, STYLE, body, foot)


STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#111}"
    "h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.1rem;margin:1.5rem 0 .25rem}p{margin:.25rem 0}"
    "blockquote{margin:.25rem 0 .5rem;padding:.5rem .75rem;border-left:4px solid #444;overflow-wrap:anywhere}"
    "footer{margin-top:2rem;font-size:.875rem;color:#555}"
)
