"""Duty arrangements that differ from the rotas; they apply at once, to running incidents too."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.on_call import Arrangement, Officer
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.tables import arrangements, duty_calendars

Roster = tuple[tuple[str, str, Officer], ...]
"""(tree, contact, officer on duty for it)."""


@value
class Arranged:
    """An arrangement for a tree's contact."""

    tree: str
    contact: str
    arrangement: Arrangement


_NOT_OVER = Prepared(
    select(arrangements)
    .where(arrangements.c.ends_at > bindparam("now"))
    .order_by(arrangements.c.made_at, arrangements.c.id)
)


def arrange(tx: Tx, tree: str, contact: str, arrangement: Arrangement, by: str) -> None:
    """Store an arrangement; it takes precedence over all earlier ones."""
    row = {
        "id": tx.entropy.id(),
        "tree": tree,
        "contact": contact,
        "officer": arrangement.officer,
        "is_on": arrangement.is_on,
        "starts_at": arrangement.starts_at,
        "ends_at": arrangement.ends_at,
        "made_at": tx.now,
        "made_by": by,
    }
    tx.session.execute(insert(arrangements).values(row))


def arranged(tx: Tx) -> dict[str, dict[str, list[Arrangement]]]:
    """The arrangements that are not over, by tree and contact, oldest first."""
    found: dict[str, dict[str, list[Arrangement]]] = {}
    for row in _NOT_OVER.all(tx.session, {"now": tx.now}):
        each = Arrangement(row.officer, row.is_on, row.starts_at, row.ends_at)
        found.setdefault(row.tree, {}).setdefault(row.contact, []).append(each)
    return found


def last_arranged(tx: Tx, tree: str, contact: str) -> datetime | None:
    """When somebody arranged that contact's duty last, of what is not taken back."""
    its = (arrangements.c.tree == tree) & (arrangements.c.contact == contact)
    latest: datetime | None = tx.session.scalar(select(func.max(arrangements.c.made_at)).where(its))
    return latest


def take_back(tx: Tx, by: str) -> list[Arranged]:
    """Undo what somebody arranged last, as far as it is not over; empty if there is nothing."""
    mine = (arrangements.c.made_by == by) & (arrangements.c.ends_at > tx.now)
    latest = tx.session.scalar(select(func.max(arrangements.c.made_at)).where(mine))
    these = mine & (arrangements.c.made_at == latest)
    rows = tx.session.execute(select(arrangements).where(these).order_by(arrangements.c.starts_at)).all()
    tx.session.execute(delete(arrangements).where(these))
    return [
        Arranged(row.tree, row.contact, Arrangement(row.officer, row.is_on, row.starts_at, row.ends_at)) for row in rows
    ]


def publish_calendar(tx: Tx, officer: str, token: str) -> None:
    """Publish the officer's calendar under that token, instead of any earlier one."""
    withdraw_calendar(tx, officer)
    row = {"officer": officer, "token_hash": tx.vault.token_hash(token), "made_at": tx.now}
    tx.session.execute(insert(duty_calendars).values(row))


def withdraw_calendar(tx: Tx, officer: str) -> None:
    """Stop publishing the officer's calendar."""
    tx.session.execute(delete(duty_calendars).where(duty_calendars.c.officer == officer))


def officer_of_calendar(tx: Tx, token: str) -> str | None:
    query = select(duty_calendars.c.officer).where(duty_calendars.c.token_hash == tx.vault.token_hash(token))
    return tx.session.scalar(query)


def roster(tx: Tx, trees: Iterable[ContactTree], besides: str | None) -> Roster:
    """Who is on duty now in those trees, except the number `besides`."""
    on_rota = [tree for tree in trees if tree.with_duty]
    if not on_rota:
        return ()
    known = arranged(tx)
    return tuple(
        (tree.id, contact, officer)
        for tree in on_rota
        for contact, officer in tree.on_duty(tx.now, besides, known.get(tree.id)).items()
    )
