"""`alertnet roll-call`: asks everybody in the field whether they are safe, and shows who has answered."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import BY
from alertnet.cli.connection import connected
from alertnet.cli.output import aligned
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.durations import read_duration
from alertnet.core.errors import BadInput, Unknown

if TYPE_CHECKING:
    from alertnet.store.db.tx import Tx
    from alertnet.store.views.journey_view import RollCallsView, RollCallView

MOST_LISTED = 50

Which = Annotated[
    str | None, typer.Argument(metavar="ID", help="A roll-call that was made: print who has answered, and ask nobody.")
]
OfTeam = Annotated[str | None, typer.Option("--team", metavar="TEAM", help="Ask the members of this team.")]
InCountry = Annotated[
    str | None, typer.Option("--country", metavar="CC", help="Ask all teams in this country, by its two letters: CO.")
]
Everybody = Annotated[bool, typer.Option("--all", help="Ask every team.")]
Made = Annotated[bool, typer.Option("--list", help="Print the last fifty roll-calls, and ask nobody.")]
Why = Annotated[
    str | None, typer.Option("--text", metavar="TEXT", help="Why, for those who read the figures; it is in no message.")
]
Raises = Annotated[bool, typer.Option("--raise", help="Open an incident for each who has not answered in time.")]
After = Annotated[
    str, typer.Option("--incident-after", metavar="DURATION", help="How long an answer may take, such as 45m or 2h.")
]
AsJson = Annotated[bool, typer.Option("--json", help="With ID or --list: print JSON, as the API gives it.")]


def roll_call(
    id: Which = None,
    team: OfTeam = None,
    country: InCountry = None,
    everybody: Everybody = False,
    made: Made = False,
    text: Why = None,
    raises: Raises = False,
    after: After = "90m",
    as_json: AsJson = False,
) -> None:
    """Ask everybody of a team, a country or the network "are you safe? OK PIN", each in its language.

    A running worker sends it, with up to three reminders; silent phones are not written to. Prints the id alone. With
    that id the command prints the figures, with those under duress counted apart.
    """
    ways = {"ID": id, "--team": team, "--country": country, "--all": everybody, "--list": made}
    given = [way for way, typed in ways.items() if typed]
    if len(given) != 1:
        one = "one of --team, --country, --all, --list, or the ID of a roll-call"
        raise BadInput("roll-call", " ".join(given) or None, one)
    if not (id or made):
        typer.echo(_begin(team, country, text, raises, after))
        return
    if id:
        figures = _figures(id)
        lines = [json.dumps(figures, indent=2)] if as_json else _lines(figures)
    else:
        known = _known()
        lines = [json.dumps(known, indent=2)] if as_json else _table(known)
    for line in lines:
        typer.echo(line)


def _begin(team: str | None, country: str | None, text: str | None, raises: bool, after: str) -> str:
    from alertnet.cli.startup import connected_to_trees
    from alertnet.flows.journeys.roll_call import Question, call_roll
    from alertnet.runtime.settings.settings import check_methods

    span = read_duration(after)
    if not span:
        raise BadInput("--incident-after", after, "a duration such as 45m or 2h")
    with connected_to_trees() as (runtime, network):
        check_methods(runtime.settings, {MethodKind.SMS})
        return runtime.transact(call_roll, network, Question(team, country, text, raises, span), BY)


def _figures(id: str) -> "RollCallView":
    from alertnet.store.queues import journeys
    from alertnet.store.views.journey_view import of_roll_call

    def query(tx: "Tx") -> "RollCallView":
        asked = journeys.of_roll_call(tx.session, id)
        if not asked:
            raise Unknown("roll-call", id)
        return of_roll_call(tx.session, asked, for_coordinators=True)

    with connected() as runtime:
        return runtime.read(query)


def _known() -> "RollCallsView":
    from alertnet.store.queues import journeys
    from alertnet.store.views.journey_view import of_roll_calls

    with connected() as runtime:
        return of_roll_calls(runtime.read(lambda tx: journeys.roll_calls(tx.session, None, MOST_LISTED)), None)


def _table(known: "RollCallsView") -> list[str]:
    head = ("id", "began", "of", "asked", "answered", "not")
    rows = [
        (each["id"], each["began_at"], each["of"], *(str(each[name]) for name in ("asked", "answered", "not_answered")))
        for each in known["items"]
    ]
    return [*aligned([head, *rows])]


def _lines(figures: "RollCallView") -> list[str]:
    counted = f"asked {figures['asked']}, answered {figures['answered']}, not {figures['not_answered']}"
    duress = figures["under_duress"]
    head = [f"{figures['of']}, {figures['began_at']}: {counted}"]
    head += [f"! {duress} of those who answered did so under duress: call nobody before you have read"] * bool(duress)
    rows = [(each["member"], each["status"], each["heard_at"], each["incident"]) for each in figures["members"]]
    return [*head, *aligned([*rows, *((owner, "not asked", None, None) for owner in figures["not_asked"])])]
