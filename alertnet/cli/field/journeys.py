"""`alertnet journeys`: who is on the road, who is awaited when, and who is overdue."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.columns import aligned
from alertnet.cli.connection import connected

if TYPE_CHECKING:
    from alertnet.store.db.tx import Tx
    from alertnet.store.queues.journeys import StoredJourney
    from alertnet.store.views.journey_view import Overview

OfTeam = Annotated[str | None, typer.Option("--team", help="Only of that team.")]
AsJson = Annotated[bool, typer.Option("--json", help="As the API gives them.")]

DAY = timedelta(hours=24)
MOST = 1000
"""Journeys that are shown at once."""


def journeys(team: OfTeam = None, as_json: AsJson = False) -> None:
    """Print the day's journeys and routines: who is overdue or missed, on the road, or awaited within a day.

    Soonest first: how it stands, who, where and when it is awaited by the clocks of the team, when it was heard of,
    and the incident that its silence has opened.
    """

    def query(tx: "Tx") -> "tuple[list[StoredJourney], Overview, datetime]":
        from alertnet.store.queues.journeys import page
        from alertnet.store.views.journey_view import overview

        found = [each for each in page(tx.session, None, None, MOST, team) if _is_of_today(each, tx.now)]
        return found, overview(tx.session, found, None), tx.now

    with connected() as runtime:
        found, shown, now = runtime.read(query)
    if as_json:
        typer.echo(json.dumps(shown, indent=2))
        return
    if shown["unheard_since"] is not None:
        since = shown["unheard_since"]
        typer.echo(f"! Texts to us are known not to arrive since {since}: nothing counts as missed, call.", err=True)
    rows = zip(found, shown["items"], strict=True)
    for line in aligned(_row(each, item["incident"], now) for each, item in rows):
        typer.echo(line)


def _is_of_today(stored: "StoredJourney", now: datetime) -> bool:
    from alertnet.core.inbound.journey import Kind

    journey = stored.journey
    return journey.kind is not Kind.ROUTINE or journey.awaited.expected_at <= now + DAY


def _row(stored: "StoredJourney", incident: str | None, now: datetime) -> tuple[str, ...]:
    journey = stored.journey
    heard = replace(journey.awaited, to=None, expected_at=journey.heard_at).shown(now) if journey.heard_at else ""
    return _standing(stored, now), journey.owner, journey.kind.value, journey.awaited.shown(now), heard, incident or ""


def _standing(stored: "StoredJourney", now: datetime) -> str:
    from alertnet.core.inbound.journey import Kind, Status

    if stored.status is Status.MISSED:
        return "missed"
    if stored.journey.awaited.expected_at < now:
        return "overdue"
    return "on the road" if stored.journey.kind is Kind.JOURNEY else "awaited"
