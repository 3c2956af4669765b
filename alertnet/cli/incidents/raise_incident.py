"""`alertnet raise`: an incident from a terminal, for when neither a phone of the field nor a program is at hand."""

from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.incidents.incident_options import (
    Accused,
    Consent,
    Country,
    Exclude,
    HowGrave,
    Nationality,
    Type,
    typed_case,
)

if TYPE_CHECKING:
    from alertnet.core.incident import Facts
    from alertnet.store.db.tx import Tx
    from alertnet.store.records.editions import Edition

Person = Annotated[list[str] | None, typer.Option(help="A code of `people:` in teams.yaml; may be repeated.")]
Place = Annotated[str | None, typer.Option(help="Where: kept sealed, in no SMS, call or subject.")]
Summary = Annotated[str | None, typer.Option(help="One line for those who may read it.")]
Drill = Annotated[bool, typer.Option("--drill", help="A drill: those who take part are told that it is one.")]


def raise_incident(
    country: Country = None,
    type: Type = None,
    severity: HowGrave = None,
    consent: Consent = None,
    person: Person = None,
    nationality: Nationality = None,
    perpetrator: Accused = None,
    exclude: Exclude = None,
    place: Place = None,
    summary: Summary = None,
    drill: Drill = False,
) -> None:
    """Raise an incident: who serves the country is told as the trees in force say. Its reference is printed, alone."""
    import logging
    from dataclasses import replace

    from alertnet.cli.startup import checked_runtime, on_stderr
    from alertnet.core.incident import Affected
    from alertnet.runtime.logging import configure

    configure(level=logging.WARNING)

    facts = typed_case(country, type, severity, consent, nationality or [], perpetrator, exclude or [])
    people = (*facts.people, *(Affected(code=code) for code in person or ()))
    facts = replace(facts, people=people, place=place, summary=summary, drill=drill)
    with checked_runtime(on_stderr) as runtime:
        ref = runtime.transact(_open, runtime.edition, facts)
    typer.echo(ref)


def _open(tx: "Tx", edition: "Edition", facts: "Facts") -> str:
    from alertnet.flows.incidents.open_incident import open_incident

    return open_incident(tx, edition, facts, by="command line").incident.ref
