"""Brings a database to the newest schema, from nothing or from an earlier one, by the migrations beside the program."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

FOLDERS = (Path(__file__).parents[2] / "migrations", Path(sys.prefix) / "share/alertnet/migrations")
"""Where the migrations are: in a checkout, and where a wheel puts them."""


def upgrade(engine: Engine) -> None:
    """Run every migration that the database lacks, in one transaction."""
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for that connection, which its `env.py` uses as it is."""
    config = Config()
    config.set_main_option("script_location", str(next(folder for folder in FOLDERS if folder.is_dir())))
    config.attributes["connection"] = connection
    return config
