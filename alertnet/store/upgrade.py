"""Brings a database to the newest schema, from nothing or from an earlier one, by the migrations beside the program."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, exists, inspect, select
from sqlalchemy.orm import Session

from alertnet.shipped import MIGRATIONS, shipped
from alertnet.store.tables import api_keys, chain_heads, timeline


def upgrade(engine: Engine, since_keyed: Callable[[Session], None] | None = None) -> None:
    """Run every migration that the database lacks, in one transaction.

    `since_keyed`: what is to be done, in the same one, where there is a history from before its links had a key.
    """
    with engine.begin() as connection:
        is_keyed = inspect(connection).has_table(chain_heads.name)
        command.upgrade(alembic_config(connection), "head")
        if since_keyed is not None and not is_keyed:
            with Session(connection, join_transaction_mode="rollback_only") as session:
                if any(session.scalar(select(exists().select_from(table))) for table in (timeline, api_keys)):
                    since_keyed(session)
                session.flush()


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for that connection, which its `env.py` uses as it is."""
    config = Config()
    config.set_main_option("script_location", str(shipped(MIGRATIONS)))
    config.attributes["connection"] = connection
    return config
