"""The language that a member has chosen by SMS for its messages."""

from sqlalchemy import bindparam, delete, insert, select

from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.tables import member_languages

_CHOSEN = Prepared(select(member_languages.c.language).where(member_languages.c.owner == bindparam("owner")))


def choose(tx: Tx, owner: str, language: str) -> None:
    """Write to `owner` (`team/member`) in that language from now on."""
    tx.session.execute(delete(member_languages).where(member_languages.c.owner == owner))
    row = {"owner": owner, "language": language, "chosen_at": tx.now}
    tx.session.execute(insert(member_languages).values(row))


def chosen(tx: Tx, owner: str) -> str | None:
    """The language that it has chosen; None: that of the teams file applies."""
    return next(iter(_CHOSEN.scalars(tx.session, {"owner": owner})), None)
