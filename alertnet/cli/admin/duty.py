"""`alertnet duty`: who is on duty for each contact with a rota, and changes of turns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from alertnet.cli.arguments import BY, group, typed_moment
from alertnet.cli.contacts.connection import connected_to_trees
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.directory.on_call import Arrangement, shift_at, turns
from alertnet.core.errors import BadInput, Misconfigured

if TYPE_CHECKING:
    from alertnet.store.records.on_call import Arranged

NOBODY = "nobody, so its own numbers serve"

app = group("Show and change who is on duty.", "alertnet duty show")
Owner = Annotated[str, typer.Argument(metavar="TREE/CONTACT", help="A contact with a duty rota.")]
Member = Annotated[str, typer.Argument(metavar="MEMBER", help="One of its rota: MEMBER or TEAM/MEMBER.")]
From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="TIME",
        help="From when, by the tree's clock: 2026-12-24 or 2026-12-24T09:00; unless given, now.",
    ),
]
Until = Annotated[
    str, typer.Option(metavar="TIME", help="Until when, written alike; unless given, until the turn changes.")
]
Off = Annotated[bool, typer.Option("--off", help="Take the member off duty: the next on the rota takes over.")]


Weeks = Annotated[int, typer.Option(metavar="WEEKS", min=1, max=53, help="How many weeks to print, this one included.")]
Week = Annotated[
    str, typer.Option(metavar="WEEK", help="The week in which the turn begins, by its ISO number: 2026-W50.")
]
One = Annotated[str, typer.Argument(metavar="MEMBER", help="One of the two, of one rota.")]
Other = Annotated[str, typer.Argument(metavar="MEMBER", help="The other.")]
Whose = Annotated[str | None, typer.Argument(metavar="MEMBER", help="Whose turns; unless given, everybody's.")]
Address = Annotated[
    bool,
    typer.Option(
        "--address", help="Print a secret address that a calendar can subscribe to; the one before stops working."
    ),
]
Revoke = Annotated[bool, typer.Option("--revoke", help="Let the secret address stop working.")]
Of = Annotated[
    str | None,
    typer.Option(
        metavar="TREE/CONTACT", help="Swap on this contact's rota alone; unless given, on each that has both."
    ),
]


@app.command(epilog="Example: alertnet duty show --weeks 8")
def show(weeks: Weeks = 1) -> None:
    """Print who is on duty now, when the turn changes, and what was arranged; or the turns of the coming weeks."""
    from alertnet.store.records import on_call

    with connected_to_trees() as (runtime, network):
        arranged, now = runtime.read(on_call.arranged), runtime.now()
    for tree in network.in_order:
        for line in _lines(tree, arranged.get(tree.id, {}), now, weeks):
            typer.echo(line)
    if not any(tree.with_duty for tree in network.trees.values()):
        typer.echo("Nobody takes turns: no contact has a `duty` with a rota.", err=True)


@app.command("set", epilog="Example: alertnet duty set colombia/coordinator-2 luis --until 2026-12-27")
def set_duty(owner: Owner, member: Member, starts: From = "", until: Until = "", off: Off = False) -> None:
    """Put a member on duty out of turn, or off duty. It applies at once, also for running incidents."""
    from alertnet.flows.system import duty

    with connected_to_trees() as (runtime, network):
        tree = network.trees.get(owner.partition("/")[0])
        zone = tree.timezone if tree else "UTC"
        starts_at, ends_at = (_moment(name, text, zone) for name, text in (("from", starts), ("until", until)))
        done = runtime.transact(
            duty.set_duty, network, owner, member, is_on=not off, starts_at=starts_at, ends_at=ends_at, by=BY
        )
    typer.echo(f"{owner}: {done.officer} is {'on' if done.is_on else 'off'} duty until {_clock(done.ends_at, zone)}.")


@app.command(epilog="Example: alertnet duty swap ana luis --week 2026-W50")
def swap(one: One, other: Other, week: Week, contact: Of = None) -> None:
    """Swap two turns: that week goes to the other member, whose next turn goes to the first."""
    from alertnet.flows.system import duty

    with connected_to_trees() as (runtime, network):
        done = runtime.transact(duty.swap_duty, network, (one, other), _monday(week), owner=contact, by=BY)
    for line in _arranged(network, done):
        typer.echo(line)


@app.command(epilog="Example: alertnet duty undo")
def undo() -> None:
    """Undo the last set or swap from the command line, as far as it is not over. ON and OFF by SMS stay."""
    from alertnet.flows.system import duty

    with connected_to_trees() as (runtime, network):
        undone = runtime.transact(duty.undo_duty, BY)
    for line in _arranged(network, undone):
        typer.echo(f"no longer: {line}")


@app.command(epilog="Example: alertnet duty ical ana > ana.ics")
def ical(member: Whose = None, address: Address = False, revoke: Revoke = False) -> None:
    """Print the coming turns as a calendar (.ics), or the secret address of a member's calendar."""
    from alertnet.flows.system import duty_calendar

    if (address or revoke) and member is None:
        raise BadInput("member", None, "whose calendar it is")
    with connected_to_trees() as (runtime, network):
        officer = duty_calendar.officer_named(network, member) if member else None
        if officer and revoke:
            runtime.transact(duty_calendar.close_calendar, officer, BY)
        elif officer and address:
            if not (public_url := runtime.settings.public_url):
                raise Misconfigured(["ALERTNET_PUBLIC_URL is missing: it begins the address"])
            typer.echo(f"{public_url}/duty/{runtime.transact(duty_calendar.open_calendar, officer, BY)}.ics")
        else:
            typer.echo(runtime.read(duty_calendar.calendar_of, network, officer), nl=False)


def _lines(
    tree: ContactTree, arranged: Mapping[str, Sequence[Arrangement]], now: datetime, weeks: int
) -> Iterator[str]:
    """Each contact with a rota, followed by what was arranged or by the coming turns, in the tree's time zone."""
    officers = tree.on_duty(now, arranged=arranged)
    for contact, duty in tree.with_duty:
        who = officers[contact.id].id if contact.id in officers else NOBODY
        changes_at = shift_at(duty, tree.timezone, now).ends_at
        yield f"{tree.id}/{contact.id}: {who}; the turn changes {_clock(changes_at, tree.timezone)}"
        its = arranged.get(contact.id, ())
        for turn in turns(duty, tree.timezone, its, now, weeks) if weeks > 1 else ():
            span = f"{_clock(turn.starts_at, tree.timezone)} to {_clock(turn.ends_at, tree.timezone)}"
            yield f"  {span}  {turn.officer.id if turn.officer else NOBODY}"
        for each in its if weeks == 1 else ():
            yield f"  {_said(each, tree.timezone)}"


def _arranged(network: Network, arranged: Iterable["Arranged"]) -> Iterator[str]:
    for each in arranged:
        tree = network.trees.get(each.tree)
        yield f"{each.tree}/{each.contact}: {_said(each.arrangement, tree.timezone if tree else 'UTC')}"


def _said(arrangement: Arrangement, zone: str) -> str:
    span = f"{_clock(arrangement.starts_at, zone)} to {_clock(arrangement.ends_at, zone)}"
    return f"{arrangement.officer} is {'on' if arrangement.is_on else 'off'} duty, {span}"


def _monday(week: str) -> date:
    try:
        return datetime.strptime(f"{week}-1", "%G-W%V-%u").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise BadInput("--week", week, "a week of ISO 8601, such as 2026-W50") from None


def _clock(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"


def _moment(name: str, text: str, zone: str) -> datetime | None:
    return typed_moment(name, text, ZoneInfo(zone)) if text else None
