"""Users of the console and their sessions: how they sign in, and who is signed in.

The row of a user is authenticated as a whole, and a session by the hash of its text, which says whose it is and until
when. So nobody can add users, sessions or permissions by writing to the database without the secret.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, insert, select, update

from alertnet.core.codec import value
from alertnet.core.errors import Unknown
from alertnet.store.db.columns import canonical, vault_of
from alertnet.store.db.engine import insert_or_change
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Purpose, Vault
from alertnet.store.tables import looking, user_sessions, users

TOKEN_BYTES = 24
ENDED = "ended"
SESSION_LASTS = timedelta(hours=12)
"""One shift; after it everybody has to sign in again."""


class Role(StrEnum):
    """What a user may do; each role includes those before it."""

    OBSERVER = "observer"
    """See the state of incidents."""
    COORDINATOR = "coordinator"
    """Act, and read what people write."""
    ADMINISTRATOR = "administrator"
    """Manage the users."""

    def may(self, role: "Role") -> bool:
        """Whether it includes that role."""
        return list(Role).index(self) >= list(Role).index(role)


@value
class Passkey:
    """A key on a user's device, used instead of the one-time code. `credential`: its id and public key.

    `count`: the device's own count of signatures so far; 0: it does not count.
    """

    name: str
    credential: bytes
    made_at: datetime
    count: int = 0


@value
class Account:
    """An identity at an OpenID Connect provider; `email` is empty if the provider does not vouch for it."""

    issuer: str
    subject: str
    email: str


@value
class Linked:
    """A user's account at an OpenID Connect provider.

    `account`: an e-mail address or the subject, as an administrator entered it. `subject`: the provider's id of the
    person, set at the first sign-in; nobody else with that address is accepted later.
    """

    issuer: str
    account: str
    subject: str = ""


@value
class User:
    """Somebody who may sign in, until `ended_at`. `recovery`: hashes of the recovery codes that are left."""

    id: str
    name: str
    role: Role
    password: str
    totp_key: bytes
    totp_step: int
    recovery: tuple[bytes, ...]
    created_at: datetime
    ended_at: datetime | None = None
    passkeys: tuple[Passkey, ...] = ()
    linked: Linked | None = None


@value
class SignedIn:
    """A user in a session. `id`: that of the session, not secret."""

    id: str
    user: str
    role: Role
    ends_at: datetime


_NAMED: Select[Any] = select(users).where(users.c.name == bindparam("of"))
_ALL: Select[Any] = select(users).order_by(users.c.name)
_STANDINGS = Prepared(select(*users.c["name", "role", "ended_at"]).order_by(users.c.name))
_SESSION = (
    select(users, user_sessions.c.token_hash, user_sessions.c.ends_at)
    .join(users, users.c.id == user_sessions.c.user_id)
    .where(user_sessions.c.token_hash == bindparam("hash"), users.c.ended_at.is_(None))
)


def named(tx: Tx, name: str) -> User | None:
    """The user of that name, ended or not; None if we made none."""
    return _user(tx.vault, tx.session.execute(_NAMED, {"of": name}).first())


def hold(tx: Tx, name: str) -> User | None:
    """The user of that name, locked until the transaction ends: nobody else signs in as that user meanwhile."""
    return _user(tx.vault, tx.session.execute(_NAMED.with_for_update(), {"of": name}).first())


def list_all(tx: Tx, *, held: bool = False) -> list[User]:
    """All users there ever were, by name; `held`: locked until the transaction ends."""
    rows = tx.session.execute(_ALL.with_for_update() if held else _ALL)
    return [user for row in rows if (user := _user(tx.vault, row)) is not None]


def not_vouched_for(session: Session, *, may_sign_in: bool = False) -> list[str]:
    """The names of users that no listed secret made or changed; of all, or of those who were not ended."""
    vault = vault_of(session.dialect)
    unknown = [row for row in session.execute(_ALL) if _user(vault, row) is None]
    return [row.name for row in unknown if row.ended_at is None or not may_sign_in]


def standings(session: Session) -> dict[str, str]:
    """The role of each user there ever was, by name; `ENDED` for those who may no longer sign in."""
    return {row.name: ENDED if row.ended_at else row.role for row in _STANDINGS.all(session, {})}


def dated(tx: Tx) -> list[str]:
    """The names of users who may sign in, and whom an older secret authenticates until they do."""
    rows = tx.session.execute(_ALL.where(users.c.ended_at.is_(None)))
    known = [(user, row.mac) for row in rows if (user := _user(tx.vault, row)) is not None]
    return [user.name for user, mac in known if not tx.vault.is_newest_mac(Purpose.USER_ROW, _whole(user), mac)]


def add(tx: Tx, user: User) -> None:
    tx.session.execute(insert(users), {"id": user.id, "name": user.name, **_changing(tx, user)})


def save(tx: Tx, user: User) -> None:
    tx.session.execute(update(users).where(users.c.id == user.id).values(_changing(tx, user)))


def begin_session(tx: Tx, user: User) -> str:
    """Begin a session of that user; gives its text, which nobody can read again."""
    ends_at = tx.now + SESSION_LASTS
    token = _session_text(tx.entropy.bytes(TOKEN_BYTES).hex(), user.id, ends_at)
    row = {
        "token_hash": tx.vault.mac(Purpose.SESSION, token.encode()),
        "user_id": user.id,
        "began_at": tx.now,
        "ends_at": ends_at,
    }
    tx.session.execute(insert(user_sessions), row)
    return token


def session_of(vault: Vault, token: str) -> str:
    """The id of the session with that text, whether it exists or not."""
    return vault.mac(Purpose.SESSION, token.encode()).hex()


def signed_in(tx: Tx, token: str) -> SignedIn | None:
    """Who is signed in with that session's text; None if it has ended or never existed, or its user may not sign in.

    Nor is anybody where its row was given to another user, or prolonged.
    """
    row = tx.session.execute(_SESSION, {"hash": tx.vault.mac(Purpose.SESSION, token.encode())}).first()
    user = _user(tx.vault, row)
    if row is None or user is None or row.ends_at <= tx.now:
        return None
    if token != _session_text(token.partition(".")[0], user.id, row.ends_at):
        return None
    return SignedIn(row.token_hash.hex(), user.name, user.role, row.ends_at)


def is_still_signed_in(tx: Tx, session: SignedIn) -> bool:
    """Whether a session found before has not ended, and its user still has that role."""
    row = tx.session.execute(_SESSION, {"hash": bytes.fromhex(session.id)}).first()
    return row is not None and row.ends_at > tx.now and row.role == session.role


def end_session(tx: Tx, id: str) -> None:
    tx.session.execute(delete(user_sessions).where(user_sessions.c.token_hash == bytes.fromhex(id)))


def end_sessions_of(tx: Tx, name: str, besides: str | None = None) -> int:
    """End a user's sessions, except the one of that id; gives their number."""
    user = named(tx, name)
    if user is None:
        raise Unknown("user", name)
    theirs = delete(user_sessions).where(user_sessions.c.user_id == user.id)
    if besides is not None:
        theirs = theirs.where(user_sessions.c.token_hash != bytes.fromhex(besides))
    return len(tx.session.execute(theirs.returning(user_sessions.c.ends_at)).all())


def sessions_besides(tx: Tx, who: SignedIn) -> list[datetime]:
    """When the user's other sessions began, latest first."""
    theirs = select(user_sessions.c.began_at).join(users, users.c.id == user_sessions.c.user_id)
    others = theirs.where(users.c.name == who.user, user_sessions.c.token_hash != bytes.fromhex(who.id))
    in_force = others.where(user_sessions.c.ends_at > tx.now).order_by(user_sessions.c.began_at.desc())
    return list(tx.session.scalars(in_force))


def sessions_of_each(tx: Tx) -> dict[str, int]:
    """The number of sessions of each user, by the user's id."""
    mine, count = user_sessions.c.user_id, func.count()
    rows = tx.session.execute(select(mine, count).where(user_sessions.c.ends_at > tx.now).group_by(mine))
    return {row[0]: row[1] for row in rows}


def look_at(tx: Tx, here: Iterable[tuple[str, str]], until: datetime) -> None:
    """Record that these users have the page of those incidents open until then; expired records are deleted."""
    tx.session.execute(delete(looking).where(looking.c.until <= tx.now))
    # In one order, so that no two processes wait for each other.
    for name, place in sorted(here):
        insert_or_change(tx.session, looking, {"name": name, "place": place, "until": until}, until=until)


def look_away(tx: Tx, gone: Iterable[tuple[str, str]]) -> None:
    """Record that they closed it; another open page of theirs renews it by itself."""
    for name, place in gone:
        tx.session.execute(delete(looking).where(looking.c.name == name, looking.c.place == place))


def looking_at(tx: Tx) -> dict[str, tuple[str, ...]]:
    """For each incident reference the names of those who have its page open in any process."""
    rows = tx.session.execute(select(looking).where(looking.c.until > tx.now).order_by(looking.c.name))
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.place] = (*found.get(row.place, ()), row.name)
    return found


def forget_ended_sessions(tx: Tx) -> None:
    tx.session.execute(delete(user_sessions).where(user_sessions.c.ends_at <= tx.now))


def _session_text(drawn: str, user: str, ends_at: datetime) -> str:
    return f"{drawn}.{user}.{ends_at.timestamp()}"


def _changing(tx: Tx, user: User) -> dict[str, Any]:
    values = {
        **_signing_in(user),
        "passkeys": _kept(user.passkeys),
        "linked": asdict(user.linked) if user.linked else None,
        "created_at": user.created_at,
        "ended_at": user.ended_at,
    }
    return values | {"mac": tx.vault.mac(Purpose.USER_ROW, _whole(user))}


def _signing_in(user: User) -> dict[str, Any]:
    """What a user may do, and by which password and codes, as it is stored."""
    return {
        "role": user.role.value,
        "password": user.password,
        "totp_key": user.totp_key.hex(),
        "totp_step": user.totp_step,
        "recovery": [each.hex() for each in user.recovery],
    }


def _user(vault: Vault, row: Row[Any] | None) -> User | None:
    if row is None:
        return None
    user = User(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        password=row.password,
        totp_key=bytes.fromhex(row.totp_key),
        totp_step=row.totp_step,
        recovery=tuple(map(bytes.fromhex, row.recovery)),
        created_at=row.created_at,
        ended_at=row.ended_at,
        passkeys=tuple(
            Passkey(
                each["name"],
                bytes.fromhex(each["credential"]),
                datetime.fromisoformat(each["made_at"]),
                each.get("count", 0),
            )
            for each in row.passkeys or ()
        ),
        linked=Linked(**row.linked) if row.linked else None,
    )
    return user if vault.is_mac(Purpose.USER_ROW, _whole(user), row.mac) else None


def _kept(passkeys: Sequence[Passkey]) -> list[dict[str, str | int]]:
    return [
        {"name": each.name, "credential": each.credential.hex(), "made_at": each.made_at.isoformat()}
        # Left out if 0, since rows were authenticated so before there were counts.
        | ({"count": each.count} if each.count else {})
        for each in passkeys
    ]


def _whole(user: User) -> bytes:
    """The whole stored user as bytes, to be authenticated."""
    fields = {
        "id": user.id,
        "name": user.name,
        **_signing_in(user),
        "created_at": user.created_at.isoformat(),
        "ended_at": user.ended_at.isoformat() if user.ended_at else None,
    }
    if user.passkeys:  # Left out if empty, since earlier versions authenticated rows so.
        fields["passkeys"] = _kept(user.passkeys)
    if user.linked:
        fields["linked"] = asdict(user.linked)
    return canonical(fields).encode()
