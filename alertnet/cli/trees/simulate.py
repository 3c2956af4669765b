"""`alertnet trees simulate`: plays a case through the trees and prints who would be told what and when."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from alertnet.cli.arguments import TEMPLATES, TREES, Case, Templates, TreesFolder, grouped, renderer_of, typed_moment
from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput
from alertnet.core.forecast.script import SILENT, Calls, Does, Script, ScriptReader, read_alarms
from alertnet.core.incident import Facts
from alertnet.runtime.clock import system_clock

if TYPE_CHECKING:
    from alertnet.flows.forecast.played import Played
    from alertnet.trees.forms.country_rules import Rules

LONGEST_HOURS = 24 * 7
ANSWERED_AFTER = timedelta(minutes=5)
"""How soon alarms are answered in the second cost estimate, shown beside that of a night without answers."""

Format = Literal["text", "json", "html", "svg"]


@value
class ScriptOptions:
    """The options that say when a case begins and what people do in it, as typed."""

    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="When it opens, by the clocks in that country: 2026-12-24T22:00; unless given, now."
        ),
    ] = None
    answers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHO@AFTER",
            help="Who takes charge, how long after the opening: embassy-es@12m, colombia/ombuds@1h; "
            "give it once for each.",
        ),
    ] = None
    declines: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO@AFTER", help="Who says no, and how long after the opening: ombuds@5m."),
    ] = None
    reports: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO@AFTER", help="Who reports what it did, and how long after the opening: ombuds@40m."),
    ] = None
    fails: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO/METHOD", help="What never arrives: ombuds/sms, ombuds/call, ombuds/email."),
    ] = None
    go: Annotated[
        list[str] | None,
        typer.Option(metavar="LEVEL@AFTER", help="Which level a coordinator lets begin, and when: Embassies@5m."),
    ] = None
    hold: Annotated[
        list[str] | None,
        typer.Option(metavar="LEVEL@AFTER", help="Which level a coordinator holds back, and when: Embassies@5m."),
    ] = None
    calls: Annotated[Calls, typer.Option(help="What becomes of each call to somebody who has not answered.")] = (
        Calls.RING_OUT
    )
    alarms: Annotated[
        str, typer.Option(metavar="HOW", help="What coordinators do about alarms: silent (nothing), or answered@5m.")
    ] = SILENT
    nobody_answers: Annotated[
        bool,
        typer.Option("--nobody-answers", help="Say that nobody answers; it is so unless --answers names somebody."),
    ] = False
    no_go: Annotated[
        bool, typer.Option("--no-go", help="No coordinator lets a level begin; unless given, one does at once.")
    ] = False

    def opened_at(self, network: Network, facts: Facts) -> datetime:
        if self.at is not None:
            return typed_moment("--at", self.at, ZoneInfo(network.zone_of(facts.country)))

        return system_clock().replace(microsecond=0)

    def script(self, network: Network, facts: Facts) -> Script:
        """The script, with names resolved in the trees that serve the case."""
        reader = ScriptReader(network, facts)
        deeds = (deed for does in Does for deed in reader.deeds(f"--{does}", does, getattr(self, does) or []))
        fails = reader.fails("--fails", self.fails or [])
        alarms = read_alarms(self.alarms)
        return Script(tuple(deeds), fails, self.calls, not self.no_go, alarms)


Hours = Annotated[float, typer.Option(metavar="HOURS", help="How many hours to play, at most 168.")]
Messages = Annotated[bool, typer.Option("--messages", help="Print the words of each message too.")]
Full = Annotated[bool, typer.Option("--full", help="Print a line for each message, however many there are.")]
As = Annotated[Format, typer.Option(help="text is for reading, html a page, svg a picture, json for programs.")]


@grouped
def simulate(
    case: Case,
    typed: ScriptOptions,
    folder: TreesFolder = TREES,
    hours: Hours = 24,
    messages: Messages = False,
    full: Full = False,
    templates: Templates = TEMPLATES,
    format: As = "text",
) -> None:
    """Play a case through, and print who would be told what and when. Nothing is sent. Needs --country and --type.

    By level: who is told what and when, who is not and why; then what it costs, and when it ends.
    """
    from alertnet.trees import read_rules

    if typed.nobody_answers and typed.answers:
        raise BadInput("--nobody-answers", "with --answers", "one of the two")
    played = _play(case.facts, typed, folder, hours, templates)
    typer.echo(_shown(played, read_rules(folder), format, full, messages))


def _play(facts: Facts, typed: ScriptOptions, folder: Path, hours: float, templates: Path) -> "Played":
    from alertnet.core.forecast.simulate import rehearse
    from alertnet.core.resolution.resolve import unmatched_exclusions
    from alertnet.flows.forecast.played import Played
    from alertnet.trees import read_network

    if not 0 < hours <= LONGEST_HOURS:
        raise BadInput("--hours", f"{hours:g}", f"more than 0, at most {LONGEST_HOURS}")
    network = read_network(folder)
    unknown = unmatched_exclusions(facts.exclude, network.trees.values())
    if unknown:
        allowed = ["a contact's id, its organisation or a role", *sorted(network.contact_ids)]
        raise BadInput("--exclude", unknown[0], allowed)
    script, opened_at = typed.script(network, facts), typed.opened_at(network, facts)
    renderer = renderer_of(templates) if templates.is_dir() else None
    contrary = replace(script, alarms=ANSWERED_AFTER if script.alarms is None else None)
    rehearsal, other = (
        rehearse(facts, network.trees.values(), opened_at, opened_at + timedelta(hours=hours), each)
        for each in (script, contrary)
    )
    otherwise = Played(facts, network, opened_at, other, renderer, contrary)
    return Played(facts, network, opened_at, rehearsal, renderer, script, otherwise)


def _shown(played: "Played", rules: "Rules", format: Format, full: bool, with_words: bool) -> str:
    from alertnet.cli.trees.drawn import picture_of
    from alertnet.cli.trees.night_page import as_html
    from alertnet.cli.trees.written import as_text

    match format:
        case "json":
            return json.dumps(played.as_plain(with_words=with_words), indent=1, ensure_ascii=False)
        case "html":
            return as_html(played, rules)
        case "svg":
            return picture_of(played)
        case "text":
            return as_text(played, rules, full=full, with_words=with_words)
