"""Encryption of what is stored, and the keyed hashes by which encrypted values are found again.

Each secret (any text of at least 32 characters) gives keys by HKDF-SHA256, one for each purpose. The first secret
encrypts and hashes. The others still decrypt and are still looked up, so that a secret can be replaced without loss.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alertnet.core.codec import value
from alertnet.core.errors import AlertnetError, Misconfigured

SECRET_LENGTH = 32
KEY_ID_BYTES = 4
NONCE_BYTES = 12
SHORTEST_MAC = 8
PIN_COST = "m=7168,t=5"
"""OWASP's recommendation for argon2id with little memory: kibibytes and passes."""
_STRETCHING = b"alertnet pin"
"""A constant salt, since the stretched value is already secret and specific to its owner."""


class Unreadable(AlertnetError):
    """An encrypted value was made with a secret that is not listed, or is damaged."""


class Purpose(StrEnum):
    """The purposes of message authentication codes; each has its own keys."""

    RECORD = "record"
    """A link of a chain of the history."""
    HEAD = "head"
    """The end of the history."""
    API_KEY = "api key"
    """The text of an API key."""
    API_KEY_ROW = "api key row"
    """The stored row of an API key."""
    USER_ROW = "user row"
    """The stored row of a user, as far as it lets somebody in."""
    SESSION = "session"
    """The text of a user's session."""


Hash = Callable[[bytes], bytes]
"""Hashes a message with one key."""


@value
class _Keys:
    id: bytes
    cipher: AESGCM
    index: Hash
    code: Hash
    pin: Hash
    proof: Hash
    mac: dict[Purpose, Hash]


class Vault:
    """Encrypts, decrypts and hashes with the secrets of `ALERTNET_SECRET_KEY`; thread-safe.

    Raises `Misconfigured` for a secret that is missing or too short.
    """

    def __init__(self, secrets: Sequence[str], pin_cost: str = PIN_COST) -> None:
        if not secrets or any(len(secret) < SECRET_LENGTH for secret in secrets):
            raise Misconfigured([f"ALERTNET_SECRET_KEY: each secret has at least {SECRET_LENGTH} characters"])
        self.pin_cost = pin_cost
        """The cost of trying a PIN that is set from now on."""
        self._keys = tuple(_derive(secret.encode()) for secret in secrets)
        self._by_id = {keys.id: keys for keys in self._keys}
        self.indexes = lru_cache(maxsize=8192)(lambda text: tuple(_cut(keys.index, text) for keys in self._keys))
        """All blind indexes that a text may be stored under; cached, since each message looks the trees' numbers up."""
        self.code_hashes = lru_cache(maxsize=128)(lambda text: tuple(_cut(keys.code, text) for keys in self._keys))
        """All hashes that a code may be stored under; cached: one is looked up when drawn, then written."""

    @property
    def newest_id(self) -> bytes:
        """The first 4 bytes of everything encrypted from now on."""
        return self._keys[0].id

    def seal(self, plain: bytes) -> bytes:
        """Encrypt a value: key id (4 bytes), nonce (12) and AES-256-GCM ciphertext."""
        keys = self._keys[0]
        nonce = os.urandom(NONCE_BYTES)
        return keys.id + nonce + keys.cipher.encrypt(nonce, plain, keys.id)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt a value with whichever listed secret fits. Raises `Unreadable` where none did, or it was altered."""
        key_id, nonce = sealed[:KEY_ID_BYTES], sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        keys = self._by_id.get(key_id)
        if keys is None:
            raise Unreadable(
                f"what is stored is sealed with key {key_id.hex()}, which no secret in ALERTNET_SECRET_KEY has"
            )
        try:
            return keys.cipher.decrypt(nonce, sealed[KEY_ID_BYTES + NONCE_BYTES :], key_id)
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"sealed with key {key_id.hex()}, but altered since") from error

    def index(self, text: str) -> bytes:
        """The blind index of a number or address, for storing: 16 bytes."""
        return self.indexes(text)[0]

    def code_hash(self, text: str) -> bytes:
        """The hash of a written code, for storing: 16 bytes."""
        return self.code_hashes(text)[0]

    def texts_by_code_hash(self, texts: Iterable[str]) -> dict[bytes, str]:
        """The texts of these codes by each hash that they may be stored under."""
        return {hash: text for text in texts for hash in self.code_hashes(text)}

    def pin_hash(self, owner: str, pin: str) -> bytes:
        """The keyed hash of an owner's PIN, to be stretched: 32 bytes. It differs between owners of the same PIN."""
        return _keyed_pin(self._keys[0].pin, owner, pin)

    def pin_hashes(self, owner: str, pin: str) -> tuple[bytes, ...]:
        """The keyed hashes of the PIN with all listed secrets."""
        return tuple(_keyed_pin(keys.pin, owner, pin) for keys in self._keys)

    @staticmethod
    def stretch(cost: str, keyed: bytes) -> bytes:
        """The argon2id hash of a keyed hash, for storing: 32 bytes. Slow on purpose, so never inside a transaction.

        A thief of the database lacks the key, and one who has that too needs this long for each PIN.
        """
        memory, passes = (int(part.partition("=")[2]) for part in cost.split(","))
        hasher = Argon2id(salt=_STRETCHING, length=len(keyed), iterations=passes, lanes=1, memory_cost=memory)
        return hasher.derive(keyed)

    def sign(self, text: str) -> str:
        """A signature that later proves that the text was written here: 32 characters."""
        return _signed(self._keys[0].proof, text)

    def is_signed(self, text: str, signature: str) -> bool:
        """Whether the text was signed here, with any listed secret."""
        given = signature.encode()
        return any(hmac.compare_digest(_signed(keys.proof, text).encode(), given) for keys in self._keys)

    def mac(self, purpose: Purpose, message: bytes) -> bytes:
        """HMAC-SHA256 of a message, for storing: 32 bytes that nobody can make without the secret."""
        return self._keys[0].mac[purpose](message)

    def is_mac(self, purpose: Purpose, message: bytes, mac: bytes) -> bool:
        """Whether that is the message's code with any listed secret; it may be cut to its first 8 bytes."""
        made = (keys.mac[purpose](message) for keys in self._keys)
        return len(mac) >= SHORTEST_MAC and any(hmac.compare_digest(each[: len(mac)], mac) for each in made)

    def is_newest_mac(self, purpose: Purpose, message: bytes, mac: bytes) -> bool:
        """Whether that is the message's code with the newest secret."""
        return hmac.compare_digest(self.mac(purpose, message), mac)

    def token_hash(self, token: str) -> bytes:
        """SHA-256 of a link's token: 32 bytes. It needs no key, since 80 random bits can't be guessed."""
        return hashlib.sha256(token.encode()).digest()


def _derive(secret: bytes) -> _Keys:
    def subkey(purpose: str, length: int = 32) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=f"alertnet {purpose}".encode()).derive(secret)

    def hash_with(purpose: str) -> Hash:
        return _hashing(subkey(purpose))

    return _Keys(
        id=subkey("key id", KEY_ID_BYTES),
        cipher=AESGCM(subkey("seal")),
        index=hash_with("index"),
        code=hash_with("code"),
        pin=hash_with("pin"),
        proof=hash_with("proof"),
        mac={purpose: hash_with(purpose) for purpose in Purpose},
    )


def _hashing(key: bytes) -> Hash:
    """HMAC-SHA256 with that key. Setting it up takes eight times as long as hashing, so it is done once."""
    begun = HMAC(key, SHA256())

    def hash(message: bytes) -> bytes:
        its_own = begun.copy()
        its_own.update(message)
        return its_own.finalize()

    return hash


def _signed(hash: Hash, text: str) -> str:
    return _cut(hash, text).hex()


def _cut(hash: Hash, text: str) -> bytes:
    return hash(text.encode())[:16]


def _keyed_pin(hash: Hash, owner: str, pin: str) -> bytes:
    return hash(f"{owner}\0{pin}".encode())
