"""`serve` and `worker`: what is wrong is told before anything begins, and a signal ends everything in good order."""

import json
import platform
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alertnet.cli import main as alertnet
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import api_keys
from tests.cli.conftest import WITHIN_SECONDS, Office, UnderWay
from tests.cli.faulty_console import without_board
from tests.ports import free_port
from tests.processes.installation import eventually


@contextmanager
def running(office: Office, *words: str, program: Callable[[], object] = alertnet) -> Iterator[UnderWay]:
    # It pings its own door first of all: to ask for a name of the world outside may take longer than a test has.
    office.env["ALERTNET_PUBLIC_URL"] = "http://127.0.0.1:9"
    with office.starts(*words, program=program) as process:
        yield process


def answers(url: str | urllib.request.Request) -> int:
    """The status of what is there, once something is."""
    until = time.monotonic() + WITHIN_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                status: int = answer.status
                return status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            assert time.monotonic() < until, f"nothing answers at {url}"
            time.sleep(0.02)


def is_newer_linux() -> bool:
    """Whether this is Linux 6.1 or later, built with large pages."""
    is_known = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size").exists()
    return is_known and tuple(map(int, platform.release().split(".")[:2])) >= (6, 1)


def events(said: str, *names: str) -> list[dict[str, Any]]:
    """What it logged under these names."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] in names]


def test_everything_wrong_is_reported_at_once_by_name(office: Office) -> None:
    """Unreadable YAML, an unknown template variable, a missing setting: all at start, exit code 2."""
    trees, templates = office.folder / "trees", office.folder / "templates"
    trees.mkdir()
    templates.mkdir()
    (trees / "valley.yaml").write_text("tree: [")
    (templates / "sms.j2").write_text("hello")
    office.env |= {"ALERTNET_CONTACT_TREES": str(trees), "ALERTNET_MESSAGE_TEMPLATES": str(templates)}
    office.env |= {"ALERTNET_RATES": "fast"}
    del office.env["ALERTNET_SECRET_KEY"]

    err = office.refused("serve")

    for name in ("ALERTNET_SECRET_KEY: missing", "ALERTNET_RATES", "valley.yaml:1", "sms.j2"):
        assert name in err


def test_a_command_in_another_folder_than_the_installations_says_so(office: Office) -> None:
    """At three in the morning, "make a secret" is no advice for who is in the wrong folder."""
    del office.env["ALERTNET_SECRET_KEY"]

    lost = office.refused("incidents", "list")
    (office.folder / ".env").write_text("ALERTNET_RATES=sms=1,calls=1\n")
    found = office.refused("incidents", "list")

    assert f"ALERTNET_SECRET_KEY: missing, and no .env in {office.folder}, where commands are typed (" in lost
    assert "ALERTNET_SECRET_KEY: missing (`openssl" in found


def test_a_folder_that_is_not_there_is_reported_with_its_setting(office: Office) -> None:
    """B6: by name, all at once."""
    office.env |= {"ALERTNET_CONTACT_TREES": "no-trees", "ALERTNET_MESSAGE_TEMPLATES": "no-templates"}
    office.env |= {"ALERTNET_RATES": "fast"}

    err = office.refused("serve")

    for line in (
        "ALERTNET_RATES: 'fast'",
        "ALERTNET_CONTACT_TREES: no-trees: can't be read",
        "ALERTNET_MESSAGE_TEMPLATES: no-templates: no such folder",
    ):
        assert line in err


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_settings_that_the_trees_need_are_asked_for(office: Office, runtime: Runtime, command: str) -> None:
    """B6: what only some methods need is missing where the trees in force use them."""
    del office.env["TWILIO_ACCOUNT_SID"], office.env["ALERTNET_SMTP_URL"]

    err = office.refused(command)

    assert "TWILIO_ACCOUNT_SID: missing" in err
    assert "ALERTNET_SMTP_URL: missing" in err


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_settings_that_the_trees_need_are_asked_for_together_with_those_that_are_wrong(
    office: Office, command: str
) -> None:
    office.env |= {"TWILIO_AUTH_TOKEN": "", "ALERTNET_PUBLIC_URL": "", "ALERTNET_RATES": "sms=bad"}

    err = office.refused(command)

    for fault in ("ALERTNET_PUBLIC_URL: missing", "TWILIO_AUTH_TOKEN: missing", "ALERTNET_RATES: 'sms=bad'"):
        assert err.count(fault) == 1


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_without_the_newest_schema_is_refused(office: Office, command: str) -> None:
    err = office.refused(command)

    assert "alertnet db upgrade" in err


def test_a_port_that_is_taken_is_named(office: Office, runtime: Runtime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = office.types("serve", "--port", str(port))

    assert said.code == 2
    assert f"--host, --port: '127.0.0.1:{port}' is not allowed" in said.err
    assert "the system says: Address already in use)" in said.err


def test_a_second_worker_on_sqlite_is_refused(office: Office, runtime: Runtime) -> None:
    """On SQLite a second one is refused with a clear message."""
    port = free_port()
    with running(office, "serve", "--port", str(port)):
        assert answers(f"http://127.0.0.1:{port}/healthz") == 200
        said = office.types("worker")

    assert (said.code, said.out) == (2, "")
    assert "SQLite" in said.err


def test_serve_answers_until_a_signal_ends_it_in_good_order(office: Office, runtime: Runtime) -> None:
    port = free_port()
    with running(office, "serve", "--port", str(port)) as process:
        assert answers(f"http://127.0.0.1:{port}/healthz") == 200

        process.gets(signal.SIGTERM)

        assert process.ends().code == 0


def test_a_terminal_that_is_closed_ends_it_in_good_order_and_the_log_says_so(office: Office, runtime: Runtime) -> None:
    """A11: a signal that would end a process in silence is one like the others."""
    port = free_port()
    with running(office, "serve", "--no-worker", "--port", str(port)) as process:
        assert answers(f"http://127.0.0.1:{port}/healthz") == 200

        process.gets(signal.SIGHUP)
        said = process.ends()

    assert said.code == 0
    assert [each["cause"] for each in events(said.err, "process_ending", "process_ended")] == [
        "SIGHUP",
        "in good order",
    ]


def test_a_signal_while_it_waits_to_begin_ends_it_at_once(office: Office) -> None:
    """Before there is anything to be ended in good order, too, and not in silence."""
    office.env["ALERTNET_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    with running(office, "worker") as process:
        eventually(lambda: "waiting_for_database" in process.err, "it waits")

        process.gets(signal.SIGTERM)
        said = process.ends()

    assert said.code == 128 + signal.SIGTERM
    assert [each["cause"] for each in events(said.err, "process_ended")] == ["SIGTERM"]


def test_who_begins_after_a_kill_says_that_the_last_one_ended_without_a_word(office: Office, runtime: Runtime) -> None:
    """What nobody can catch is told by the next one."""
    port = free_port()
    for is_killed in (True, False):
        with running(office, "serve", "--port", str(port)) as process:
            assert answers(f"http://127.0.0.1:{port}/healthz") == 200
            process.gets(signal.SIGKILL if is_killed else signal.SIGTERM)
            said = process.ends()

    assert len(events(said.err, "worker_gone")) == 1


@pytest.mark.parametrize("adds_up", [True, False])
def test_sqlite_adds_up_no_memory_once_it_is_told_not_to(adds_up: bool) -> None:
    """Its sum is behind a lock that an incident would take some five hundred times."""
    told = "" if adds_up else "from alertnet.cli.server.system import add_up_no_memory; add_up_no_memory();"
    asked = "import _sqlite3, ctypes, sqlite3; sqlite3.connect(':memory:');"
    shown = "print(ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used())"

    done = subprocess.run([sys.executable, "-c", told + asked + shown], capture_output=True, check=True, text=True)

    assert (int(done.stdout) > 0) is adds_up


_MB = 1 << 20

_LAID = f"""
import mmap, re, sys, threading
from alertnet.cli.server.system import lay_in_large_pages

def megabytes(name):
    return int(re.search(rf"^{{name}}: +([0-9]+)", open("/proc/self/smaps_rollup").read(), re.M)[1]) >> 10

empty, full = mmap.mmap(-1, {16 * _MB}, mmap.MAP_PRIVATE), bytearray(b"x") * {16 * _MB}
for at in range(0, len(empty), {_MB}):
    empty[at] = 1
before, ended = megabytes("Rss"), threading.Event()
if "ended" in sys.argv:
    ended.set()
lay_in_large_pages(ended)
print(megabytes("AnonHugePages"), megabytes("Rss") - before)
"""


def laid(*how: str) -> tuple[int, int]:
    """The megabytes that lie in large pages then, and how many more the process holds."""
    done = subprocess.run([sys.executable, "-c", _LAID, *how], capture_output=True, check=True, text=True)
    large, more = map(int, done.stdout.split())
    return large, more


@pytest.mark.skipif(not is_newer_linux(), reason="Linux lays memory in large pages when asked since 6.1")
def test_what_is_loaded_lies_in_large_pages_and_takes_hardly_more_memory() -> None:
    """A process of 140 MB would else have over 30,000 pages, and nothing that is empty may be filled for it."""
    large, more = laid()

    assert large >= 14
    assert more <= 12


@pytest.mark.skipif(not is_newer_linux(), reason="Linux lays memory in large pages when asked since 6.1")
def test_a_process_that_is_to_end_lays_no_more_in_large_pages() -> None:
    """Else a signal right after the start would wait for all of them."""
    large, _ = laid("ended")

    assert large <= 2


def test_an_incident_is_closed_beside_a_running_serve(office: Office, runtime: Runtime, ref: str) -> None:
    """B7: every command works beside a running `serve`, on SQLite too."""
    port = free_port()
    with running(office, "serve", "--port", str(port)):
        assert answers(f"http://127.0.0.1:{port}/healthz") == 200

        assert office.types("incidents", "close", ref, "--reason", "released").code == 0
        assert f"{ref}  closed" in office.types("incidents", "list").out


def test_a_web_that_is_to_end_goes_on_answering_while_the_front_is_told(office: Office, runtime: Runtime) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(office, "serve", "--no-worker", "--drain", "60", "--port", str(port)) as process:
        assert answers(f"{url}/healthz") == 200

        process.gets(signal.SIGTERM)

        eventually(lambda: answers(f"{url}/healthz") == 503, "the front is told")
        assert answers(f"{url}/v1/trees") == 401
        assert not process.is_over


def test_a_console_that_cannot_be_loaded_keeps_nobody_from_the_interface(office: Office, runtime: Runtime) -> None:
    _, key = runtime.transact(api_keys.create, "north", ["device:a"])
    heading = {"Authorization": f"Bearer {key}", "Idempotency-Key": "once", "Content-Type": "application/json"}
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    alarm = urllib.request.Request(f"{url}/v1/devices/a/alarm", b'{"type": "arrest"}', heading)
    with running(office, "serve", "--no-worker", "--port", str(port), program=without_board):
        assert answers(f"{url}/healthz") == 200

        said = [answers(f"{url}/desk"), answers(alarm)]
        said += [answers(f"{url}/{path}") for path in ("metrics", "openapi.json", "nowhere")]

    assert said == [500, 201, 200, 200, 404]
