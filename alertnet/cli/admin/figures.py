"""`alertnet figures`: statistics of months of incidents, in words or as CSV."""

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alertnet.cli.arguments import typed_moment
from alertnet.cli.connection import connected
from alertnet.core.errors import BadInput

Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="From when on: 2026-01-01; unless given, half a year before the end.")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Until when: 2026-06-30; unless given, until now.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print rows for a spreadsheet, times in seconds.")]


def figures(since: Since = None, until: Until = None, csv: AsCsv = False) -> None:
    """Print how long things took, who was reached by what, how drills went, and what to change.

    Few cases give no p50 or p90, which would say nothing about the next one.
    """
    from alertnet.flows.desk.figures import in_words, length, parts, read_figures
    from alertnet.store.records import editions

    with connected() as runtime:
        zone = ZoneInfo("UTC")
        end = typed_moment("--until", until, zone) if until else runtime.now()
        begin = typed_moment("--since", since, zone) if since else end - timedelta(days=183)
        if begin > end:
            raise BadInput("--since", since, f"a time before {until or 'now'}")
        found = runtime.read(lambda tx: read_figures(tx, editions.network_in_force(tx.session), begin, end))
    if csv:
        typer.echo(found.as_csv(), nl=False)
        return
    for name, summed in (("incidents", found.real), ("drills", found.drills)):
        typer.echo(f"{name}: {summed.count}")
        for what, times in parts(summed) if summed.count else ():
            typer.echo(f"  {what}: {in_words(times, str)}")
    for each in found.levels:
        typer.echo(f"{each.tree}: {each.level}, {each.band}: {in_words(each.times, str)}")
    for row in found.tried:
        typer.echo(f"{row.tree}/{row.contact} by {row.method}: {row.arrived} of {row.tries} arrived")
    for advice in found.advice:
        typer.echo(f"advice: {advice.tree}: {advice.level}: wait {length(advice.wait)} → {length(advice.shorter)}")
