"""`alertnet purge`: erases the content of closed incidents for good, by age or one by one (A10)."""

from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import By, Yes, confirm, decider
from alertnet.cli.connection import connected
from alertnet.cli.output import print_rows
from alertnet.core.errors import BadInput
from alertnet.core.incident import as_ref
from alertnet.core.monitoring.retention import ALLOWED, Age, read_age

if TYPE_CHECKING:
    from alertnet.flows.system.purge import Candidate, PurgeDecision
    from alertnet.runtime.wiring import Runtime

Older = Annotated[
    str | None,
    typer.Option(
        metavar="AGE", help="Purge all that were closed so long ago: 90d, 26w, 24m (months), 2y; at least 7d."
    ),
]
Refs = Annotated[list[str] | None, typer.Option(metavar="REF", help="Purge this incident; give it once for each.")]
Hold = Annotated[
    str | None, typer.Option(metavar="REF", help="Keep this incident from every purge, for a court for example.")
]
Release = Annotated[str | None, typer.Option(metavar="REF", help="End a hold: the next purge may take it.")]
Why = Annotated[
    str, typer.Option(metavar="TEXT", help="Why, for the record; write no names, since it is never erased.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be purged, and what would not.")]

GONE = "Texts, check-ins and messages about no incident that are as old are erased with them."


def purge(
    older_than: Older = None,
    incident: Refs = None,
    hold: Hold = None,
    release: Release = None,
    why: Why = "",
    by: By = "",
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Erase for good what closed incidents held: names, numbers, places, words and recordings.

    Recorded positions, codes and links go too. What stays: that there was an incident, its type, times and counts, and
    who purged it and why; every chain still verifies. Without --older-than, the age in ALERTNET_KEEP applies. Incidents
    that are open, held or still under way are left out.
    """
    from alertnet.flows.system import purge as flow

    ways = {"--older-than": older_than, "--incident": incident, "--hold": hold, "--release": release}
    if len(given := [way for way, typed in ways.items() if typed]) > 1:
        raise BadInput("purge", " ".join(given), f"one of {', '.join(ways)}")
    is_by_age = not (incident or hold or release)
    if not (is_by_age or dry_run or why.strip()):
        raise BadInput("--why", None, "a reason, for the record")
    with connected() as runtime:
        if ref := hold or release:
            runtime.transact(flow.hold, ref, flow.PurgeDecision(decider(by), why.strip()), is_held=bool(hold))
            typer.echo(f"{as_ref(ref)} is {'held: no purge takes it' if hold else 'held no more'}.")
            return
        age = _age(older_than, runtime) if is_by_age else None
        reason = why.strip() or f"closed more than {age} ago"
        _purge(runtime, age, incident or [], flow.PurgeDecision(decider(by), reason), dry_run, yes)


def _age(typed: str | None, runtime: "Runtime") -> Age:
    if typed is None and runtime.settings.keep is not None:
        return runtime.settings.keep
    age = read_age(typed) if typed is not None else None
    if age is None:
        raise BadInput("--older-than", typed, f"{ALLOWED}; or set ALERTNET_KEEP, or name an --incident")
    return age


def _purge(
    runtime: "Runtime", age: Age | None, refs: list[str], decision: "PurgeDecision", dry_run: bool, yes: bool
) -> None:
    from alertnet.flows.system import purge as flow
    from alertnet.worker.purging import purge_incident, purge_old

    before = age.before(runtime.now()) if age else None
    found = runtime.read(flow.candidates, before) if before else [runtime.read(flow.candidate, ref) for ref in refs]
    _show(found)
    ready = [each for each in found if each.kept is None]
    if dry_run:
        typer.echo(
            f"{len(ready)} would be purged, {len(found) - len(ready)} would not." + (f" {GONE}" if before else "")
        )
        return
    if not (before or ready):
        raise typer.Exit(1)
    question = f"Purge {len(ready)} of these, by {decision.by}: {decision.why}? Nobody can bring back what they held."
    confirm(question + (f" {GONE}" if before else ""), yes)
    if before:
        count = purge_old(runtime, before, decision)
    else:
        for each in ready:
            purge_incident(runtime, each.incident.id, decision)
        count = len(ready)
    typer.echo(f"Purged: {count}. Backups that were made before still hold them, and so does what the provider keeps.")


def _show(found: "list[Candidate]") -> None:
    rows = [
        (
            each.incident.ref,
            f"closed {each.incident.closed_at:%Y-%m-%d}" if each.incident.closed_at else "open",
            each.incident.facts.type,
            each.incident.facts.country,
            f"stays: {each.kept}" if each.kept else "",
        )
        for each in found
    ]
    print_rows(rows)
