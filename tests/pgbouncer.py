"""A real PgBouncer for the tests, in transaction mode.

python -m tests.pgbouncer
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from tests.debian import Program, running
from tests.ports import free_port
from tests.postgres import unprivileged

PGBOUNCER = Program("pgbouncer", "PgBouncer", "ALERTNET_TEST_PGBOUNCER", "NO TEST OF A POOLER RUNS")
SESSIONS = 3
"""How many there are to lend: fewer than ask for one at once, so that each is lent to many."""


@contextmanager
def pooler_before(database_url: str) -> Iterator[str]:
    """The URL of the same database by a pooler that lends sessions for one transaction at a time.

    Where there is no PgBouncer, the test is left out.
    """
    program = PGBOUNCER.needed()
    url, port = make_url(database_url), free_port()
    pooled = url.set(host="127.0.0.1", port=port, query={})
    # By another database: nobody is to be connected to this one yet.
    engine = create_engine(pooled.set(database="postgres"))

    def is_up() -> bool:
        try:
            engine.connect().close()
        except OperationalError:
            return False
        engine.dispose()
        return True

    with TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        server = f"host={url.query['host']} port=5432 user={url.username}"
        (home / "pgbouncer.ini").write_text(
            f"[databases]\n* = {server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
            f"unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {SESSIONS}\n"
        )
        with running(unprivileged([program, str(home / "pgbouncer.ini")]), home, is_up):
            yield pooled.render_as_string(hide_password=False)


if __name__ == "__main__":
    PGBOUNCER.main()
