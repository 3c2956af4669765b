"""`alertnet journeys`: who is on the road, who is awaited when, and who is overdue."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.connection import connected
from alertnet.cli.output import print_rows

if TYPE_CHECKING:
    from alertnet.store.db.tx import Tx
    from alertnet.store.queues.journeys import StoredJourney
    from alertnet.store.views.journey_view import Overview

OfTeam = Annotated[
    str | None, typer.Option(metavar="TEAM", help="Only the journeys of this team; unless given, of all.")
]


def journeys(team: OfTeam = None) -> None:
    """Print the day's journeys and routines: who is overdue or missed, on the road, or awaited within a day.

    Soonest first: status, who, where and when it is awaited by the team's clocks, when it was last heard of, and the
    incident that its silence opened.
    """
    from alertnet.cli.admin.actions import check_team
    from alertnet.cli.startup import trees_in_force

    def query(tx: "Tx") -> "tuple[list[StoredJourney], Overview, datetime]":
        from alertnet.flows.desk.on_the_road import of_the_day
        from alertnet.store.views.journey_view import overview

        found = of_the_day(tx, team)
        return found, overview(tx.session, found, None), tx.now

    with connected() as runtime:
        found, shown, now = runtime.read(query)
        if team is not None and not found:
            # Of a misspelt team nobody would seem to be on the road.
            check_team(trees_in_force(runtime), team)
    if shown["unheard_since"] is not None:
        since = shown["unheard_since"]
        typer.echo(f"! Texts to us are known not to arrive since {since}: nothing counts as missed, call.", err=True)
    rows = zip(found, shown["items"], strict=True)
    print_rows((_row(each, item["incident"], now) for each, item in rows), "Nobody is on the road.")


def _row(stored: "StoredJourney", incident: str | None, now: datetime) -> tuple[str, ...]:
    from alertnet.flows.desk.on_the_road import status_of

    journey = stored.journey
    heard = replace(journey.awaited, to=None, expected_at=journey.heard_at).shown(now) if journey.heard_at else ""
    return status_of(stored, now), journey.owner, journey.kind.value, journey.awaited.shown(now), heard, incident or ""
