"""`alertnet roll-call`: asks everybody in the field whether they are safe, and shows who has answered."""

from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import BY
from alertnet.cli.connection import connected
from alertnet.cli.contacts.connection import connected_to_trees
from alertnet.cli.output import aligned
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.durations import read_duration
from alertnet.core.errors import BadInput, Unknown

if TYPE_CHECKING:
    from alertnet.store.db.tx import Tx
    from alertnet.store.views.journey_view import RollCallView

Which = Annotated[
    str | None, typer.Argument(metavar="ID", help="A roll-call that was made: print who has answered, and ask nobody.")
]
OfTeam = Annotated[str | None, typer.Option(metavar="TEAM", help="Ask the members of this team.")]
InCountry = Annotated[
    str | None, typer.Option(metavar="CC", help="Ask all teams in this country, by its two letters: CO.")
]
Everybody = Annotated[bool, typer.Option("--all", help="Ask every team.")]
Why = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Why, for those who read the figures; it is in no message.")
]
Raises = Annotated[bool, typer.Option("--raise", help="Open an incident for each who has not answered in time.")]
After = Annotated[
    str, typer.Option("--incident-after", metavar="DURATION", help="How long an answer may take, such as 45m or 2h.")
]


def roll_call(
    id: Which = None,
    team: OfTeam = None,
    country: InCountry = None,
    everybody: Everybody = False,
    text: Why = None,
    raises: Raises = False,
    after: After = "90m",
) -> None:
    """Ask everybody of a team, a country or the network "are you safe? OK PIN", each in its language.

    A running worker sends it, with up to three reminders; silent phones are not written to. Prints the id alone. With
    that id the command prints the figures, with those under duress counted apart.
    """
    ways = {"ID": id, "--team": team, "--country": country, "--all": everybody}
    given = [way for way, typed in ways.items() if typed]
    if len(given) != 1:
        one = "one of --team, --country, --all, or the ID of a roll-call"
        raise BadInput("roll-call", " ".join(given) or None, one)
    for line in _lines(_figures(id)) if id else [_begin(team, country, text, raises, after)]:
        typer.echo(line)


def _begin(team: str | None, country: str | None, text: str | None, raises: bool, after: str) -> str:
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


def _lines(figures: "RollCallView") -> list[str]:
    counted = f"asked {figures['asked']}, answered {figures['answered']}, not {figures['not_answered']}"
    duress = figures["under_duress"]
    head = [f"{figures['of']}, {figures['began_at']}: {counted}"]
    head += [f"! {duress} of those who answered did so under duress: call nobody before you have read"] * bool(duress)
    rows = [(each["member"], each["status"], each["heard_at"], each["incident"]) for each in figures["members"]]
    return [*head, *aligned([*rows, *((owner, "not asked", None, None) for owner in figures["not_asked"])])]
