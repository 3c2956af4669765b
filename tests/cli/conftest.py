"""An office: a folder with a database, in which commands are typed while another process has the database open."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from signal import Signals
from tempfile import TemporaryDirectory

import pytest

from alertnet.cli import main as alertnet
from alertnet.core.directory.contact import MethodKind
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import Runtime
from tests.database import migrate
from tests.support.forking import FORKING, run
from tests.support.program import environment_on, made_program

WITHIN_SECONDS = 180

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class UnderWay:
    """A command that was typed and may not be over."""

    _process: BaseProcess
    _out: Path
    _err: Path

    @property
    def err(self) -> str:
        """What it has said so far beside its results."""
        return self._err.read_text() if self._err.exists() else ""

    @property
    def is_over(self) -> bool:
        return not self._process.is_alive()

    def gets(self, signal: Signals) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, signal)

    def ends(self) -> Said:
        """What it said, once it is over; it is killed if it takes too long."""
        self._process.join(WITHIN_SECONDS)
        self._process.kill()
        self._process.join()
        return Said(self._process.exitcode or 0, self._out.read_text(), self.err)


@dataclass
class Office:
    """Where commands are typed: a folder, and an environment of nothing but what was set here."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "alertnet", *words]

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**inherited, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200", **self.env}

    @contextmanager
    def starts(self, *words: str, keyboard: str = "", program: Callable[[], object] = alertnet) -> Iterator[UnderWay]:
        """The command, with that on its standard input; it is over at the end, whatever became of it."""
        with TemporaryDirectory() as desk:
            typed, out, err = (Path(desk) / name for name in ("typed", "out", "err"))
            typed.write_text(keyboard)
            process = FORKING.Process(target=run, args=(words, self.folder, self.environment, out, err, typed, program))
            process.start()
            try:
                yield UnderWay(process, out, err)
            finally:
                process.kill()
                process.join()

    def types(self, *words: str, keyboard: str = "", program: Callable[[], object] = alertnet) -> Said:
        """What the command has said when it is over, or another program in its place."""
        with self.starts(*words, keyboard=keyboard, program=program) as command:
            said = command.ends()
        assert "Traceback" not in said.err, said.err
        return said

    def findings(self, *words: str) -> list[tuple[str, str, str]]:
        """What `doctor` has found: how serious it is, what it is about, and what is said of it."""
        states = {"✓": "well", "!": "look", "✗": "wrong"}
        lines = self.types("doctor", *words).out.splitlines()
        found = [(states[line[0]], line[2:].partition(": ")) for line in lines if line[0] in states]
        return [(state, about, said) for state, (about, _, said) in found]

    def refused(self, *words: str, keyboard: str = "") -> str:
        """What the command says that it refuses (exit code 2), without any result."""
        said = self.types(*words, keyboard=keyboard)
        assert (said.code, said.out) == (2, "")
        return said.err


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, environment_on(f"sqlite:///{tmp_path / 'alertnet.db'}"))


@pytest.fixture
def in_english(office: Office) -> Path:
    """A folder of templates in English alone: what tries each message in each language takes seconds in all."""
    folder = office.folder / "in_english"
    others = ("de", "es", "fr", "pt")
    ignored = shutil.ignore_patterns(*others, *(f"{each}.yaml" for each in (*others, "es-ES")))
    shutil.copytree(REPOSITORY / "message_templates", folder, ignore=ignored)
    office.env["ALERTNET_MESSAGE_TEMPLATES"] = str(folder)
    return folder


@pytest.fixture
def runtime(office: Office) -> Iterator[Runtime]:
    """The process beside which the commands run, on the office's database, migrated."""
    runtime = made_program(read_settings(office.env))
    migrate(runtime.engine)
    yield runtime
    runtime.close()


@pytest.fixture
def ref(runtime: Runtime) -> str:
    """The reference of an open incident in Colombia."""
    facts = Facts("arrest", Severity.CRITICAL, "CO", consent=Scope.INTERNATIONAL, place="L12", summary="Maria Secreta")
    return runtime.transact(open_incident, runtime.edition, facts, by="a test").incident.ref


@pytest.fixture
def numbers(runtime: Runtime) -> set[str]:
    """Every telephone number and mail address of the network."""
    contacts = [contact for tree in runtime.network.trees.values() for contact in tree.contacts.values()]
    return {method.address for contact in contacts for method in contact.methods if method.kind is not MethodKind.TASK}
