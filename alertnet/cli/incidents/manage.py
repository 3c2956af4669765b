"""`alertnet incidents`: what is open, how each one stands, and closing it when it is over."""

from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.columns import aligned
from alertnet.cli.connection import connected
from alertnet.core.incident import CloseReason, IncidentStatus

if TYPE_CHECKING:
    from alertnet.store.views.shapes import IncidentView

app = typer.Typer(help="The incidents on the record.", epilog="Example: alertnet incidents list", no_args_is_help=True)
Ref = Annotated[str, typer.Argument(metavar="REF", help="The incident's reference, such as A-7K3M.")]
Status = Annotated[IncidentStatus | None, typer.Option(help="Only those that are open, or closed.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
Reason = Annotated[CloseReason, typer.Option(help="Why it is over; a false alarm sends a correction.")]
Words = Annotated[str | None, typer.Option(help="What the history should hold beside the reason; sent to nobody.")]

SECTIONS = {
    "escalations": ("tree", "status", "level", "round", "due_at"),
    "notifications": ("tree", "level", "contact", "method", "kind", "status"),
    "acknowledgements": ("tree", "contact", "kind", "via", "at", "revoked_at"),
    "actions": ("contact", "action", "at"),
    "pruned": ("tree", "level", "contact", "reason"),
}
"""What is shown of an incident, under the names that the API uses."""


@app.command("list", epilog="Example: alertnet incidents list --status open")
def list_page(status: Status = None, limit: Limit = 50) -> None:
    """Print the incidents, newest first: reference, status, severity, type, country, when it opened."""
    from alertnet.store.records import incidents

    with connected() as runtime:
        page = runtime.read(lambda tx: incidents.page(tx.session, status.value if status else None, None, limit))
    rows = [
        (
            each.ref,
            each.status,
            each.facts.severity,
            each.facts.type,
            each.facts.country,
            f"{each.opened_at:%Y-%m-%d %H:%M}Z",
            _marks(each.facts.drill, each.facts.verified),
        )
        for each in page
    ]
    for line in aligned(rows):
        typer.echo(line)


@app.command(epilog="Example: alertnet incidents show A-7K3M")
def show(ref: Ref) -> None:
    """Print how an incident stands: who was told by what, who has answered, who was spared and why."""
    from alertnet.store.records import incidents
    from alertnet.store.views import incident_view

    with connected() as runtime:
        found = runtime.read(lambda tx: incident_view.of_incident(tx.session, incidents.id_of(tx.session, ref)))
    for line in _lines(found):
        typer.echo(line)


@app.command(epilog="Example: alertnet incidents close A-7K3M --reason released")
def close(ref: Ref, reason: Reason, text: Words = None) -> None:
    """Close an incident: nothing more of it is sent but the all-clear, to exactly those who were told."""
    from alertnet.cli.admin import actions

    with connected() as runtime:
        runtime.transact(actions.close_incident, ref, reason, text)
    typer.echo(f"{ref.strip().upper()} is closed.")


def _lines(incident: "IncidentView") -> list[str]:
    marks = _marks(incident["drill"], incident["verified"])
    facts = (incident["status"], incident["severity"], incident["type"], f"consent {incident['consent']}")
    lines = ["  ".join((incident["ref"], *facts, incident["opened_at"], marks)).rstrip()]
    lines += [f"! {warning}" for warning in incident["warnings"]]
    for section, columns in SECTIONS.items():
        rows: list[dict[str, object]] = incident[section]  # type: ignore[literal-required]
        if rows:
            lines += ["", section, *(f"  {line}" for line in aligned([row[name] for name in columns] for row in rows))]
    return lines


def _marks(drill: bool, verified: bool) -> str:
    return " ".join(mark for mark, holds in (("drill", drill), ("unverified", not verified)) if holds)
