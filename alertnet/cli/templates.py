"""`alertnet templates`: checks message templates, and previews messages as recipients get them."""

import gc
import re
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import TEMPLATES, Templates, TemplatesFolder, group
from alertnet.cli.output import aligned
from alertnet.core.delivery.sms_encoding import SmsSize, count
from alertnet.core.directory.contact import Disclosure, MethodKind, Role
from alertnet.core.directory.languages import fallbacks, primary
from alertnet.core.disclosure import Said, Subject, details_of
from alertnet.core.errors import BadInput, Misconfigured
from alertnet.core.incident import TYPES
from alertnet.core.notification import Kind
from alertnet.messages.message import METHODS, SUBJECTS

if TYPE_CHECKING:
    from alertnet.messages.renderer import Renderer

LONGEST_URL = f"https://{'m' * 32}"
"""A URL of the greatest length for which every SMS must have room (B4: 40 characters)."""

PRESSED = re.compile(r"<(button|option|summary)\b[^>]*>(?!</)(.+?)</\1>", re.S)

app = group("Preview and check the message templates.", "alertnet templates check")


class Medium(StrEnum):
    """How a message is read or heard."""

    SMS = "sms"
    CALL = "call"
    EMAIL = "email"
    PAGE = "page"


KindOf = Annotated[Kind, typer.Argument(metavar="KIND", help=f"One of {', '.join(Kind)}.")]
Language = Annotated[
    str,
    typer.Option(metavar="LANGUAGE", help="The language, such as fr or es-CO; the nearest that there is, is taken."),
]
Type = Annotated[str, typer.Option(metavar="TYPE", help="The type of the incident, such as raid.")]
WhoReads = Annotated[
    Role | None,
    typer.Option(help="The role of the contact; unless given, embassy, or coordinator where only they are told."),
]
HowMuch = Annotated[Disclosure, typer.Option(help="How much the contact's page shows after the PIN.")]
By = Annotated[Medium | None, typer.Option(help="Only this method; unless given, all that the kind has.")]
About = Annotated[
    Subject | None,
    typer.Option(metavar="SUBJECT", help="What an alarm, notice, decision or receipt is about; a wrong one lists all."),
]
Drill = Annotated[bool, typer.Option("--drill", help="Show it as in a drill.")]
Every = Annotated[
    bool,
    typer.Option(
        "--all",
        help="Show every kind and subject, and what calls share once: a sheet for proofreading a language.",
    ),
]
PublicUrl = Annotated[
    str,
    typer.Option(
        envvar="ALERTNET_PUBLIC_URL",
        metavar="URL",
        help="The address that links begin with.",
        show_default="40 characters",
    ),
]


@app.command(epilog="Example: alertnet templates preview alert --language fr --type arrest --method sms")
def preview(
    kind: KindOf = Kind.ALERT,
    folder: Templates = TEMPLATES,
    language: Language = "en",
    type: Type = "arrest",
    role: WhoReads = None,
    disclosure: HowMuch = Disclosure.MINIMAL,
    method: By = None,
    subject: About = None,
    drill: Drill = False,
    every: Every = False,
) -> None:
    """Show a message as its recipient will read or hear it, with invented values. Nothing is sent."""
    from jinja2 import TemplateError

    from alertnet.messages.checks.example import EXAMPLE
    from alertnet.messages.checks.lint import find_missing
    from alertnet.messages.renderer import Renderer
    from alertnet.messages.templates.load import read_templates

    _look_at(kind, subject, type, language)
    templates = read_templates(folder)
    renderer = Renderer(templates)
    said, heard = replace(EXAMPLE, type=type, drill=drill), set[str]()
    for each, about in _everything() if every else [(kind, subject)]:
        for medium in _media(each, method, role, every=every):
            try:
                shown = [*_shown(renderer, each, medium, language, replace(said, subject=about), disclosure)]
            except (KeyError, TemplateError) as error:
                # In an unfinished language, what is missing says more than the error that it causes.
                raise Misconfigured(find_missing(templates) or [str(error)]) from None
            if every and medium is Medium.CALL:
                shown = [line for line in shown if line not in heard]
                heard.update(shown)
            typer.echo("\n".join([*shown, ""]))


def _look_at(kind: Kind, subject: Subject | None, type: str, language: str) -> None:
    """Refuse a kind, subject, type or language that no message has."""
    from alertnet.messages.templates.load import LANGUAGE

    if kind not in METHODS:
        raise BadInput("KIND", str(kind), METHODS)
    if subject is not None and subject not in SUBJECTS.get(kind, ()):
        raise BadInput("--subject", str(subject), SUBJECTS.get(kind, ("none",)))
    if type not in TYPES:
        raise BadInput("--type", type, TYPES)
    if not re.fullmatch(LANGUAGE, language):
        raise BadInput("--language", language, "a language such as en, es or fr-CA")


def _everything() -> list[tuple[Kind, Subject | None]]:
    return [(kind, subject) for kind in METHODS for subject in SUBJECTS.get(kind, (None,))]


def _media(kind: Kind, method: Medium | None, role: Role | None, *, every: bool) -> list[Medium]:
    from alertnet.messages.checks.leaks import FOR_COORDINATORS

    if kind in FOR_COORDINATORS and role not in (None, Role.COORDINATOR):
        if every:
            return []
        raise BadInput("--role", str(role), [Role.COORDINATOR.value])
    page = [Medium.PAGE] if kind in (Kind.ALERT, Kind.DECISION) else []
    media = [*(Medium(each) for each in sorted(METHODS[kind])), *page]
    if method is None or (every and method not in media):
        return media if method is None else []
    if method not in media:
        raise BadInput("--method", str(method), media)
    return [method]


def _shown(
    renderer: "Renderer", kind: Kind, medium: Medium, language: str, said: Said, disclosure: Disclosure
) -> Iterator[str]:
    heading = " · ".join(filter(None, [kind, said.subject, medium]))
    if medium is Medium.PAGE:
        yield f"{heading} · {_in(language, renderer.words(language).language)}"
        yield from _page(renderer, kind, language, said, disclosure)
        return
    message = renderer.render(kind, MethodKind(medium), language, said)
    heading += f" · {_in(language, message.language)}"
    if medium is Medium.SMS:
        size = count(message.text)
        room = "septets" if size.encoding == "gsm7" else "units"
        yield f"{heading} · {size.units} {room}, {size.segments} segment{'s' * (size.segments > 1)}"
        yield message.text
    elif medium is Medium.CALL:
        yield heading
        sentences = renderer.speak(kind, language, said).sentences.items()
        yield from (f"  {stage}: {text}" for stage, text in sentences if stage != "no_incident" or kind is Kind.ALARM)
    else:
        yield from (heading, f"  Subject: {message.subject}", message.text.rstrip())


def _in(language: str, used: str) -> str:
    """The language or voice in use, as in `es-MX`; or `de → en` where another one replaces it."""
    return used if primary(used) == primary(language) else f"{language} → {used}"


def _page(renderer: "Renderer", kind: Kind, language: str, said: Said, disclosure: Disclosure) -> Iterator[str]:
    """The page as it opens, and what it shows after the PIN."""
    from alertnet.messages.checks.example import ANSWERS, DECISIONS, FACTS
    from alertnet.messages.page import Page

    if kind is Kind.DECISION:
        subject = said.subject or Subject.LEVEL
        pages = {"": Page(replace(said, subject=subject), answers=DECISIONS, asked=True)}
    else:
        facts = replace(FACTS, type=said.type)
        takes_pin = disclosure is not Disclosure.MINIMAL
        words = replace(said, subject=None, about=None)
        opened = Page(words, answers=ANSWERS, takes_pin=takes_pin, opens_details=takes_pin)
        pages = {"": opened}
        if takes_pin:
            pages["after the PIN:"] = replace(
                opened, takes_pin=False, opens_details=False, details=details_of(facts, disclosure)
            )
    for moment, page in pages.items():
        yield from filter(None, [moment and f"  -- {moment}"])
        yield from _text_of(renderer.page(language, page))


def _text_of(html: str) -> list[str]:
    """The text of a page, line by line; what can be pressed is in brackets."""
    from jinja2.filters import do_striptags

    body = PRESSED.sub(r"[\2]", html.partition("</style>")[2])
    return [f"  {text}" for line in body.splitlines() if (text := do_striptags(line))]


@app.command(epilog="Example: alertnet templates check message_templates")
def check(folder: TemplatesFolder = TEMPLATES, public_url: PublicUrl = LONGEST_URL) -> None:
    """Report every fault, by file and line; exit code 2 if there is one.

    Faults are missing texts, unknown names, what would be said too early or to the wrong people, and SMS that are too
    long. Without faults it prints the length of each SMS, which is what it costs.
    """
    from alertnet.messages.checks.glossary import find_mixed_terms
    from alertnet.messages.checks.lint import find_faults, languages_of
    from alertnet.messages.checks.trial import try_all
    from alertnet.messages.renderer import Renderer
    from alertnet.messages.templates.load import read_templates

    # As in `trees check`: the process ends soon, so collecting garbage is a waste.
    gc.disable()
    templates = read_templates(folder)
    _refuse(folder, find_faults(templates, public_url))
    renderer = Renderer(templates)
    _refuse(folder, find_mixed_terms(folder, renderer))
    languages = languages_of(templates)
    trial = try_all(renderer, public_url)
    tried = ", ".join(f"{number} by {method}" for method, number in sorted(trial.messages.items()))
    typer.echo(f"{folder}: no faults. Messages tried: {tried}.")
    typer.echo("The longest SMS of each kind, in septets of 160 (or units of 70) and the segments that are billed:")
    rows = [[kind, *(_size_of(trial.longest.get((kind, each))) for each in languages)] for kind in METHODS]
    typer.echo("\n".join(aligned([["", *languages], *rows])))
    chain = " > ".join(fallbacks("fr-CA", "es"))
    typer.echo(f"Languages: {', '.join(languages)}. Any other falls back step by step, in a tree of es: {chain}.")


def _refuse(folder: Path, faults: list[str]) -> None:
    if faults:
        raise Misconfigured(f"{folder}/{fault}" for fault in faults)


def _size_of(size: SmsSize | None) -> str:
    return f"{size.units}/{size.segments}" if size else ""
