"""What PostgreSQL alone does: it has one clock for all processes, and tells each of them that something is due."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

_CLOCK = text("SELECT clock_timestamp()")
_NOTIFY = text("SELECT pg_notify('alertnet', '')")
_LISTEN = "LISTEN alertnet"


def server_time(connection: Connection) -> datetime:
    """What time it is there."""
    there: datetime = connection.execute(_CLOCK).scalar_one()
    return there


def notify_others(session: Session) -> None:
    """Once this is committed, let every process know that something is due."""
    session.execute(_NOTIFY)


def listen(connection: Connection) -> Any:
    """The driver's own connection, whose `notifies` tells from now on what `notify_others` says anywhere.

    It is detached: a connection that listens must never go back to the pool.
    """
    driver: Any = connection.connection.driver_connection
    connection.detach()
    driver.execute(_LISTEN)
    return driver
