"""`alertnet numbers`: tests the numbers and addresses of contacts, and shows which have answered."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import BY, group
from alertnet.cli.contacts.connection import connected_to_trees
from alertnet.cli.output import print_rows
from alertnet.core.directory.contact_tree import Named
from alertnet.core.errors import BadInput

if TYPE_CHECKING:
    from alertnet.flows.notifications.number_tests import Tested

A_DAY = timedelta(days=1)

app = group("Test the numbers and addresses of contacts.", "alertnet numbers test --all --due 90d")
Whom = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CONTACT...", help="Contacts, by their ids; TREE/ID where several trees have one of that id."
    ),
]
Everybody = Annotated[bool, typer.Option("--all", help="Test every contact that may be sent a test.")]
Due = Annotated[str, typer.Option(metavar="DAYS", help="With --all: only what was not tried for so long, such as 90d.")]


@app.command("test", epilog="Example: alertnet numbers test coordinator embassy-es")
def send_tests(contacts: Whom = None, everybody: Everybody = False, due: Due = "0d") -> None:
    """Send a test to every number and address of contacts, in their language; a running worker sends it.

    The test says that it is one, and asks for a code by SMS, three digits in a call, or a button on a page. Only
    coordinators, the last resort, and contacts with `drills: true` get tests.
    """
    from alertnet.flows.notifications import number_tests
    from alertnet.runtime.settings.settings import check_methods

    if bool(contacts) == everybody:
        raise BadInput("CONTACT", None, "ids of contacts, or --all")
    span = _days(due)
    with connected_to_trees() as (runtime, network):
        if everybody:
            chosen: list[Named] = runtime.read(number_tests.due_contacts, network, span)
        else:
            chosen = [number_tests.named(network, name) for name in contacts or ()]
        check_methods(runtime.settings, number_tests.kinds_of(chosen))
        sent = runtime.transact(number_tests.send_tests, network, chosen, BY)
    for tree, contact in chosen:
        typer.echo(f"{tree}/{contact.id}")
    typer.echo(f"Tests on their way: {sent}. `alertnet numbers list` says who has answered.", err=True)


@app.command("list", epilog="Example: alertnet numbers list")
def list_tests() -> None:
    """List all numbers and addresses that may be tested: when each was last shown to work, and its test's result."""
    from alertnet.flows.notifications import number_tests

    with connected_to_trees() as (runtime, network):
        results, now = runtime.read(number_tests.results, network), runtime.now()
    head = ("contact", "method", "verified", "last test")
    print_rows([head, *(_row(each, now) for each in results)])


def _row(each: "Tested", now: datetime) -> tuple[str, str, str, str]:
    asked = f"{each.asked_at:%Y-%m-%d}" if each.asked_at else ""
    silent = "no answer yet" if each.asked_at and now - each.asked_at < A_DAY else "NO ANSWER"
    became = {"": "", "answered": "answered", "wrong": "WRONG NUMBER"}.get(each.outcome, silent)
    return f"{each.tree}/{each.contact}", each.method.value, str(each.verified or ""), f"{asked} {became}".strip()


def _days(text: str) -> timedelta:
    number = text.removesuffix("d")
    if not (number.isascii() and number.isdigit() and len(number) <= 4 and text.endswith("d")):
        raise BadInput("--due", text, "a number of days, such as 90d")
    return timedelta(days=int(number))
