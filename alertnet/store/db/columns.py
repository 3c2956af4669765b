"""Column types: text and JSON that are encrypted in the database, and moments that are always aware UTC.

The encrypting types find the vault on the dialect, where `store.db.engine.make_engine` puts it, so no key is a global.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, ClassVar, TypeVar, cast

from pydantic_core import to_json
from sqlalchemy import JSON, DateTime, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from alertnet.core.codec import text_in_utc
from alertnet.store.db.vault import Unreadable, Vault


def vault_of(dialect: Dialect) -> Vault:
    return cast(Vault, vars(dialect)["vault"])


SEALED = "~"
"""The prefix of an encrypted text inside a JSON value; no number, mailbox or method name begins so."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> str:
    """The canonical JSON text of a plain value: sorted keys, no spaces."""
    return _CANONICAL.encode(value)


def as_json(value: Any) -> str:
    """A JSON text of a plain value, made in a third of the time; for what is stored and never hashed."""
    return to_json(value).decode()


T = TypeVar("T")


class Sealed(TypeDecorator[T]):
    """The base of the types that are encrypted in the database."""

    impl = LargeBinary
    cache_ok = True
    in_bytes: ClassVar[tuple[Callable[[Any], bytes], Callable[[bytes], Any]]]
    """The functions from a value to bytes and back."""

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], bytes | None]:
        """The encrypting function. It bypasses SQLAlchemy's wrapping, which takes as long again; drivers want bytes."""
        seal, (to_bytes, _) = vault_of(dialect).seal, self.in_bytes
        return lambda value: None if value is None else seal(to_bytes(value))

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], T | None]:
        """The decrypting function, likewise."""
        opened, (_, of_bytes) = vault_of(dialect).open, self.in_bytes
        return lambda sealed: None if sealed is None else of_bytes(opened(sealed))


class Encrypted(Sealed[str]):
    cache_ok = True
    in_bytes = (str.encode, bytes.decode)


class EncryptedBytes(Sealed[bytes]):
    cache_ok = True
    in_bytes = (bytes, bytes)


class EncryptedJson(Sealed[Any]):
    """A plain JSON value, encrypted in the database; None is NULL."""

    cache_ok = True
    in_bytes = (to_json, json.loads)


class ReadableJson(EncryptedJson):
    """The same; a damaged value is read as its fault, since one row must not hide those that are read with it (A11)."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """The decrypting function, which gives the fault of what it can't open."""
        opened = super().result_processor(dialect, coltype)

        def read(sealed: Any) -> Any:
            try:
                return opened(sealed)
            except (Unreadable, ValueError) as fault:
                return fault

        return read


def sound(stored: Any) -> Any:
    """What was read by `ReadableJson`; raises the fault of what was damaged."""
    if isinstance(stored, Exception):
        raise stored
    return stored


def if_sound(stored: Any) -> Any:
    """What was read by `ReadableJson`; None for what was damaged."""
    return None if isinstance(stored, Exception) else stored


class Json(TypeDecorator[Any]):
    """A plain JSON value, not encrypted; None is NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True


class EscalationState(TypeDecorator[Any]):
    """The state of an escalation as plain JSON, with only its numbers and mailboxes encrypted.

    An encrypted address is still a text, so a process of an earlier version takes it for another address and writes it
    back.
    """

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The state with encrypted addresses."""
        if value is None:
            return None
        return _with_addresses(value, partial(_sealed, vault_of(dialect)))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The state with readable addresses; earlier versions stored them in clear.

        What is no state is left as it is.
        """
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            return _with_addresses(value, partial(_opened, vault_of(dialect)))
        return value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """The function from what is stored; a damaged value is None, since one escalation must not hide the others."""
        process = super().result_processor(dialect, coltype)

        def sound(stored: Any) -> Any:
            try:
                return process(stored) if process else stored
            except (ValueError, Unreadable):
                return None

        return sound


def sealed_anew(vault: Vault, state: dict[str, Any]) -> dict[str, Any]:
    """Encrypt all addresses in a stored state with the newest secret."""
    return _with_addresses(state, lambda text: _sealed(vault, _opened(vault, text)))


def _sealed(vault: Vault, text: str) -> str:
    return SEALED + b64encode(vault.seal(text.encode())).decode()


def _opened(vault: Vault, text: str) -> str:
    return vault.open(b64decode(text[1:])).decode() if text.startswith(SEALED) else text


def _with_addresses(state: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Change each address in a state: those that relayed, are stale, or were listened to."""
    found = {name: [change(each) for each in state[name]] for name in ("relayed", "stale") if state.get(name)}
    runs = state.get("runs", ())
    if any(turn.get("pauses") for run in runs for turn in run["turns"]):
        found["runs"] = [run | {"turns": [_with_pauses(turn, change) for turn in run["turns"]]} for run in runs]
    return state | found if found else state


def _with_pauses(turn: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return turn | {"pauses": [pause | {"address": change(pause["address"])} for pause in turn.get("pauses", ())]}


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC: `timestamptz` on PostgreSQL, text that sorts by time on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC. Refuses a naive one."""
        return None if value is None else _zoned(value).astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC, which SQLite stores without a zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """SQLAlchemy's function; on SQLite a faster one that makes the text at once, since most rows hold moments."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)
        return _text_of

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """The function back, likewise."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return lambda text: text and datetime.fromisoformat(text).replace(tzinfo=UTC)


@lru_cache(maxsize=256)
def _text_of(instant: datetime | None) -> str | None:
    """The text for SQLite; cached, since most moments that a flow writes are its own `now`."""
    if instant is None:
        return None
    text = text_in_utc(_zoned(instant))
    return f"{text[:10]} {text[11:26]}"


def _zoned(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone: an instant is an aware datetime")
    return instant
