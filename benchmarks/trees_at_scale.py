"""Measures 300 trees of 40 contacts: the check, and an edit taking effect; also the templates, and a rehearsal."""

import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from alertnet.core.forecast.script import Script
from alertnet.core.forecast.simulate import rehearse
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import make_runtime
from alertnet.store.upgrade import upgrade
from alertnet.trees import read_network
from benchmarks.figures import Figure
from benchmarks.program import ROOT, settings
from benchmarks.trees import COUNTRIES, TEAMS

TREES, CONTACTS, LEVELS = 300, 40, 8


def measure() -> list[Figure]:
    """Seconds of each command from start to end, and from an edit until it is in force."""
    with TemporaryDirectory() as directory:
        env = settings(Path(directory), _trees(), "http://127.0.0.1:1", "https://alerts.example.org")
        env["ALERTNET_SMTP_URL"] = "smtp://127.0.0.1:25?from=bench@example.org"
        folder = Path(env["ALERTNET_CONTACT_TREES"])
        return [
            Figure(f"check of {TREES} trees", _command("trees", "check", str(folder)), "s", 3.0),
            Figure("check of the templates", _command("templates", "check", "message_templates"), "s", 3.0),
            Figure("24 simulated hours of the example trees", _rehearsal(), "ms of CPU", 100.0),
            Figure(f"an edit among {TREES} trees read and kept", _edit(folder, env), "s", 1.5),
        ]


def _trees() -> dict[str, str]:
    """The trees by file name; each contact has hours, three methods, and every second one a time zone of its own."""
    files = {"teams.yaml": TEAMS}
    for number in range(TREES):
        lines = [
            f"tree: tree-{number}",
            "title: A network",
            "scope: international",
            f"serves: {{countries: [{COUNTRIES[number % len(COUNTRIES)]}]}}",
            "timezone: America/Bogota",
            "language: es",
            "sender: BENCH",
            'callback: "+573005550101"',
            "last_resort: [contact-0]",
            "contacts:",
            *(_contact(number, place) for place in range(CONTACTS)),
            "levels:",
            *(_level(place) for place in range(LEVELS)),
        ]
        files[f"tree-{number}.yaml"] = "\n".join([*lines, ""])
    return files


def _contact(tree: int, place: int) -> str:
    phone = f"+57300{tree:03}{place:02}01"
    role = "embassy" if place % 2 else "coordinator" if place == 0 else "ngo"
    zone = ", timezone: Europe/Madrid" if place % 2 else ""
    methods = f'[{{sms: "{phone}"}}, {{call: "{phone}"}}, {{email: contact-{place}@tree-{tree}.example}}]'
    hours = 'hours: "Mo-Fr 08:30-16:30; Sa 09:00-13:00"'
    return f"  contact-{place}: {{role: {role}, organisation: Office {place}{zone}, {hours}, methods: {methods}}}"


def _level(place: int) -> str:
    each = CONTACTS // LEVELS
    named = ", ".join(f"contact-{place * each + of_level}" for of_level in range(each))
    return f"  - {{name: Level {place}, notify: [{named}]}}"


def _command(*words: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "alertnet", *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _rehearsal() -> float:
    """The least of several runs, since other load on the machine can only add to it."""
    trees = read_network(ROOT / "contact_trees").trees.values()
    at = datetime(2026, 11, 24, 7, 14, tzinfo=UTC)
    facts = Facts("arrest", Severity.CRITICAL, "CO", consent=Scope.INTERNATIONAL)
    took = []
    for _ in range(10):
        begun = time.process_time()
        rehearsal = rehearse(facts, trees, at, at + timedelta(hours=24), Script())
        took.append(time.process_time() - begun)
        if not rehearsal.told:
            raise RuntimeError("the rehearsal tells nobody")
    return min(took) * 1000


def _edit(folder: Path, env: Mapping[str, str]) -> float:
    """The look that finds an edited file; looks come every half second by themselves."""
    with closing(make_runtime(read_settings(env))) as runtime, redirect_stdout(StringIO()):
        upgrade(runtime.engine)
        runtime.trees.look()
        edited = folder / "tree-0.yaml"
        edited.write_text(edited.read_text().replace("title: A network", "title: Another network"))
        begun = time.perf_counter()
        runtime.trees.look()
        took = time.perf_counter() - begun
        if runtime.trees.edition.network.trees["tree-0"].title != "Another network":
            raise RuntimeError("the edit is not in force")
        return took
