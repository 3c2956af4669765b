"""`alertnet trees simulate`: who would be told what, when and in which language, before it happens."""

import json
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from alertnet.cli.arguments import TEMPLATES, TREES, or_shipped, typed_moment
from alertnet.cli.incidents import (
    Accused,
    Consent,
    Country,
    Exclude,
    HowGrave,
    Nationality,
    Organisation,
    Place,
    Type,
    typed_case,
)
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput
from alertnet.core.forecast.simulate import rehearse
from alertnet.core.forecast.simulation import Script, answers_of
from alertnet.core.incident import Facts

if TYPE_CHECKING:
    from alertnet.flows.incidents.preview import Played

LONGEST_HOURS = 24 * 7


class Format(StrEnum):
    """How the timeline comes out."""

    TEXT = "text"
    JSON = "json"
    SVG = "svg"


Folder = Annotated[
    Path,
    typer.Argument(
        envvar="ALERTNET_CONTACT_TREES", callback=or_shipped, help="The folder with the trees and teams.yaml."
    ),
]
At = Annotated[
    str | None, typer.Option(help="When it opens, ISO 8601, in the tree's zone unless it names one; now unless given.")
]
Answers = Annotated[
    list[str] | None, typer.Option(help="Who acknowledges, and how long after the opening: embassy-es@12m. Repeatable.")
]
Nobody = Annotated[bool, typer.Option("--nobody-answers", help="Nobody acknowledges, which is so unless others do.")]
NoGo = Annotated[bool, typer.Option("--no-go", help="No coordinator says GO; else one does as soon as one is asked.")]
Hours = Annotated[float, typer.Option(help="How many hours to play.")]
Messages = Annotated[bool, typer.Option("--messages", help="Show the words of each message.")]
Templates = Annotated[
    Path,
    typer.Option(
        envvar="ALERTNET_MESSAGE_TEMPLATES", callback=or_shipped, help="The folder with the words of the messages."
    ),
]
As = Annotated[Format, typer.Option("--format", help="Lines to read, JSON, or a picture.")]


def simulate(
    folder: Folder = TREES,
    country: Country = None,
    type: Type = None,
    severity: HowGrave = None,
    consent: Consent = None,
    nationality: Nationality = None,
    perpetrator: Accused = None,
    exclude: Exclude = None,
    place: Place = None,
    organisation: Organisation = None,
    at: At = None,
    answers: Answers = None,
    nobody_answers: Nobody = False,
    no_go: NoGo = False,
    hours: Hours = 24,
    messages: Messages = False,
    templates: Templates = TEMPLATES,
    format: As = Format.TEXT,
) -> None:
    """Play a case through on a virtual clock, with the decisions of the real program: nothing is sent.

    It lists who is told what, by which method, in which language and local time, who is not and why, what it costs,
    and when it ends.
    """
    from alertnet.trees import read_network

    network = read_network(folder)
    facts = typed_case(
        country, type, severity, consent, nationality or [], perpetrator, exclude or [], place, organisation
    )
    if nobody_answers and answers:
        raise BadInput("--nobody-answers", "with --answers", "one of the two")
    script = Script(answers_of("--answers", answers or [], network), gives_go=not no_go)
    played = _play(facts, network, _moment(at, _zone(facts, network)), hours, script, templates)
    typer.echo(_shown(played, format, messages))


def _play(
    facts: Facts, network: Network, opened_at: datetime, hours: float, script: Script, templates: Path
) -> "Played":
    from alertnet.flows.incidents.preview import Played
    from alertnet.messages.checks.fitting import read_fitted
    from alertnet.messages.renderer import Renderer
    from alertnet.shipped import shipped

    if not 0 < hours <= LONGEST_HOURS:
        raise BadInput("--hours", f"{hours:g}", f"more than 0, at most {LONGEST_HOURS}")
    rehearsal = rehearse(facts, network.trees.values(), opened_at, opened_at + timedelta(hours=hours), script)
    if not templates.is_dir():
        return Played(facts, network, opened_at, rehearsal, None)
    fitted = read_fitted(templates, shipped("message_templates"))
    return Played(facts, network, opened_at, rehearsal, Renderer(fitted.templates))


def _shown(played: "Played", format: Format, with_words: bool) -> str:
    from alertnet.cli.trees.drawn import as_svg
    from alertnet.cli.trees.written import as_text

    match format:
        case Format.JSON:
            return json.dumps(played.as_plain(with_words=with_words), indent=1, ensure_ascii=False)
        case Format.SVG:
            return as_svg(played)
        case Format.TEXT:
            return as_text(played, with_words=with_words)


def _zone(facts: Facts, network: Network) -> ZoneInfo:
    """The zone of the first tree that serves the country: the coordinator's own clock."""
    serving = network.serving(facts.country, facts.place)
    return ZoneInfo(serving[0].timezone if serving else "UTC")


def _moment(text: str | None, zone: ZoneInfo) -> datetime:
    if text is None:
        from alertnet.runtime.clock import system_clock

        return system_clock().replace(microsecond=0)
    return typed_moment("--at", text, zone, "a moment of ISO 8601, such as 2026-12-24T22:00")
