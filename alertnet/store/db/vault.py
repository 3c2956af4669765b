"""Secrecy: seals what is stored, and makes the keyed hashes by which sealed values are found again.

Each secret (any text of at least 32 characters) gives its own keys by HKDF-SHA256, one for each purpose. The first
seals and hashes; the others still open and are still looked up, so that a secret can be replaced without any loss.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alertnet.core.codec import value
from alertnet.core.errors import AlertnetError, Misconfigured

SECRET_LENGTH = 32
KEY_ID_BYTES = 4
NONCE_BYTES = 12
SHORTEST_MAC = 8
PIN_COST = "m=7168,t=5"
"""What OWASP recommends of argon2id where memory is dear: so many kibibytes, so many times."""
_STRETCHING = b"alertnet pin"
"""In place of a salt: what is stretched is secret and one owner's already."""


class Unreadable(AlertnetError):
    """A sealed value was made with a secret that is not listed, or is damaged."""


class Purpose(StrEnum):
    """What a message authentication code vouches for: each purpose has keys of its own."""

    RECORD = "record"
    """A link of a chain of the history."""
    HEAD = "head"
    """Where the history ends."""
    API_KEY = "api key"
    """The text of an API key."""
    API_KEY_ROW = "api key row"
    """What is stored of an API key."""
    USER_ROW = "user row"
    """What is stored of a user, and lets somebody in."""
    SESSION = "session"
    """The text of a user's session."""


@value
class _Keys:
    id: bytes
    cipher: AESGCM
    index: bytes
    code: bytes
    pin: bytes
    proof: bytes
    mac: dict[Purpose, bytes]


class Vault:
    """Seals, opens and hashes with the secrets of `ALERTNET_SECRET_KEY`; safe for any number of threads.

    Raises:
        Misconfigured: no secret, or one that is too short.
    """

    def __init__(self, secrets: Sequence[str], pin_cost: str = PIN_COST) -> None:
        if not secrets or any(len(secret) < SECRET_LENGTH for secret in secrets):
            raise Misconfigured([f"ALERTNET_SECRET_KEY: each secret has at least {SECRET_LENGTH} characters"])
        self.pin_cost = pin_cost
        """What it is to cost to try a PIN from now on."""
        self._keys = tuple(_derive(secret.encode()) for secret in secrets)
        self._by_id = {keys.id: keys for keys in self._keys}
        # The numbers of the trees are asked for with every message.
        self._indexes = lru_cache(maxsize=8192)(self._index_anew)
        # A code is looked for when it is drawn, and then written with each number that it is good from.
        self._code_hashes = lru_cache(maxsize=128)(self._hash_code_anew)

    @property
    def newest_id(self) -> bytes:
        """What everything that is sealed from now on begins with: 4 bytes."""
        return self._keys[0].id

    def seal(self, plain: bytes) -> bytes:
        """Seal a value: key id (4 bytes), nonce (12) and AES-256-GCM ciphertext."""
        keys = self._keys[0]
        nonce = os.urandom(NONCE_BYTES)
        return keys.id + nonce + keys.cipher.encrypt(nonce, plain, keys.id)

    def open(self, sealed: bytes) -> bytes:
        """Open a sealed value, by whichever listed secret.

        Raises:
            Unreadable: none of the listed secrets sealed it, or it was altered.
        """
        key_id, nonce = sealed[:KEY_ID_BYTES], sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        keys = self._by_id.get(key_id)
        if keys is None:
            raise Unreadable(f"sealed with key {key_id.hex()}, which no secret in ALERTNET_SECRET_KEY has")
        try:
            return keys.cipher.decrypt(nonce, sealed[KEY_ID_BYTES + NONCE_BYTES :], key_id)
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"sealed with key {key_id.hex()}, but altered since") from error

    def index(self, text: str) -> bytes:
        """The blind index of a number or address, to be stored: 16 bytes."""
        return self._indexes(text)[0]

    def indexes(self, text: str) -> tuple[bytes, ...]:
        """Every blind index that the text may be stored under."""
        return self._indexes(text)

    def _index_anew(self, text: str) -> tuple[bytes, ...]:
        return tuple(_keyed(keys.index, text) for keys in self._keys)

    def code_hash(self, text: str) -> bytes:
        """The hash of a written code, to be stored: 16 bytes."""
        return self._code_hashes(text)[0]

    def code_hashes(self, text: str) -> tuple[bytes, ...]:
        """Every hash that the code may be stored under."""
        return self._code_hashes(text)

    def _hash_code_anew(self, text: str) -> tuple[bytes, ...]:
        return tuple(_keyed(keys.code, text) for keys in self._keys)

    def pin_hash(self, owner: str, pin: str) -> bytes:
        """The keyed hash of an owner's PIN, to be stretched: 32 bytes; the same PIN of another owner has another."""
        return _keyed_pin(self._keys[0].pin, owner, pin)

    def pin_hashes(self, owner: str, pin: str) -> tuple[bytes, ...]:
        """Every keyed hash of the PIN."""
        return tuple(_keyed_pin(keys.pin, owner, pin) for keys in self._keys)

    @staticmethod
    def stretch(cost: str, keyed: bytes) -> bytes:
        """The argon2id hash of a keyed hash, to be stored: 32 bytes; slow on purpose, so never inside a transaction.

        Whoever has the database lacks the key, and whoever has that too needs as long again for each PIN.
        """
        memory, passes = (int(part.partition("=")[2]) for part in cost.split(","))
        hasher = Argon2id(salt=_STRETCHING, length=len(keyed), iterations=passes, lanes=1, memory_cost=memory)
        return hasher.derive(keyed)

    def sign(self, text: str) -> str:
        """What proves later that the text was written here: 32 characters."""
        return _signed(self._keys[0].proof, text)

    def is_signed(self, text: str, signature: str) -> bool:
        """Whether the text was signed here, by whichever secret is listed."""
        given = signature.encode()
        return any(hmac.compare_digest(_signed(keys.proof, text).encode(), given) for keys in self._keys)

    def mac(self, purpose: Purpose, message: bytes) -> bytes:
        """HMAC-SHA256 of a message, to be stored: 32 bytes that nobody can make without the secret."""
        return hmac.digest(self._keys[0].mac[purpose], message, "sha256")

    def is_mac(self, purpose: Purpose, message: bytes, mac: bytes) -> bool:
        """Whether that is the message's, by whichever listed secret; it may be cut to its first 8 bytes."""
        made = (hmac.digest(keys.mac[purpose], message, "sha256") for keys in self._keys)
        return len(mac) >= SHORTEST_MAC and any(hmac.compare_digest(each[: len(mac)], mac) for each in made)

    def is_newest_mac(self, purpose: Purpose, message: bytes, mac: bytes) -> bool:
        """Whether that is the message's by the secret that seals now."""
        return hmac.compare_digest(self.mac(purpose, message), mac)

    def token_hash(self, token: str) -> bytes:
        """SHA-256 of a link's token: 32 bytes. Without a key, since 80 random bits can't be guessed."""
        return hashlib.sha256(token.encode()).digest()


def _derive(secret: bytes) -> _Keys:
    def subkey(purpose: str, length: int = 32) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=f"alertnet {purpose}".encode()).derive(secret)

    return _Keys(
        id=subkey("key id", KEY_ID_BYTES),
        cipher=AESGCM(subkey("seal")),
        index=subkey("index"),
        code=subkey("code"),
        pin=subkey("pin"),
        proof=subkey("proof"),
        mac={purpose: subkey(purpose) for purpose in Purpose},
    )


def _signed(key: bytes, text: str) -> str:
    return _keyed(key, text).hex()


def _keyed(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")[:16]


def _keyed_pin(key: bytes, owner: str, pin: str) -> bytes:
    return hmac.digest(key, f"{owner}\0{pin}".encode(), "sha256")
