"""`alertnet raise`, `alertnet drill` and `alertnet incidents`: raise, list, show and close incidents."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import BY, CaseWithPeople, group, grouped
from alertnet.cli.connection import connected
from alertnet.cli.output import aligned, print_rows
from alertnet.core.incident import CloseReason, Facts, IncidentStatus, as_ref

if TYPE_CHECKING:
    from alertnet.store.db.tx import Tx
    from alertnet.store.views.shapes import IncidentView, PersonView, TextView

app = group("List, show and close incidents.", "alertnet incidents list")
Ref = Annotated[str, typer.Argument(metavar="REF", help="The incident's reference, such as A-7K3M.")]
Status = Annotated[
    IncidentStatus | None, typer.Option(help="Only open, or only closed, incidents; unless given, both.")
]
Limit = Annotated[int, typer.Option(metavar="NUMBER", min=1, max=1000, help="How many to print at most, newest first.")]
Reason = Annotated[
    CloseReason, typer.Option(help="Why it is over. After false_alarm a correction is sent in place of the all-clear.")
]
Words = Annotated[str | None, typer.Option(metavar="TEXT", help="A note for the history; it is sent to nobody.")]

SECTIONS = {
    "escalations": ("tree", "status", "level", "round", "due_at"),
    "notifications": ("tree", "level", "contact", "method", "kind", "status"),
    "acknowledgements": ("tree", "contact", "kind", "via", "at", "revoked_at"),
    "actions": ("contact", "action", "at"),
    "pruned": ("tree", "level", "contact", "reason"),
}
"""The columns shown of an incident, by the API's names."""

Drill = Annotated[
    bool, typer.Option("--drill", help="Make it a drill: only those who take part are told, and that it is one.")
]


@app.command("list", epilog="Example: alertnet incidents list --status open")
def list_page(status: Status = None, limit: Limit = 50) -> None:
    """Print the incidents, newest first: reference, status, severity, type, country, opening in UTC."""
    from alertnet.store.views import incident_list

    with connected() as runtime:
        page = runtime.read(lambda tx: incident_list.page(tx.session, status.value if status else None, None, limit))
    rows = [
        (
            each.ref,
            each.status,
            each.severity,
            each.type,
            each.country,
            f"{each.opened_at:%Y-%m-%d %H:%M}Z",
            _marks(each.drill, each.verified, held=bool(each.held_at), purged=bool(each.purged_at)),
        )
        for each in page
    ]
    print_rows(rows, "No incidents.")


@app.command(epilog="Example: alertnet incidents show A-7K3M")
def show(ref: Ref) -> None:
    """Print how an incident stands: who was told, who answered, who was left out, what people wrote."""
    from alertnet.runtime.logging import as_shown
    from alertnet.store.records import incidents
    from alertnet.store.views.incident_view import for_coordinators

    def query(tx: "Tx") -> "IncidentView":
        return for_coordinators(tx.session, incidents.id_of(tx, ref))

    with connected() as runtime:
        found = runtime.read(query)
    people = {person["code"]: _person(person) for person in found["people"]}
    for line in (*_lines(found), *_code_lines(found["place"], people.values()), *_text_lines(found["texts"], people)):
        typer.echo(as_shown(line))


@app.command(epilog="Example: alertnet incidents close A-7K3M --reason released")
def close(ref: Ref, reason: Reason, text: Words = None) -> None:
    """Close an incident: only the all-clear is still sent, to exactly those who were told."""
    from alertnet.cli.admin import actions

    with connected() as runtime:
        is_read = runtime.transact(actions.close_incident, ref, reason, text)
    unread = " It can't be read: nobody got the all-clear, so tell those who were told yourself."
    typer.echo(f"{as_ref(ref)} is closed.{'' if is_read else unread}")


def _lines(incident: "IncidentView") -> list[str]:
    marks = _marks(incident["drill"], incident["verified"])
    marks = " ".join(filter(None, (marks, *(f"with {each}" for each in incident.get("reports", ())))))
    facts = (incident["status"], incident["severity"], incident["type"], f"consent {incident['consent']}")
    lines = ["  ".join((incident["ref"], *facts, incident["opened_at"], marks)).rstrip()]
    lines += [f"! {warning}" for warning in incident["warnings"]]
    for section, columns in SECTIONS.items():
        rows: list[dict[str, object]] = incident[section]  # type: ignore[literal-required]
        if rows:
            lines += ["", section, *(f"  {line}" for line in aligned([row[name] for name in columns] for row in rows))]
    return lines


def _person(person: "PersonView") -> str:
    """A person's code and what it stands for, as in `P7 (accompanier, ES)`."""
    known = filter(None, (person["kind"], person["nationality"], person["organisation"]))
    return f"{person['code']} ({', '.join(known)})"


def _code_lines(place: str | None, people: Iterable[str]) -> Iterator[str]:
    known = [f"{name}  {codes}" for name, codes in (("place", place), ("people", ", ".join(people))) if codes]
    yield from ("", *known) if known else ()


def _text_lines(texts: "list[TextView]", people: Mapping[str, str]) -> Iterator[str]:
    """The texts: who wrote when and from which number, what was understood, and the words."""
    yield from ("", "texts") if texts else ()
    for text in texts:
        codes = text["codes"]
        understood = (
            f"{codes[each]} {people.get(each, each)}" if each in codes else each for each in text["understood"]
        )
        said = (*understood, "verified" if text["verified"] else "", text["action"], text["number"])
        yield "  ".join(("", text["at"], text["sender"], *filter(None, said)))
        yield from (f"    {line}" for line in text["text"].splitlines())


def _marks(drill: bool | None, verified: bool | None, *, held: bool = False, purged: bool = False) -> str:
    of_facts = ("drill", drill), ("unverified", verified is False), ("can't be read", verified is None)
    marks = (*of_facts, ("held", held and not purged), ("purged", purged))
    return " ".join(mark for mark, holds in marks if holds)


@grouped
def raise_incident(case: CaseWithPeople, drill: Drill = False) -> None:
    """Raise an incident: the contact trees of the country say who is told. Needs --country and --type.

    Prints the reference of the incident and nothing else.
    """
    _open(replace(case.facts, drill=drill))


@grouped
def drill(case: CaseWithPeople) -> None:
    """Begin a drill. Needs --country and --type; the console plans one for later.

    Every message says that it is a drill. Only coordinators, the last resort and contacts with `drills: true` are told.
    Prints its reference and nothing else.
    """
    _open(replace(case.facts, drill=True))


def _open(facts: Facts) -> None:
    from alertnet.cli.startup import runtime_of_command
    from alertnet.flows.incidents.drills import begin_drill
    from alertnet.flows.incidents.open_incident import open_incident

    begin = begin_drill if facts.drill else open_incident
    with runtime_of_command() as runtime:
        locked = runtime.transact(begin, runtime.edition, facts, by=BY)
    typer.echo(locked.incident.ref)
