"""Turns of duty: who takes them out of turn, and a reminder the day before (B1)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Network, OnRota
from alertnet.core.directory.on_call import Arrangement, Officer, Turn, shift_at, swapped, turns
from alertnet.core.disclosure import Subject
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.core.incident import Incident
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import said_by
from alertnet.flows.notifications.system_notices import RANKS
from alertnet.flows.unit.locked_incident import look_closely
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import on_call, timeline
from alertnet.store.records.escalations import ReadEscalations
from alertnet.store.records.notifications import NotificationDraft
from alertnet.store.records.on_call import Arranged
from alertnet.store.views import incident_list

BEFORE = timedelta(days=1)
"""How long before a turn its officer is reminded."""
LOOKS_EVERY = timedelta(minutes=10)
MOST_NAMED = 5


def set_duty(
    tx: Tx,
    network: Network,
    owner: str,
    member: str,
    *,
    is_on: bool,
    starts_at: datetime | None,
    ends_at: datetime | None,
    by: str,
) -> Arrangement:
    """Put a member on duty for a contact (`tree/contact`), or off it: from now, or as given, until the turn changes.

    Refuses a member who is not on that rota.
    """
    tree, contact, duty = _with_rota(network, owner)
    officers = duty.by_name
    if member not in officers:
        raise BadInput("member", member, tuple(each.id for each in duty.rota) or "nobody: the rota is empty")
    begins = starts_at or tx.now
    ends = ends_at or shift_at(duty, tree.timezone, begins).ends_at
    if ends <= max(begins, tx.now):
        shown = f"{ends.astimezone(ZoneInfo(tree.timezone)):%Y-%m-%d %H:%M}"
        raise BadInput("until", shown, "a moment that is still to come, and after the beginning")
    arrangement = Arrangement(officers[member].id, is_on, begins, ends)
    arrange(tx, tree, contact, arrangement, by)
    return arrangement


def swap_duty(
    tx: Tx, network: Network, names: tuple[str, str], monday: date, *, owner: str | None, by: str
) -> list[Arranged]:
    """Swap two members' turns: the week of that Monday for the next turn of the one who takes it over.

    It applies to every contact with both on its rota, or to `owner` (`tree/contact`) only. Refused where no rota has
    both, or neither has that turn.
    """
    posts = [_with_rota(network, owner)] if owner else network.with_duty
    known = on_call.arranged(tx)
    done: list[Arranged] = []
    shared = False
    for tree, contact, duty in posts:
        first, second = (duty.by_name.get(name) for name in names)
        if first is None or second is None or first == second:
            continue
        shared = True
        before = known.get(tree.id, {}).get(contact.id, ())
        both = swapped(duty, tree.timezone, before, (first, second), monday, tx.now)
        for arrangement in both or ():
            arrange(tx, tree, contact, arrangement, by)
            done.append(Arranged(tree.id, contact.id, arrangement))
    if not shared:
        raise BadInput("members", ", ".join(names), "two of one rota: see `alertnet duty show`")
    if not done:
        raise BadInput("--week", f"{monday:%G-W%V}", "a week that one of the two has, and that is not over")
    return done


def undo_duty(tx: Tx, by: str) -> list[Arranged]:
    """Undo what `by` arranged last, as far as it is not over."""
    undone = on_call.take_back(tx, by)
    if not undone:
        raise WrongState("what was arranged", "over, or was never", "nothing is undone")
    for each in undone:
        timeline.note(tx, "duty_undone", **_entry(each.tree, each.contact, each.arrangement, by))
    return undone


def _with_rota(network: Network, owner: str) -> OnRota:
    known = {f"{tree.id}/{contact.id}": (tree, contact, duty) for tree, contact, duty in network.with_duty}
    if owner not in known:
        raise Unknown("contact with a duty rota", owner)
    return known[owner]


def arrange(tx: Tx, tree: ContactTree, contact: Contact, arrangement: Arrangement, by: str) -> None:
    """Put the officer on or off duty for that contact, and record who did so."""
    on_call.arrange(tx, tree.id, contact.id, arrangement, by)
    timeline.note(tx, "duty_arranged", **_entry(tree.id, contact.id, arrangement, by))


def _entry(tree: str, contact: str, arrangement: Arrangement, by: str) -> dict[str, object]:
    return {
        "tree": tree,
        "contact": contact,
        "officer": arrangement.officer,
        "on": arrangement.is_on,
        "from": arrangement.starts_at.isoformat(),
        "until": arrangement.ends_at.isoformat(),
        "by": by,
    }


def remind_of_turns(tx: Tx, network: Network, looked: heartbeats.Heartbeat | None) -> None:
    """Remind everybody whose turn begins within a day, and tell whose has begun what is open, once each.

    What an officer before has taken on rings at nobody: who comes next would not hear of it.
    """
    if not heartbeats.lease(tx, heartbeats.DUTY_REMINDED, LOOKS_EVERY):
        return
    # At the first look nobody has been reminded yet.
    since, reminded = (looked.at, looked.at + BEFORE) if looked else (tx.now, tx.now)
    begins: dict[tuple[Officer, datetime], list[tuple[ContactTree, Contact]]] = {}
    for tree, contact, turn in coming_turns(tx, network, weeks=2):
        is_near = max(tx.now, reminded) < turn.starts_at <= tx.now + BEFORE
        if turn.officer and (is_near or since < turn.starts_at <= tx.now):
            begins.setdefault((turn.officer, turn.starts_at), []).append((tree, contact))
    work = UnitOfWork(tx)
    for (officer, starts_at), posts in begins.items():
        named = ", ".join(dict.fromkeys(each.id for _, each in posts))
        if starts_at > tx.now:
            work.post(_reminder(tx, officer, posts[0], subject=Subject.DUTY_BEGINS, about=named, at=starts_at))
        elif refs := _open_for(tx, officer, posts):
            work.post(_reminder(tx, officer, posts[0], subject=Subject.ON_DUTY, about=named, at=starts_at, ref=refs))
    work.flush()


def _open_for(tx: Tx, officer: Officer, posts: Iterable[tuple[ContactTree, Contact]]) -> str:
    """References of what is open at those posts and real, but not raised by that officer's phone; the gravest first."""
    found: dict[str, Incident] = {}
    for tree, contact in posts:
        for each in incident_store.get_readable(tx.session, incident_list.open_in(tx.session, tree.id)):
            locked = look_closely(tx, each, ReadEscalations())
            told = locked.known_recipient(tree.id, contact.id)
            if told and told.may_hear and not (each.facts.drill or locked.raised_from(officer.phone)):
                found[each.id] = each
    refs = [each.ref for each in sorted(found.values(), key=lambda each: each.facts.severity.rank)]
    more = [f"+{len(refs) - MOST_NAMED}"] if len(refs) > MOST_NAMED else []
    return ", ".join([*refs[:MOST_NAMED], *more])


def _reminder(tx: Tx, officer: Officer, post: tuple[ContactTree, Contact], **words: Any) -> NotificationDraft:
    tree, contact = post
    timeline.note(tx, "duty_reminded", officer=officer.id, **{"from": words["at"].isoformat()})
    return NotificationDraft(
        kind=Kind.NOTICE,
        contact=officer.id,
        method=MethodKind.SMS,
        address=officer.phone,
        language=officer.language,
        said=replace(said_by(tree, contact), **words),
        planned_at=tx.now,
        rank=RANKS[Kind.NOTICE],
        tree=tree.id,
    )


def coming_turns(tx: Tx, network: Network, weeks: int) -> Iterator[tuple[ContactTree, Contact, Turn]]:
    """Every turn that has not ended, and those of the coming weeks, contact by contact."""
    arranged = on_call.arranged(tx)
    for tree, contact, duty in network.with_duty:
        its = arranged.get(tree.id, {}).get(contact.id, ())
        yield from ((tree, contact, turn) for turn in turns(duty, tree.timezone, its, tx.now, weeks))
