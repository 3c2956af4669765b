"""`alertnet duty`: who is on duty for each contact that has a rota, and who takes a turn out of order."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alertnet.cli.arguments import typed_moment
from alertnet.cli.connection import connected
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.on_call import Arrangement, shift_at

app = typer.Typer(
    help="Who is on duty.",
    epilog="Example: alertnet duty show",
    no_args_is_help=True,
)
Owner = Annotated[str, typer.Argument(metavar="TREE/CONTACT", help="A contact with a duty rota.")]
Member = Annotated[str, typer.Argument(metavar="MEMBER", help="One of its rota: MEMBER or TEAM/MEMBER.")]
From = Annotated[str, typer.Option("--from", help="YYYY-MM-DD or YYYY-MM-DDTHH:MM by the tree's clock; default: now.")]
Until = Annotated[str, typer.Option(help="As above; default: when the turn changes.")]
Off = Annotated[bool, typer.Option("--off", help="Off duty: the next on the rota takes the turn.")]


@app.command(epilog="Example: alertnet duty show")
def show() -> None:
    """Whoever is on duty now, when the turn changes, and what was arranged beside the rota."""
    from alertnet.cli.startup import on_stderr, trees_in_force
    from alertnet.store.records import on_call

    with connected() as runtime:
        network = trees_in_force(runtime, on_stderr)
        arranged, now = runtime.read(on_call.arranged), runtime.now()
    for _, tree in sorted(network.trees.items()):
        for line in _lines(tree, arranged.get(tree.id, {}), now):
            typer.echo(line)


@app.command("set", epilog="Example: alertnet duty set colombia/coordinator-2 luis --until 2026-12-27")
def set_duty(owner: Owner, member: Member, starts: From = "", until: Until = "", off: Off = False) -> None:
    """Put a member on duty out of turn, or off duty; it holds at once, for running incidents as well."""
    from alertnet.cli.admin import actions
    from alertnet.cli.startup import on_stderr, trees_in_force

    with connected() as runtime:
        network = trees_in_force(runtime, on_stderr)
        tree = network.trees.get(owner.partition("/")[0])
        zone = tree.timezone if tree else "UTC"
        starts_at, ends_at = (_moment(name, text, zone) for name, text in (("from", starts), ("until", until)))
        done = runtime.transact(actions.set_duty, network, owner, member, not off, starts_at, ends_at)
    typer.echo(f"{owner}: {done.officer} is {'on' if done.is_on else 'off'} duty until {_clock(done.ends_at, zone)}.")


def _lines(tree: ContactTree, arranged: Mapping[str, Sequence[Arrangement]], now: datetime) -> Iterator[str]:
    """Each contact with a rota, and below it what was arranged, by the tree's clock."""
    officers = tree.on_duty(now, arranged=arranged)
    for contact in tree.with_duty:
        assert contact.duty is not None
        who = officers[contact.id].id if contact.id in officers else "nobody, so its own numbers serve"
        changes_at = shift_at(contact.duty, tree.timezone, now).ends_at
        yield f"{tree.id}/{contact.id}: {who}; the turn changes {_clock(changes_at, tree.timezone)}"
        for each in arranged.get(contact.id, ()):
            span = f"{_clock(each.starts_at, tree.timezone)} to {_clock(each.ends_at, tree.timezone)}"
            yield f"  {each.officer} is {'on' if each.is_on else 'off'} duty, {span}"


def _clock(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"


def _moment(name: str, text: str, zone: str) -> datetime | None:
    return typed_moment(name, text, ZoneInfo(zone), "YYYY-MM-DD", "YYYY-MM-DDTHH:MM") if text else None
