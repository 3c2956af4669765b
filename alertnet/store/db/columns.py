"""Column types: text and JSON that are sealed on their way into the database, and instants that are always aware UTC.

The sealed ones find the vault on the dialect, where `store.db.engine.make_engine` puts it, so that no key is a global.
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

from alertnet.store.db.vault import Vault


def vault_of(dialect: Dialect) -> Vault:
    """The vault of the engine that speaks this dialect."""
    return cast(Vault, vars(dialect)["vault"])


SEALED = "~"
"""What a sealed text in a JSON value begins with; no number, mailbox or name of a method does."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> str:
    """The one JSON text of a plain value: sorted keys, no spaces."""
    return _CANONICAL.encode(value)


def as_json(value: Any) -> str:
    """A JSON text of a plain value, made in a third of the time: what is kept and never hashed."""
    return to_json(value).decode()


T = TypeVar("T")


class Sealed(TypeDecorator[T]):
    """What the database holds sealed."""

    impl = LargeBinary
    cache_ok = True
    in_bytes: ClassVar[tuple[Callable[[Any], bytes], Callable[[bytes], Any]]]
    """What gives the bytes of a value, and what the value again."""

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], bytes | None]:
        """Seals at once: what SQLAlchemy would wrap around it takes as long again, and drivers want bytes."""
        seal, (to_bytes, _) = vault_of(dialect).seal, self.in_bytes
        return lambda value: None if value is None else seal(to_bytes(value))

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], T | None]:
        """Likewise."""
        opened, (_, of_bytes) = vault_of(dialect).open, self.in_bytes
        return lambda sealed: None if sealed is None else of_bytes(opened(sealed))


class Encrypted(Sealed[str]):
    """Text that the database holds sealed."""

    cache_ok = True
    in_bytes = (str.encode, bytes.decode)


class EncryptedBytes(Sealed[bytes]):
    """Bytes that the database holds sealed."""

    cache_ok = True
    in_bytes = (bytes, bytes)


class EncryptedJson(Sealed[Any]):
    """A plain JSON value that the database holds sealed; None is NULL."""

    cache_ok = True
    in_bytes = (to_json, json.loads)


class Json(TypeDecorator[Any]):
    """A plain JSON value in clear; None is NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True


class EscalationState(TypeDecorator[Any]):
    """What an escalation remembers, as plain JSON in clear, but for the numbers and mailboxes in it: each is sealed.

    Each stays a text, so that a process of an earlier version, which takes it for another address, writes it back.
    """

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The state with its addresses sealed."""
        if value is None:
            return None
        return _with_addresses(value, partial(_sealed, vault_of(dialect)))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The state again; earlier versions wrote the addresses in clear. What is no state stays as it is."""
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            return _with_addresses(value, partial(_opened, vault_of(dialect)))
        return value


def sealed_anew(vault: Vault, state: dict[str, Any]) -> dict[str, Any]:
    """A state as the database holds it, with each address sealed by the newest secret.

    Raises:
        Unreadable: an address in it can't be opened; AttributeError, KeyError, TypeError, ValueError: it is no state.
    """
    return _with_addresses(state, lambda text: _sealed(vault, _opened(vault, text)))


def _sealed(vault: Vault, text: str) -> str:
    return SEALED + b64encode(vault.seal(text.encode())).decode()


def _opened(vault: Vault, text: str) -> str:
    return vault.open(b64decode(text[1:])).decode() if text.startswith(SEALED) else text


def _with_addresses(state: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """The state with each address in it changed: those that passed it on, that are stale, and that were listened to."""
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
        """The instant in UTC.

        Raises:
            ValueError: the datetime is naive, so that nobody can say which instant it is.
        """
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC; SQLite keeps none but UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """What SQLAlchemy makes of these; on SQLite its very text at once, since most of what is written has some."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)
        return _text_of

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Likewise."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return lambda text: text and datetime.fromisoformat(text).replace(tzinfo=UTC)


@lru_cache(maxsize=256)
def _text_of(instant: datetime | None) -> str | None:
    """What SQLite holds; most that a flow writes is of its own moment."""
    return None if instant is None else _in_utc(instant).isoformat(" ", "microseconds")[:-6]


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone: an instant is an aware datetime")
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
