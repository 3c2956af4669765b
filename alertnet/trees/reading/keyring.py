"""Reads the OpenPGP keys that contacts name, and checks when they expire."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from alertnet.core.codec import value
from alertnet.core.directory.languages import Phrase, phrase
from alertnet.trees.reading.document import Node
from alertnet.trees.reading.fault import Fault

LARGEST = 200_000
"""The largest key file, in bytes."""

SOON = timedelta(days=60)


@value
class Key:
    """A public key in ASCII armor, and when it expires (None: never)."""

    text: str
    expires_at: datetime | None


class Keyring:
    """The keys of one folder, each read once. `faults` collects those that can't be used on any day."""

    def __init__(self, folder: Path, contacts: Iterable[Node]) -> None:
        self._folder = folder.resolve()
        self._named = [contact["pgp"] for contact in contacts if isinstance(contact["pgp"].value, str)]
        self._keys: dict[str, Key] = {}
        self.faults: list[Fault] = []
        for node in dict.fromkeys(self._named):
            if node.value not in self._keys:
                self._read_key_of(node)

    @property
    def texts(self) -> dict[str, str]:
        """Each key's text by its path in the trees."""
        return {path: key.text for path, key in self._keys.items()}

    def expired(self, today: date) -> Iterator[Fault]:
        for node, expires_at in self._expiring():
            if expires_at.date() <= today:
                yield node.fault(phrase("a key that expired on {day}:", day=f"{expires_at:%Y-%m-%d}"))

    def expiring(self, today: date) -> Iterator[Fault]:
        """Findings for keys that expire within `SOON`."""
        for node, expires_at in self._expiring():
            if today < expires_at.date() <= today + SOON:
                yield node.fault(phrase("a key that expires on {day}:", day=f"{expires_at:%Y-%m-%d}"))

    def _expiring(self) -> Iterator[tuple[Node, datetime]]:
        for node in self._named:
            key = self._keys.get(node.value)
            if key is not None and key.expires_at is not None:
                yield node, key.expires_at

    def _read_key_of(self, node: Node) -> None:
        try:
            self._keys[node.value] = _read_key(self._read(node.value))
        except _Unusable as error:
            self.faults.append(node.fault(phrase("{why}:", why=error.why)))

    def _read(self, name: str) -> bytes:
        try:
            path = self._folder.joinpath(name).resolve()
            if not path.is_relative_to(self._folder):
                raise _Unusable(phrase("a key outside the folder of the trees"))
            if not path.is_file():
                raise _Unusable(phrase("there is no such key file"))
            if path.stat().st_size > LARGEST:
                raise _Unusable(phrase("a key file larger than {most} bytes", most=f"{LARGEST:,}"))
            return path.read_bytes()
        except (OSError, RuntimeError, ValueError):
            raise _Unusable(phrase("a key file that can't be read")) from None


class _Unusable(Exception):
    """A key to which no mail can be encrypted; `why` gives the reason."""

    def __init__(self, why: Phrase) -> None:
        self.why = why
        super().__init__(str(why))


def _read_key(content: bytes) -> Key:
    """The one public key of a file; raises `_Unusable` where it holds none, or nothing can be encrypted to it."""
    # Imported here, because most installations use no keys.
    from pysequoia import Cert, encrypt

    try:
        certificates = Cert.split_bytes(content)
        secret = len(certificates) == 1 and _is_secret(content)
    # The library reports a damaged file by a bare RuntimeError with a stack trace as its text.
    except Exception:
        raise _Unusable(phrase("a file that holds no OpenPGP key")) from None
    if len(certificates) != 1:
        raise _Unusable(phrase("a file that holds {count} keys instead of one", count=len(certificates)))
    (certificate,) = certificates
    if secret:
        raise _Unusable(phrase("a file that holds a secret key, which is its owner's alone: export the public one"))
    if certificate.is_revoked:
        raise _Unusable(phrase("a key that was revoked"))
    try:
        encrypt(b"", [certificate])
    except Exception:
        raise _Unusable(phrase("a key that can't encrypt")) from None
    return Key(str(certificate), certificate.expiration)


def _is_secret(content: bytes) -> bool:
    from pysequoia import Tsk

    return str(Tsk.from_bytes(content)).startswith("-----BEGIN PGP PRIVATE")
