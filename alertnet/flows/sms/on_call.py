"""Changes who is on duty, at once: by command for some days, or by SMS until the turn changes (B1)."""

from dataclasses import replace
from datetime import date, datetime

from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.directory.on_call import Arrangement, Duty, Officer, shift_at, swapped
from alertnet.core.disclosure import Subject
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.core.inbound.sms_answers import DutyChange
from alertnet.core.notification import Kind
from alertnet.flows.credentials.pins import PinCheck
from alertnet.flows.sms.coerced_text import hear_duress
from alertnet.flows.sms.field_text import FieldText
from alertnet.store.db.tx import Tx
from alertnet.store.records import on_call, timeline
from alertnet.store.records.inbound import Reply
from alertnet.store.records.on_call import Arranged

Post = tuple[ContactTree, Contact, Duty]
"""A contact with a rota, between its tree and its duty."""


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

    Raises:
        Unknown: there is no such contact with a rota.
        BadInput: the member is not on that rota, or the time ends before it begins.
    """
    tree, contact, duty = _with_rota(network, owner)
    officers = _officers(duty)
    if member not in officers:
        raise BadInput("member", member, tuple(each.id for each in duty.rota) or "nobody: the rota is empty")
    begins = starts_at or tx.now
    ends = ends_at or shift_at(duty, tree.timezone, begins).ends_at
    if ends <= max(begins, tx.now):
        raise BadInput("until", ends.isoformat(), "a moment that is still to come, and after the beginning")
    arrangement = Arrangement(officers[member].id, is_on, begins, ends)
    _record(tx, tree, contact, arrangement, by)
    return arrangement


def swap_duty(
    tx: Tx, network: Network, names: tuple[str, str], monday: date, *, owner: str | None, by: str
) -> list[Arranged]:
    """Swap two members' turns: the week of that Monday for the next turn of the one who takes it over.

    It applies to every contact with both on its rota, or to `owner` (`tree/contact`) only.

    Raises:
        Unknown: there is no such contact with a rota.
        BadInput: no rota has both, or neither has that turn.
    """
    posts = [_with_rota(network, owner)] if owner else _with_duty(network)
    known = on_call.arranged(tx)
    done: list[Arranged] = []
    shared = False
    for tree, contact, duty in posts:
        first, second = (_officers(duty).get(name) for name in names)
        if first is None or second is None or first == second:
            continue
        shared = True
        before = known.get(tree.id, {}).get(contact.id, ())
        both = swapped(duty, tree.timezone, before, (first, second), monday, tx.now)
        for arrangement in both or ():
            _record(tx, tree, contact, arrangement, by)
            done.append(Arranged(tree.id, contact.id, arrangement))
    if not shared:
        raise BadInput("members", ", ".join(names), "two of one rota: see `alertnet duty show`")
    if not done:
        raise BadInput("--week", f"{monday:%G-W%V}", "a week that one of the two has, and that is not over")
    return done


def undo_duty(tx: Tx, by: str) -> list[Arranged]:
    """Undo what `by` arranged last, as far as it is not over.

    Raises:
        WrongState: there is nothing to undo.
    """
    undone = on_call.take_back(tx, by)
    if not undone:
        raise WrongState("what was arranged", "over, or was never", "nothing is undone")
    for each in undone:
        timeline.append(tx, timeline.SYSTEM, ("duty_undone", _entry(each.tree, each.contact, each.arrangement, by)))
    return undone


def change_duty(text: FieldText, change: DutyChange) -> Reply | None:
    """ON or OFF by SMS, until the turn changes; None where the PIN is wrong or no rota has the sender.

    Under duress the reply is the same, the phone goes off duty in either case, and the coordinators are alarmed.
    """
    tx, sender = text.tx, text.sender
    posts = [post for post in _with_duty(text.edition.network) if sender.owner in _officers(post[2])]
    check = text.try_pin(change.pin) if posts else PinCheck.NONE_SET
    if not check:
        return None
    duress = check is PinCheck.DURESS
    for tree, contact, duty in posts:
        ends_at = shift_at(duty, tree.timezone, tx.now).ends_at
        arrangement = Arrangement(sender.owner, change.is_on and not duress, tx.now, ends_at)
        _record(tx, tree, contact, arrangement, sender.owner)
    if duress:
        hear_duress(text, "ON" if change.is_on else "OFF")
    named = ", ".join(dict.fromkeys(contact.id for _, contact, _ in posts))
    words = replace(sender.words, subject=Subject.ON_DUTY if change.is_on else Subject.OFF_DUTY, about=named)
    return text.reply(Kind.NOTICE, words)


def _with_rota(network: Network, owner: str) -> Post:
    known = {f"{tree.id}/{contact.id}": (tree, contact, duty) for tree, contact, duty in _with_duty(network)}
    if owner not in known:
        raise Unknown("contact with a duty rota", owner)
    return known[owner]


def _with_duty(network: Network) -> list[Post]:
    return [(tree, contact, duty) for tree in network.in_order for contact, duty in tree.with_duty]


def _officers(duty: Duty) -> dict[str, Officer]:
    """Those on the rota, by `member` and by `team/member`."""
    return {name: each for each in duty.rota for name in (each.id, each.id.partition("/")[2])}


def _record(tx: Tx, tree: ContactTree, contact: Contact, arrangement: Arrangement, by: str) -> None:
    on_call.arrange(tx, tree.id, contact.id, arrangement, by)
    timeline.append(tx, timeline.SYSTEM, ("duty_arranged", _entry(tree.id, contact.id, arrangement, by)))


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
