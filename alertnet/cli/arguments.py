"""Arguments and options that several commands share: folders, who decided, moments, and what describes a case."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from getpass import getuser
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints
from zoneinfo import ZoneInfo

import typer

from alertnet import shipped
from alertnet.core.codec import value
from alertnet.core.directory.countries import COUNTRIES
from alertnet.core.errors import BadInput
from alertnet.core.incident import TYPES, Affected, Facts, Perpetrator, Scope, Severity, affected_of
from alertnet.core.limits import is_instant

if TYPE_CHECKING:
    from alertnet.messages.renderer import Renderer

TREES, TEMPLATES = Path(shipped.TREES), Path(shipped.TEMPLATES)

BY = "command line"
"""How the timeline names the command line."""

MOMENT = "a day such as 2026-12-24, or a moment such as 2026-12-24T22:00, within the years 2000 to 2100"

TREES_HELP = "The folder with the contact trees and teams.yaml; several with a colon between them, your own first."


def group(help: str, example: str) -> typer.Typer:
    """A group of commands; without one of them it prints its help."""
    return typer.Typer(help=help, epilog=f"Example: {example}", no_args_is_help=True)


def or_shipped(ctx: typer.Context, param: typer.CallbackParam, value: Path) -> Path:
    """The folder that was typed or set; if nobody named one, the shipped folder may take its place."""
    source = ctx.get_parameter_source(param.name or "")
    return shipped.default_folder(str(value)) if source is not None and source.name == "DEFAULT" else value


_OF_TREES: Any = {
    "metavar": "FOLDER",
    "envvar": "ALERTNET_CONTACT_TREES",
    "callback": or_shipped,
    "help": TREES_HELP,
}
_OF_TEMPLATES: Any = _OF_TREES | {
    "envvar": "ALERTNET_MESSAGE_TEMPLATES",
    "help": "The folder with the message templates.",
}
TreesFolder = Annotated[Path, typer.Argument(**_OF_TREES)]
Trees = Annotated[Path, typer.Option(**_OF_TREES)]
TemplatesFolder = Annotated[Path, typer.Argument(**_OF_TEMPLATES)]
Templates = Annotated[Path, typer.Option(**_OF_TEMPLATES)]
By = Annotated[
    str, typer.Option(metavar="NAME", help="Who decided this, for the record; unless given, your name on this machine.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking first.")]


def renderer_of(templates: Path) -> "Renderer":
    """What puts things into words, by that folder and the shipped templates; `Misconfigured` lists every fault."""
    from alertnet.messages.checks.fitting import read_fitted
    from alertnet.messages.renderer import Renderer

    return Renderer(read_fitted(templates, shipped.shipped(shipped.TEMPLATES)).templates)


def confirm(question: str, yes: bool) -> None:
    """Ask, unless it was told not to; a no ends the command."""
    if not yes:
        typer.confirm(question, abort=True)


def decider(by: str) -> str:
    """Who decided: as typed, else the user of the operating system."""
    return by.strip() or getuser()


def typed_moment(option: str, text: str, zone: ZoneInfo) -> datetime:
    """Read a moment, without a zone in `zone`; raises `BadInput` where it is none of the years 2000 to 2100."""
    try:
        at = datetime.fromisoformat(text)
        moment = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not is_instant(moment):
        raise BadInput(option, text, MOMENT)
    return moment


@value
class Case:
    """The options that describe a case, as typed."""

    country: Annotated[
        str | None, typer.Option(metavar="CC", help="The country where it happened, by its two letters: CO.")
    ] = None
    type: Annotated[
        str | None,
        typer.Option(metavar="TYPE", help="What has happened, such as arrest or raid; a wrong one lists all."),
    ] = None
    severity: Annotated[
        Severity | None, typer.Option(help="How grave it is; unless given, as grave as the type usually is.")
    ] = None
    consent: Annotated[
        Scope | None, typer.Option(help="How far those affected agree that it is told; unless given, internal.")
    ] = None
    nationality: Annotated[
        list[str] | None,
        typer.Option(metavar="CC", help="Nationality of somebody affected, such as ES; give it once for each."),
    ] = None
    perpetrator: Annotated[
        Perpetrator | None,
        typer.Option(help="Who is accused: what belongs to them is not told; unless given, unknown."),
    ] = None
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A contact, organisation or role not to tell; give it once for each."),
    ] = None
    place: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE", help="Where it happened, best by a code such as L12; it is in no SMS, call or subject."
        ),
    ] = None
    organisation: Annotated[
        str | None, typer.Option(metavar="CODE", help="The organisation of those affected, by its code: O3.")
    ] = None

    @property
    def is_given(self) -> bool:
        """Whether any of the options was typed."""
        return any(vars(self).values())

    @property
    def facts(self) -> Facts:
        """The case that they describe; raises `BadInput` where the type or country is missing or unknown."""
        if self.type is None or self.type not in TYPES:
            raise BadInput("--type", self.type, TYPES)
        nationalities = self.nationality or []
        for option, code in (("--country", self.country), *(("--nationality", each) for each in nationalities)):
            if code not in COUNTRIES:
                raise BadInput(option, code, "an ISO 3166-1 alpha-2 code, such as CO")
        return Facts(
            self.type,
            self.severity or TYPES[self.type].severity,
            self.country or "",
            consent=self.consent or Scope.INTERNAL,
            people=affected_of(nationalities, self.organisation),
            perpetrator=self.perpetrator or Perpetrator.UNKNOWN,
            exclude=tuple(self.exclude or ()),
            place=self.place,
        )


@value
class CaseWithPeople(Case):
    """The options that describe a case whose people may have codes in `people:`."""

    person: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Somebody affected, by the code in teams.yaml: P7; give it once for each."),
    ] = None
    summary: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What has happened, in one line, for those who may read details.")
    ] = None

    @property
    def facts(self) -> Facts:
        facts = super().facts
        people = (*facts.people, *(Affected(code=code) for code in self.person or ()))
        return replace(facts, people=people, summary=self.summary)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each field of those of its parameters that are groups of options, in their place."""
    groups: dict[str, Any] = {}
    parameters: list[Parameter] = []
    for each in signature(command).parameters.values():
        if not is_dataclass(group := each.annotation):
            parameters.append(each.replace(kind=Parameter.KEYWORD_ONLY))
            continue
        groups[each.name] = group
        hints = get_type_hints(group, include_extras=True)
        parameters += [
            Parameter(option.name, Parameter.KEYWORD_ONLY, default=option.default, annotation=hints[option.name])
            for option in fields(group)
        ]

    @wraps(command)
    def run(**typed: Any) -> None:
        for name, group in groups.items():
            typed[name] = group(**{each.name: typed.pop(each.name) for each in fields(group)})
        command(**typed)

    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return run
