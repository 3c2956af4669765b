"""Runs migrations on the connection that `store.upgrade` hands over, else on the database of the settings."""

from alembic import context
from sqlalchemy import Connection

from alertnet.runtime.settings.settings import read_settings
from alertnet.store.db.engine import make_engine
from alertnet.store.db.vault import Vault
from alertnet.store.tables import metadata


def migrate(connection: Connection) -> None:
    """Run what was asked in one transaction; SQLite changes a table by making it anew (batch)."""
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    settings = read_settings()
    vault = Vault([key.get_secret_value() for key in settings.secret_keys])
    with make_engine(settings.database_url.get_secret_value(), vault).begin() as opened:
        migrate(opened)
