"""The one database of a night: a file that begins as a fresh copy, and what is committed in it."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Select, event

from alertnet.core.delivery.provider_routes import FIRST, PROVIDERS, SECOND
from alertnet.core.directory.contact_tree import Network
from alertnet.messages.templates.load import read_templates
from alertnet.runtime.settings.settings import Settings, read_settings
from alertnet.runtime.wiring import Runtime, wire
from alertnet.store.db.engine import for_reading
from alertnet.store.db.session import Session
from alertnet.store.upgrade import upgrade
from alertnet.store.views import audit
from alertnet.store.views.audit import Break

REPOSITORY = Path(__file__).parents[2]
PUBLIC_URL = "https://alarm.example.org"
HEARTBEAT_URL = "https://heartbeat.example.org/alertnet"
ACCOUNT = "AC" + "0" * 32
OURS = {FIRST: ("+15005550006", "+15005550016"), SECOND: ("+15005550026", "+15005550036")}
"""Our numbers at each provider."""
FAR_AWAY = datetime(9999, 1, 1, tzinfo=UTC)

_EARLIEST = """
SELECT min(due_at) FROM (
    SELECT due_at FROM escalations WHERE due_at IS NOT NULL
    UNION ALL SELECT due_at FROM alarms WHERE due_at IS NOT NULL
    UNION ALL SELECT due_at FROM journeys WHERE due_at IS NOT NULL
    UNION ALL SELECT due_at FROM inbound WHERE due_at IS NOT NULL
    UNION ALL SELECT due_at FROM drills WHERE due_at IS NOT NULL
    UNION ALL SELECT due_at FROM recordings WHERE due_at IS NOT NULL
    UNION ALL SELECT due_at FROM attempts WHERE due_at IS NOT NULL
    UNION ALL SELECT paused_until FROM breakers WHERE paused_until IS NOT NULL
    UNION ALL SELECT try_at FROM breakers WHERE opened_at IS NOT NULL AND NOT is_back)
"""


class Database:
    """A SQLite file and one engine for it, which all processes of all nights share.

    Preparing an engine takes longer than most nights. Processes share information only through the file.
    """

    def __init__(self, folder: Path) -> None:
        self._file, self._fresh, self._backup = (folder / f"{name}.db" for name in ("night", "fresh", "backup"))
        env = {
            "ALERTNET_DATABASE_URL": f"sqlite:///{self._file}",
            "ALERTNET_SECRET_KEY": "a secret for simulated nights alone",
            "ALERTNET_PIN_COST": "m=8,t=1",
            "ALERTNET_PUBLIC_URL": PUBLIC_URL,
            "ALERTNET_HEARTBEAT_URL": HEARTBEAT_URL,
            "ALERTNET_RECORD_CALLS": "members",
            **_accounts("TWILIO", "ALERTNET_TWILIO", "ALERTNET_SMTP", FIRST),
        }
        second = _accounts("TWILIO_2", "ALERTNET_TWILIO_2", "ALERTNET_SMTP_2", SECOND)
        mail = {"ALERTNET_IMAP_URL": "imaps://alert:a-password@mail.example.org/INBOX"}
        self.settings: dict[tuple[tuple[str, ...], bool], Settings] = {
            ((FIRST,), False): read_settings(env),
            ((FIRST,), True): read_settings(env | mail),
            (PROVIDERS, False): read_settings(env | second),
            (PROVIDERS, True): read_settings(env | second | mail),
        }
        """The settings, by the available providers, and whether answers by mail are read."""
        templates = read_templates(REPOSITORY / "message_templates")
        self.pattern: Runtime = wire(self.settings[(FIRST,), False], Network(), templates)
        """The runtime from which those of all processes are copied; it runs nothing itself."""
        self.engine = self.pattern.engine
        event.listen(self.engine, "connect", _spare_the_disk)
        upgrade(self.engine)
        self._let_go()
        shutil.move(self._file, self._fresh)

    def begin(self) -> None:
        """Empty it."""
        self._begin_as(self._fresh)

    def back_up(self) -> None:
        """Keep a copy of it."""
        with closing(sqlite3.connect(self._backup)) as backup:
            self._watch.backup(backup)

    def restore(self) -> None:
        """Put the copy in its place."""
        self.end()
        self._begin_as(self._backup)

    def end(self) -> None:
        """Close the file."""
        self._watch.close()
        self._let_go()

    def close(self) -> None:
        """Close it after the last night."""
        self.pattern.close()

    def earliest_due(self) -> datetime:
        """When the first thing of any queue is due."""
        (text,) = self._watch.execute(_EARLIEST).fetchone()
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else FAR_AWAY

    def texts(self) -> set[str]:
        """The ids of all texts and mails that came in."""
        return {id for (id,) in self._watch.execute("SELECT provider_id FROM inbound WHERE kind != 'call'")}

    def rows(self, query: Select[Any], **values: object) -> Sequence[Row[Any]]:
        """What is committed, whatever transactions are open."""
        with for_reading(self.engine).connect() as connection, Session(connection) as session:
            return session.execute(query, values).all()

    def column(self, query: Select[Any], **values: object) -> Sequence[Any]:
        """The committed values of a query for one column."""
        return [row[0] for row in self.rows(query, **values)]

    def broken_chains(self) -> list[Break]:
        """The places where a timeline does not verify."""
        with for_reading(self.engine).connect() as connection, Session(connection) as session:
            return audit.verify(session)

    def _begin_as(self, copy: Path) -> None:
        self._let_go()
        shutil.copyfile(copy, self._file)
        self._watch = sqlite3.connect(self._file)

    def _let_go(self) -> None:
        self.engine.dispose()
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)


def _accounts(telephone: str, numbers: str, mail: str, provider: str) -> dict[str, str]:
    """The settings of an account and a relay; they send nothing except our own tests."""
    return {
        f"{telephone}_ACCOUNT_SID": ACCOUNT,
        f"{telephone}_AUTH_TOKEN": "0" * 32,
        f"{numbers}_FROM": ",".join(OURS[provider]),
        f"{mail}_URL": "smtp://localhost?from=alert@example.org",
    }


def _spare_the_disk(connection: Any, _record: object) -> None:
    """Don't wait for the disk: processes die in these nights, but the machine below never does."""
    connection.execute("PRAGMA synchronous = OFF")
