"""The program as a wheel installs it, far from the checkout: it finds what came with it."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import alertnet
from tests.cli.conftest import REPOSITORY, WITHIN_SECONDS
from tests.cli.test_serve import answers
from tests.ports import free_port
from tests.support.program import SECRET

SETTINGS = {
    "ALERTNET_SECRET_KEY": SECRET,
    "ALERTNET_PUBLIC_URL": "http://127.0.0.1:9",
    "ALERTNET_SMTP_URL": "smtp://127.0.0.1:9?from=alert@example.org",
    "ALERTNET_TWILIO_API_URL": "http://127.0.0.1:9",
    "ALERTNET_TWILIO_FROM": "+15005550006",
    "TWILIO_ACCOUNT_SID": f"AC{'0' * 32}",
    "TWILIO_AUTH_TOKEN": "a-token",
}


class Machine:
    """A machine with the wheel in an environment of its own, and a working folder in which there is nothing."""

    def __init__(self, folder: Path) -> None:
        self.here = folder / "here"
        self.here.mkdir()
        self.program = folder / "environment/bin/alertnet"
        environment, wheels = folder / "environment", folder / "wheels"
        venv.create(environment, symlinks=True)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        packages = environment / "lib" / version / "site-packages"
        # What the program needs is borrowed from the environment of the tests.
        (packages / "borrowed.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
        self._run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels))
        (wheel,) = wheels.glob("*.whl")
        pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin/python"), "--disable-pip-version-check"]
        # Hardly any of it is run here: to compile it all took half of this.
        self._run(*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", str(wheel))

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "COLUMNS": "200", **SETTINGS}

    def types(self, *words: str) -> str:
        """What `alertnet WORDS` prints; it ends with 0."""
        command, env = [str(self.program), *words], self.environment
        done = subprocess.run(command, cwd=self.here, env=env, capture_output=True, text=True, timeout=WITHIN_SECONDS)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"))


def test_it_says_its_version_and_has_beside_it_what_it_reads(machine: Machine) -> None:
    brought = {path.name for path in (machine.program.parents[1] / "share/alertnet").iterdir()}

    assert machine.types("--version") == f"alertnet {alertnet.__version__}\n"
    assert brought == {"alembic.ini", "contact_trees", "message_templates", "migrations"}


@pytest.mark.long
@pytest.mark.parametrize("what", ["trees", "templates"])
def test_it_checks_what_came_with_it(machine: Machine, what: str) -> None:
    said = machine.types(what, "check")

    assert "no faults" in said
    assert str(machine.program.parents[1] / "share/alertnet") in said


@pytest.mark.long
def test_it_serves_with_what_came_with_it_and_says_whose_trees_they_are(machine: Machine) -> None:
    """Nobody is to rely on an alarm that tells the contacts of the example."""
    machine.types("db", "upgrade")
    port, log = free_port(), machine.here / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(machine.program), "serve", "--no-worker", "--port", str(port)],
            cwd=machine.here,
            env=machine.environment,
            stderr=output,
        )
    try:
        assert answers(f"http://127.0.0.1:{port}/healthz") == 200
    finally:
        process.kill()
        process.wait(WITHIN_SECONDS)
    assert "trees_of_the_example" in log.read_text()
