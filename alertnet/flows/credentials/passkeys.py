"""Passkeys (WebAuthn): a key on a device replaces the one-time code, and can't be used by another site.

The authenticator signs a challenge that contains its own age and is valid once, so nothing is stored between showing
the page and getting its answer.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fido2.utils import websafe_decode, websafe_encode

from alertnet.core.codec import value
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.flows.credentials.users import change, in_force, record
from alertnet.store.db.tx import Entropy, Tx
from alertnet.store.db.vault import Vault
from alertnet.store.records import idempotency
from alertnet.store.records.credentials.users import Passkey, User

if TYPE_CHECKING:
    from fido2.server import Fido2Server

LASTS = timedelta(minutes=10)
"""How long a challenge is valid: the time to find the key."""
NONCE_BYTES = 16
MOST = 10
"""The most passkeys of one user."""
LONGEST_NAME = 40

logging.getLogger("fido2").setLevel(logging.WARNING)


@value
class BrowserAnswer:
    """What a browser sent: the authenticator's answer as JSON, and the site that it was made for."""

    answer: str
    origin: str
    host: str

    @property
    def server(self) -> "Fido2Server":
        """The library's server that checks answers for that site."""
        # The import loads the list of all public suffixes (3 MB), so it is made only once somebody uses a passkey.
        from fido2.server import Fido2Server
        from fido2.webauthn import PublicKeyCredentialRpEntity

        site = PublicKeyCredentialRpEntity(name="alertnet", id=self.host)
        return Fido2Server(site, verify_origin=lambda origin: origin == self.origin)

    def read(self) -> tuple[Mapping[str, Any], str]:
        """The answer, and the challenge that it signs. Raises ValueError where it is not valid."""
        answer = json.loads(self.answer)
        signed = json.loads(websafe_decode(answer["response"]["clientDataJSON"]))
        return answer, websafe_decode(signed["challenge"]).decode()


def draw_challenge(vault: Vault, entropy: Entropy, now: datetime) -> str:
    """A challenge for an authenticator to sign, valid for a few minutes."""
    text = f"{int((now + LASTS).timestamp())}.{entropy.bytes(NONCE_BYTES).hex()}"
    return f"{text}.{vault.sign(_of(text))}"


def add_passkey(tx: Tx, name: str, called: str, given: BrowserAnswer) -> None:
    """Let a key on the user's device replace their one-time codes.

    Refuses one that was made for another page, and more than are allowed.
    """
    user = in_force(tx, name)
    if not 1 <= len(called) <= LONGEST_NAME or called in {each.name for each in user.passkeys}:
        raise BadInput("name", called, f"1 to {LONGEST_NAME} characters, another one for each passkey")
    if len(user.passkeys) >= MOST:
        raise WrongState(f"user {name}", f"at {MOST} passkeys", "remove one first")
    try:
        answer, challenge = given.read()
        made = given.server.register_complete(_state(challenge), answer)
    except Exception:  # The library may raise anything for bytes from outside.
        made = None
    if made is None or made.credential_data is None or not _use(tx, challenge):
        raise BadInput("passkey", None, "one that this page has asked the device for")
    passkey = Passkey(called, bytes(made.credential_data), tx.now, made.counter)
    change(tx, replace(user, passkeys=(*user.passkeys, passkey)), "user_passkey_added", f"user {name}", passkey=called)


def remove_passkey(tx: Tx, name: str, called: str) -> None:
    """Remove that passkey."""
    user = in_force(tx, name)
    left = tuple(each for each in user.passkeys if each.name != called)
    if len(left) == len(user.passkeys):
        raise Unknown("passkey", called)
    change(tx, replace(user, passkeys=left), "user_passkey_removed", f"user {name}", passkey=called)


def prove(given: BrowserAnswer, tx: Tx, user: User) -> User | None:
    """Check a passkey's answer: the user whose passkey has signed; None where none has, or it was used before.

    A key whose counter has not grown is refused and recorded, because another device has signed with the same key.
    """
    from fido2.webauthn import AttestedCredentialData, AuthenticationResponse

    known = [AttestedCredentialData(each.credential) for each in user.passkeys]
    try:
        answer, challenge = given.read()
        signed = given.server.authenticate_complete(_state(challenge), known, answer)
        count = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
    except Exception:  # The library may raise anything for bytes from outside.
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
    """Use up a challenge; False where it is not ours, too old, or used before."""
    text, _, signature = challenge.rpartition(".")
    until = text.partition(".")[0]
    if not tx.vault.is_signed(_of(text), signature) or int(until) < tx.now.timestamp():
        return False
    return idempotency.use_up(tx, _of(text))


def _of(text: str) -> str:
    return f"passkey {text}"


def _state(challenge: str) -> dict[str, str | None]:
    return {"challenge": websafe_encode(challenge.encode()), "user_verification": None}
