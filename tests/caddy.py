"""A real Caddy for the tests, with the file that we deploy.

python -m tests.caddy
"""

import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.debian import Program, running
from tests.ports import free_port

CADDY = Program("caddy", "Caddy", "ALERTNET_TEST_CADDY", "NO TEST OF THE PROXY RUNS", says_version="version")
CADDYFILE = Path(__file__).parents[1] / "deploy/Caddyfile"


@contextmanager
def proxy_before(webs: Sequence[str], config: Path = CADDYFILE, url: str | None = None) -> Iterator[tuple[str, Path]]:
    """The URL of the proxy before those webs (`host:port`), and the file of its log; `url`: where `config` has it.

    Where there is no Caddy, the test is left out.
    """
    url = url or f"http://127.0.0.1:{free_port()}"

    def is_up() -> bool:
        try:
            urllib.request.urlopen(f"{url}/metrics", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    with TemporaryDirectory() as name:
        environment = {"ALERTNET_HOST": url, "ALERTNET_WEBS": " ".join(webs), "HOME": name, "XDG_DATA_HOME": name}
        command = [CADDY.needed(), "run", "--config", str(config), "--adapter", "caddyfile"]
        with running(command, Path(name), is_up, environment) as log:
            yield url, log


if __name__ == "__main__":
    CADDY.main()
