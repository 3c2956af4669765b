"""`alertnet drill` and `alertnet drills`: begins or plans drills, and reports their results."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from alertnet.cli.arguments import BY, CaseWithPeople, group, grouped, typed_moment
from alertnet.cli.connection import connected
from alertnet.cli.incidents import Ref, opened
from alertnet.cli.output import print_rows, write_confidential
from alertnet.core.errors import BadInput
from alertnet.core.incident import Facts

if TYPE_CHECKING:
    from alertnet.flows.desk.drills import DrillReport
    from alertnet.runtime.wiring import Runtime
    from alertnet.store.queues.drills import StoredDrill

At = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="When it begins, by the clocks there: 2026-12-01T10:00; unless given, now."),
]
Every = Annotated[
    int | None, typer.Option(metavar="MONTHS", help="With --at: begin it again every so many months, 1 to 24.")
]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="The planned drill, by the id that `alertnet drills list` shows.")
]
AsCsv = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write rows for a spreadsheet into this file, times in seconds."),
]

app = group("List, cancel and report drills.", "alertnet drills list")


@grouped
def drill(case: CaseWithPeople, at: At = None, every: Every = None) -> None:
    """Begin a drill now, or plan it with --at. Needs --country and --type.

    Every message says that it is a drill. Only coordinators, the last resort and contacts with `drills: true` are told.
    Prints the reference of a drill that begins, or the id of one that is planned, and nothing else.
    """
    from alertnet.cli.startup import runtime_of_command

    if every is not None and at is None:
        raise BadInput("--every", every, "with --at: when the first one begins")
    facts = replace(case.facts, drill=True)
    with runtime_of_command() as runtime:
        begun = runtime.transact(opened, runtime.edition, facts) if at is None else _plan(runtime, facts, at, every)
    typer.echo(begun)


@app.command("list", epilog="Example: alertnet drills list")
def list_drills() -> None:
    """Print the planned drills, the next first, then the others, the latest first."""
    from alertnet.flows.desk.drills import MOST_LISTED
    from alertnet.store.queues import drills

    with connected() as runtime:
        found = runtime.read(lambda tx: [*drills.to_come(tx.session), *drills.past(tx.session, MOST_LISTED)])
    print_rows([_row(each) for each in found], "No drills.")


@app.command(epilog="Example: alertnet drills cancel 5f0c")
def cancel(id: Id) -> None:
    """Cancel a planned drill and its repetitions."""
    from alertnet.flows.incidents.drills import cancel_drill

    with connected() as runtime:
        runtime.transact(lambda tx: cancel_drill(tx, id, by=BY))
    typer.echo("It is not held.")


@app.command(epilog="Example: alertnet drills report A-7K3M --csv drill.csv")
def report(ref: Ref, csv: AsCsv = None) -> None:
    """Print who was reached and how, who was not, how long each answer took, and which addresses are dead."""
    from alertnet.flows.desk.drills import read_drill

    with connected() as runtime:
        found = runtime.read(read_drill, ref)
    if csv is not None:
        write_confidential(csv, found.as_csv().encode(), f"{csv}: contacts by id, no numbers.")
        return
    sums = found.sums
    typer.echo(f"{found.ref}: told {sums.told}, reached {sums.reached}, answered {sums.answered}, dead {sums.dead}")
    print_rows(_report_rows(found))


def _plan(runtime: "Runtime", facts: Facts, at: str, every: int | None) -> str:

    from alertnet.flows.incidents.drills import plan_drill, zone_of

    zone = ZoneInfo(zone_of(runtime.edition.network, facts))
    moment = typed_moment("--at", at, zone)
    if "T" not in at.upper() and " " not in at:
        raise BadInput("--at", at, "a day with its hour, as in 2026-12-01T10:00: by itself a day begins at midnight")
    if moment <= runtime.now():
        raise BadInput(
            "--at", at, f"a moment still to come; in {zone.key} it is {runtime.now().astimezone(zone):%Y-%m-%dT%H:%M}"
        )
    return runtime.transact(lambda tx: plan_drill(tx, runtime.edition, facts, moment, every, by=BY))


def _row(stored: "StoredDrill") -> tuple[str, ...]:

    drill = stored.drill
    again = drill.why or (f"every {drill.every_months} months" if drill.every_months else "")
    at = drill.starts_at.astimezone(ZoneInfo(drill.timezone))
    what = (drill.facts.type, drill.facts.country)
    return stored.ref or stored.id, stored.status.value, f"{at:%Y-%m-%d %H:%M%z}", *what, again


def _report_rows(found: "DrillReport") -> list[tuple[str, ...]]:
    from alertnet.flows.desk.figures import length

    rows: list[tuple[str, ...]] = [("contact", "reached", "answer", "after", "by", "arrived", "")]
    for part in found.parts:
        took = "" if part.took is None else length(part.took)
        whose = (f"{part.tree}/{part.contact}", "yes" if part.is_reached else "NO", part.answer, took)
        for each in part.fared:
            faults = f"{'DEAD ' if each.is_dead else ''}{' '.join(each.failures)}"
            rows.append((*whose, each.method, f"{each.arrived} of {each.tries}", faults))
    return rows
