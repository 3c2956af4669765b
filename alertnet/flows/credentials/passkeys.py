"""Passkeys (WebAuthn): a key on a device stands for the one-time code, and gives nothing to a site that is not ours.

What is signed is a challenge of ours, which tells its own age and is good once; so nothing is kept between the page
that asks and the answer to it.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fido2.utils import websafe_decode, websafe_encode

from alertnet.core.codec import value
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.flows.credentials.users import in_force, record
from alertnet.store.db.tx import Entropy, Tx
from alertnet.store.db.vault import Vault
from alertnet.store.records import idempotency
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Passkey, User
from alertnet.store.records.idempotency import ApiAnswer, Once

if TYPE_CHECKING:
    from fido2.server import Fido2Server

LASTS = timedelta(minutes=10)
"""Of a challenge: so long somebody may look for their key."""
NONCE_BYTES = 16
MOST = 10
"""Passkeys of one user."""
LONGEST_NAME = 40

logging.getLogger("fido2").setLevel(logging.WARNING)


@value
class Given:
    """What a browser gave: the answer of the authenticator as JSON, and the site that it was given to."""

    answer: str
    origin: str
    host: str

    @property
    def server(self) -> "Fido2Server":
        """What judges answers that were given to that site."""
        # It brings the list of all public suffixes along: 3 MB, which a process holds once somebody has a passkey.
        from fido2.server import Fido2Server
        from fido2.webauthn import PublicKeyCredentialRpEntity

        return Fido2Server(PublicKeyCredentialRpEntity(name="alertnet", id=self.host), verify_origin=self._is_its_own)

    def read(self) -> tuple[Mapping[str, Any], str]:
        """The answer, and the challenge that it is about.

        Raises:
            ValueError: it is none.
        """
        answer = json.loads(self.answer)
        signed = json.loads(websafe_decode(answer["response"]["clientDataJSON"]))
        return answer, websafe_decode(signed["challenge"]).decode()

    def _is_its_own(self, origin: str) -> bool:
        return origin == self.origin


def draw_challenge(vault: Vault, entropy: Entropy, now: datetime) -> str:
    """What an authenticator is to sign, good for a few minutes."""
    text = f"{int((now + LASTS).timestamp())}.{entropy.bytes(NONCE_BYTES).hex()}"
    return f"{text}.{vault.sign(_of(text))}"


def add_passkey(tx: Tx, name: str, called: str, given: Given) -> None:
    """Let a key on a device of that user stand for their one-time codes.

    Raises:
        BadInput: it is none, or was made for another page. WrongState: they have as many as they may.
    """
    user = in_force(tx, name)
    if not 1 <= len(called) <= LONGEST_NAME or called in {each.name for each in user.passkeys}:
        raise BadInput("name", called, f"1 to {LONGEST_NAME} characters, another one for each passkey")
    if len(user.passkeys) >= MOST:
        raise WrongState(f"user {name}", f"at {MOST} passkeys", "remove one first")
    try:
        answer, challenge = given.read()
        made = given.server.register_complete(_state(challenge), answer)
    except Exception:  # Whatever the library makes of bytes from outside.
        raise BadInput("passkey", None, "one that this page has asked the device for") from None
    if made.credential_data is None or not _use(tx, challenge):
        raise BadInput("passkey", None, "one that this page has asked the device for")
    passkey = Passkey(called, bytes(made.credential_data), tx.now, made.counter)
    users.save(tx, replace(user, passkeys=(*user.passkeys, passkey)))
    record(tx, "user_passkey_added", name, f"user {name}", passkey=called)


def remove_passkey(tx: Tx, name: str, called: str) -> None:
    """Let that key stand for nothing any more.

    Raises:
        Unknown: that user has none of that name.
    """
    user = in_force(tx, name)
    left = tuple(each for each in user.passkeys if each.name != called)
    if len(left) == len(user.passkeys):
        raise Unknown("passkey", called)
    users.save(tx, replace(user, passkeys=left))
    record(tx, "user_passkey_removed", name, f"user {name}", passkey=called)


def prove(given: Given, tx: Tx, user: User) -> User | None:
    """The user whose passkey has signed; None where none of theirs has, or this was used before.

    Nor is it one whose count has not grown since: another device has signed with the same key. That is recorded.
    """
    from fido2.webauthn import AttestedCredentialData, AuthenticationResponse

    known = [AttestedCredentialData(each.credential) for each in user.passkeys]
    try:
        answer, challenge = given.read()
        signed = given.server.authenticate_complete(_state(challenge), known, answer)
        count = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
    except Exception:  # Whatever the library makes of bytes from outside.
        return None
    if not _use(tx, challenge):
        return None
    passkey = user.passkeys[known.index(signed)]
    if count <= passkey.count and (count or passkey.count):
        record(
            tx, "user_passkey_refused", user.name, "sign-in", passkey=passkey.name, count=count, before=passkey.count
        )
        return None
    counted = (replace(each, count=count) if each is passkey else each for each in user.passkeys)
    return replace(user, passkeys=tuple(counted))


def _use(tx: Tx, challenge: str) -> bool:
    """Use a challenge up; False where it is not ours, too old, or used before."""
    text, _, signature = challenge.rpartition(".")
    until = text.partition(".")[0]
    if not tx.vault.is_signed(_of(text), signature) or int(until) < tx.now.timestamp():
        return False
    once = Once(hashlib.sha256(_of(text).encode()).digest(), hashlib.sha256(b"").digest())
    return idempotency.keep(tx, once, None, ApiAnswer(204, None))


def _of(text: str) -> str:
    return f"passkey {text}"


def _state(challenge: str) -> dict[str, str | None]:
    return {"challenge": websafe_encode(challenge.encode()), "user_verification": None}
