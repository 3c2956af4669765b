"""API keys that this process has found in force, so that a request that acts needs no look of its own for its key.

What is known here may be revoked since: the transaction that acts asks for that (`web.idempotency`).
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from alertnet.store.records.credentials.api_keys import ApiKey

MOST_KNOWN = 1000
"""Of more keys than that the one that was learned first is looked up anew."""


@dataclass(frozen=True)
class KnownKeys:
    """Keys by the hash of their text, which itself is kept nowhere. Safe to use from any thread."""

    _keys: OrderedDict[bytes, ApiKey] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, text: str) -> ApiKey | None:
        """The key with that text, if it is known."""
        return self._keys.get(_hash(text))

    def learn(self, text: str, key: ApiKey) -> None:
        """Know it from now on."""
        with self._lock:
            self._keys[_hash(text)] = key
            if len(self._keys) > MOST_KNOWN:
                self._keys.popitem(last=False)

    def forget(self, key: ApiKey) -> None:
        """Look it up the next time."""
        with self._lock:
            for hash in [hash for hash, known in self._keys.items() if known.id == key.id]:
                del self._keys[hash]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
