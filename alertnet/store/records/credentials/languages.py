"""The language in which a member wants to be written to, as it has said by SMS."""

from sqlalchemy import delete, insert, select

from alertnet.store.db.tx import Tx
from alertnet.store.tables import member_languages


def choose(tx: Tx, owner: str, language: str) -> None:
    """Let `owner` (`team/member`) be written to in that language from now on."""
    tx.session.execute(delete(member_languages).where(member_languages.c.owner == owner))
    row = {"owner": owner, "language": language, "chosen_at": tx.now}
    tx.session.execute(insert(member_languages).values(row))


def chosen(tx: Tx, owner: str) -> str | None:
    """The language that it has chosen; None: that of the teams file holds."""
    return tx.session.scalar(select(member_languages.c.language).where(member_languages.c.owner == owner))
