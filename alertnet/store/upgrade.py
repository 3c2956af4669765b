"""Brings a database to the newest schema, from nothing or from an earlier one, by the migrations beside the program."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from alertnet.shipped import MIGRATIONS, shipped


def upgrade(engine: Engine) -> None:
    """Run every migration that the database lacks, in one transaction."""
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for that connection, which its `env.py` uses as it is."""
    config = Config()
    config.set_main_option("script_location", str(shipped(MIGRATIONS)))
    config.attributes["connection"] = connection
    return config
