"""The page of who is on duty: turns of the next eight weeks, and changes to them, which apply at once."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi import Response

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.on_call import Turn, turns
from alertnet.flows.system.duty import set_duty, swap_duty, undo_duty
from alertnet.store.db.tx import Tx
from alertnet.store.records import on_call
from alertnet.web.console.desk import AtDesk
from alertnet.web.console.refusing import Pages
from alertnet.web.forms import Form, Posted, read_day, read_moment, typed

router = Pages("/desk/duty")

WEEKS = 8
HERE = "/desk/duty"


@value
class Post:
    """A contact with a rota, and its turns; the first is the one of now."""

    owner: str
    called: str
    zone: str
    rota: tuple[str, ...]
    turns: tuple[Turn, ...]
    weeks: tuple[date, ...]
    """The Mondays of the weeks in which a turn begins."""


@router.get("")
def show_duty(desk: AtDesk, done: str = "") -> Response:
    posts = desk.runtime.read(lambda tx: list(_posts(tx, desk.network)))
    return desk.show("duty.html", seen=desk.runtime.entropy.id(), posts=posts, done=done)


@router.post("/set")
def arrange(form: Posted, desk: AtDesk) -> Response:
    """Put a member on duty out of turn, or take one off."""
    owner, network = typed(form, "owner"), desk.network
    tree = network.trees.get(owner.partition("/")[0])
    zone = ZoneInfo(tree.timezone) if tree else ZoneInfo("UTC")
    starts_at, ends_at = (_moment(form, field, zone) for field in ("from", "until"))
    member, is_on = typed(form, "member"), form.get("on") != "off"

    def do(tx: Tx) -> None:
        set_duty(tx, network, owner, member, is_on=is_on, starts_at=starts_at, ends_at=ends_at, by=desk.by)

    return desk.do_once(form, do, f"{HERE}?done=set")


@router.post("/swap")
def exchange(form: Posted, desk: AtDesk) -> Response:
    names = (typed(form, "one"), typed(form, "other"))
    monday, owner = read_day("week", typed(form, "week")), typed(form, "owner") or None
    return desk.do_once(
        form, lambda tx: swap_duty(tx, desk.network, names, monday, owner=owner, by=desk.by), f"{HERE}?done=swap"
    )


@router.post("/undo")
def take_back(form: Posted, desk: AtDesk) -> Response:
    return desk.do_once(form, lambda tx: undo_duty(tx, desk.by), f"{HERE}?done=undo")


def _posts(tx: Tx, network: Network) -> Iterator[Post]:
    arranged = on_call.arranged(tx)
    for tree in network.in_order:
        for contact, duty in tree.with_duty:
            its = arranged.get(tree.id, {}).get(contact.id, ())
            coming = tuple(turns(duty, tree.timezone, its, tx.now, WEEKS))
            weekly = turns(duty, tree.timezone, (), tx.now, WEEKS)
            weeks = tuple(dict.fromkeys(_week_of(turn.starts_at, tree.timezone) for turn in weekly))
            rota = tuple(officer.id for officer in duty.rota)
            yield Post(f"{tree.id}/{contact.id}", contact.called, tree.timezone, rota, coming, weeks)


def _week_of(at: datetime, zone: str) -> date:
    day = at.astimezone(ZoneInfo(zone)).date()
    return date.fromordinal(day.toordinal() - day.weekday())


def _moment(form: Form, field: str, zone: ZoneInfo) -> datetime | None:
    text = typed(form, field)
    return read_moment(field, text, zone) if text else None
