"""`alertnet subject`: shows or erases what is stored about one person who asks for it."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import By, Yes, confirm, decider
from alertnet.cli.contacts.connection import connected_to_trees
from alertnet.core.errors import BadInput, Unknown

if TYPE_CHECKING:
    from alertnet.store.views.subject import Section

Who = Annotated[
    str, typer.Argument(metavar="WHO", help="The person: TREE/CONTACT, TEAM/MEMBER, a number or a mail address.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program or to hand over.")]
Erase = Annotated[bool, typer.Option("--erase", help="Erase what is no longer needed, and print what stays.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record; write no names.")]


def subject(
    who: Who, as_json: AsJson = False, erase: Erase = False, why: Why = "", by: By = "", yes: Yes = False
) -> None:
    """Print what is stored about one person: words, numbers, messages, answers, check-ins. It is confidential.

    Dots stand for what could be a PIN.

    With --erase, what is over goes: addresses and words of messages in closed incidents, names and notes of answers,
    texts, check-ins and past turns of duty; for people whom no file in force names, PINs and the like too. It prints
    what stays.
    """
    from alertnet.flows.system import subject as flow
    from alertnet.flows.system.purge import PurgeDecision
    from alertnet.runtime.logging import as_shown

    if erase and not why.strip():
        raise BadInput("--why", None, "a reason, for the record")
    with connected_to_trees() as (runtime, network):
        person = flow.subject_of(network, who)
        kept = runtime.read(flow.kept_about, network, person)
        if not any(kept.values()):
            raise Unknown("person of whom anything is kept", who)
        if not erase:
            for line in [json.dumps(kept, indent=2, ensure_ascii=False)] if as_json else map(as_shown, _lines(kept)):
                typer.echo(line)
            return
        confirm(f"Erase what is over of {who}? Nobody can bring it back.", yes)
        decision = PurgeDecision(decider(by), why.strip())
        count = runtime.transact(flow.erase_subject, network, person, decision)
    typer.echo(f"Erased or emptied: {count} rows. What stays:")
    for reason in flow.STAYS:
        typer.echo(f"  {reason}")


def _lines(kept: "dict[str, Section]") -> Iterator[str]:
    """The stored entries, a line each; empty sections are left out."""
    for name, section in kept.items():
        if section:
            yield name.replace("_", " ")
            for entry in section:
                yield "  " + ", ".join(
                    f"{key}: {_said(value)}" for key, value in entry.items() if value not in (None, "")
                )


def _said(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.splitlines())
