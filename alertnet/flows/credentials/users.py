"""Users of the console: administrators add and end them; a password and a one-time code sign them in (B9).

A try is counted before it is judged, so that simultaneous tries can't pass the limit; a right one takes its count back.
The password is checked between two transactions, because that is slow on purpose. Each change of a user raises
`Unknown` where there never was such a user, and `WrongState` where they may no longer sign in (`in_force`).
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import replace

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from alertnet.core.codec import value
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.core.limits import ALL_WRONG_SIGN_INS, SIGN_INS, UNUSED, WRONG_SIGN_INS
from alertnet.store.db.tx import Entropy, Tx
from alertnet.store.records import limits, timeline
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role, User

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}", re.ASCII)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_CODES, RECOVERY_LETTERS, GROUP = 8, 16, 4
"""How many recovery codes, their letters, and the letters of a group: 79 bits each, which nobody can guess."""
PASSWORD_LETTERS = 16

SALT_BYTES, HASH_BYTES = 16, 32
MEMORY_KIB, PASSES = 19_456, 2
"""What OWASP recommends for argon2id."""
NOBODYS = (
    f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$bm9ib2R5IGhhcyB0aGlz$pYU3XyOi2yYUCxbFBBHjkUYCz7vpDYVJzCdZkZ9xqR4"
)
"""A hash that no password has, so that a try with an unknown name takes as long."""

TOTP_BYTES, TOTP_DIGITS, TOTP_SECONDS = 20, 6, 30
STEPS = (-1, 0, 1)
"""Time steps that are accepted: a phone's clock may be half a minute off."""


Proof = Callable[[Tx, User], User | None]
"""Checks that it is that user: returns the user as it is to be stored then; None where it is not."""


@value
class Issued:
    """What a user gets once and nobody can read again: the URL for an authenticator app, and recovery codes."""

    authenticator: str
    recovery_codes: tuple[str, ...]


def draw_password(entropy: Entropy) -> str:
    """A random password of 79 bits, in groups."""
    return _grouped(entropy.letters(PASSWORD_LETTERS, LETTERS))


def hash_password(password: str, entropy: Entropy) -> str:
    """The argon2id hash of a password, to be stored. It is slow on purpose, so never call it inside a transaction.

    Refuses one that is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadInput("password", "*" * 8, f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    hasher = Argon2id(
        salt=entropy.bytes(SALT_BYTES), length=HASH_BYTES, iterations=PASSES, lanes=1, memory_cost=MEMORY_KIB
    )
    return hasher.derive_phc_encoded(password.encode())


def is_password(password: str, hash: str) -> bool:
    """Whether that is the password; takes equally long for every password."""
    try:
        Argon2id.verify_phc_encoded(password[:LONGEST_PASSWORD].encode(), hash)
    except InvalidKey:
        return False
    return True


def add_user(tx: Tx, name: str, role: Role, password: str, by: str) -> Issued:
    """Add a user who may sign in; `password` is its hash. Refuses a name that somebody has, or had."""
    if not NAME.fullmatch(name):
        raise BadInput("name", name, "1 to 32 small letters, digits, dots, hyphens and underscores")
    before = users.named(tx, name)
    if before is not None:
        state = "there" if before.ended_at is None else "ended"
        raise WrongState(f"user {name}", state, "a name is given once: `users renew` gives its owner a new password")
    user, issued = _issue(tx, User(tx.entropy.id(), name, role, password, b"", 0, (), tx.now))
    users.add(tx, user)
    record(tx, "user_added", name, by, role=role.value)
    return issued


def renew_user(tx: Tx, name: str, password: str, by: str) -> Issued:
    """Give a user a new password, authenticator and recovery codes, and end their sessions.

    Their passkeys and link are removed. `password`: its hash.
    """
    user, issued = _issue(tx, replace(in_force(tx, name), password=password, passkeys=(), linked=None))
    users.end_sessions_of(tx, name)
    change(tx, user, "user_renewed", by)
    return issued


def change_password(tx: Tx, name: str, password: str, session: str) -> None:
    """Change a password at the user's own wish, and end all sessions but that one; `password`: its hash."""
    user = in_force(tx, name)
    users.end_sessions_of(tx, name, session)
    change(tx, replace(user, password=password), "user_password_changed", f"user {name}")


def change_authenticator(tx: Tx, name: str, session: str) -> Issued:
    """Give a user a new authenticator and recovery codes at their own wish, and end all sessions but that one."""
    user, issued = _issue(tx, in_force(tx, name))
    users.end_sessions_of(tx, name, session)
    change(tx, user, "user_authenticator_changed", f"user {name}")
    return issued


def renew_recovery(tx: Tx, name: str, by: str) -> tuple[str, ...]:
    """Replace all recovery codes of a user."""
    codes, hashes = _draw_recovery(tx)
    change(tx, replace(in_force(tx, name), recovery=hashes), "user_recovery_renewed", by)
    return codes


def set_role(tx: Tx, name: str, role: Role, by: str, *, may_be_last: bool = False) -> None:
    """Change a user's role, effective from their next page. Not the only administrator's, unless that `may_be_last`."""
    if role is not Role.ADMINISTRATOR and not may_be_last:
        _check_others_administer(tx, name)
    user = in_force(tx, name)
    change(tx, replace(user, role=role), "user_role_changed", by, role=role.value, before=user.role.value)


def end_user(tx: Tx, name: str, by: str, *, may_be_last: bool = False) -> None:
    """Let a user sign in no more, not by a linked account either, and end their sessions.

    Not the only administrator, unless that `may_be_last`.
    """
    if not may_be_last:
        _check_others_administer(tx, name)
    user = in_force(tx, name)
    users.end_sessions_of(tx, name)
    change(tx, replace(user, ended_at=tx.now, linked=None), "user_ended", by)


def _check_others_administer(tx: Tx, name: str) -> None:
    # Held, since of two who end each other at the same moment each would find the other.
    standing = [each for each in users.list_all(tx, held=True) if each.ended_at is None]
    if {each.name for each in standing if each.role is Role.ADMINISTRATOR} == {name}:
        raise WrongState(f"user {name}", "the only administrator", "make another one first, or add --last")


def sign_out(tx: Tx, name: str, by: str, besides: str | None = None) -> int:
    """End a user's sessions, except the one with the id `besides`; returns how many there were."""
    ended = users.end_sessions_of(tx, name, besides)
    record(tx, "user_signed_out", name, by, sessions=ended)
    return ended


def count_try(tx: Tx, name: str, address: str, place: str) -> str | None:
    """Count a password try and return the hash to check it with; None where no try is allowed now.

    `place`: the address, or the session that asks again. Somebody who guesses from elsewhere locks nobody out.
    """
    for limit, key in ((SIGN_INS, address), (WRONG_SIGN_INS, f"{name} {place}")):
        # A try refused by one limit does not count for the next.
        if not limits.use(tx, limit, key):
            return None
    user = users.named(tx, name)
    return user.password if user is not None and user.ended_at is None else NOBODYS


def sign_in(tx: Tx, name: str, address: str, proof: str | Proof) -> str | None:
    """Begin a session for a user whose password was right, if the proof is too, and return its text; else None.

    `proof`: a code of the authenticator or a recovery code, each valid once; or a function that checks another proof.
    """
    user = users.hold(tx, name)
    # Counted for all places together, since a code can be guessed; only who knows the password gets this far.
    if user is None or user.ended_at is not None or not limits.use(tx, ALL_WRONG_SIGN_INS, name):
        return None
    proven = _without_code(tx, user, proof) if isinstance(proof, str) else proof(tx, user)
    if proven is None:
        return None
    forget_tries(tx, name, address)
    limits.keep(tx, ALL_WRONG_SIGN_INS, name, UNUSED)
    return begin(tx, proven, recovery_codes=len(proven.recovery))


def begin(tx: Tx, user: User, **how: object) -> str:
    """Begin a session for a user who has proven who they are, store the user, and return the session's text."""
    users.forget_ended_sessions(tx)
    change(tx, user, "user_signed_in", f"user {user.name}", **how)
    return users.begin_session(tx, user)


def count_visit(tx: Tx, address: str) -> bool:
    """Count a sign-in that a provider judges; whether one more is allowed from that address.

    Counted apart from the others: another site can make a browser ask for it, which must lock out nobody with a
    password.
    """
    return limits.use(tx, SIGN_INS, f"{address} openid")


def forget_tries(tx: Tx, name: str, place: str) -> None:
    """Delete a user's counted tries from that place, since the last was right."""
    key = f"{name} {place}"
    limits.hold(tx, WRONG_SIGN_INS, key)
    limits.keep(tx, WRONG_SIGN_INS, key, UNUSED)


def _without_code(tx: Tx, user: User, code: str) -> User | None:
    """The user with that code used up; None where it is none of theirs."""
    given = re.sub(r"[\s-]", "", code).lower()
    totp, now = _totp(user.totp_key), int(tx.now.timestamp()) // TOTP_SECONDS
    for step in (now + ahead for ahead in STEPS):
        if step > user.totp_step and hmac.compare_digest(totp.generate(step * TOTP_SECONDS), given.encode()):
            return replace(user, totp_step=step)
    hash = tx.vault.token_hash(given)
    left = tuple(each for each in user.recovery if not hmac.compare_digest(each, hash))
    return replace(user, recovery=left) if len(left) < len(user.recovery) else None


def _issue(tx: Tx, user: User) -> tuple[User, Issued]:
    key = tx.entropy.bytes(TOTP_BYTES)
    codes, hashes = _draw_recovery(tx)
    issued = Issued(_totp(key).get_provisioning_uri(user.name, "alertnet"), codes)
    return replace(user, totp_key=key, totp_step=0, recovery=hashes), issued


def _draw_recovery(tx: Tx) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """New recovery codes, and their hashes."""
    codes = tuple(tx.entropy.letters(RECOVERY_LETTERS, LETTERS) for _ in range(RECOVERY_CODES))
    return tuple(map(_grouped, codes)), tuple(map(tx.vault.token_hash, codes))


def in_force(tx: Tx, name: str) -> User:
    """A user who may sign in, locked until the transaction ends. Refuses a user who may no longer."""
    user = users.hold(tx, name)
    if user is None:
        raise Unknown("user", name)
    if user.ended_at is not None:
        raise WrongState(f"user {name}", "ended", "a user ends once")
    return user


def change(tx: Tx, user: User, kind: str, by: str, **more: object) -> None:
    """Store a user as changed, and record the change."""
    users.save(tx, user)
    record(tx, kind, user.name, by, **more)


def record(tx: Tx, kind: str, name: str, by: str, **more: object) -> None:
    """Record in the system's history what was done to a user."""
    timeline.note(tx, kind, user=name, **more, by=by)


def _totp(key: bytes) -> TOTP:
    return TOTP(key, TOTP_DIGITS, SHA1(), TOTP_SECONDS)  # noqa: S303 - what authenticator apps speak


def _grouped(text: str) -> str:
    return "-".join(text[place : place + GROUP] for place in range(0, len(text), GROUP))
