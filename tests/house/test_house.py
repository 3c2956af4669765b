"""How the house is built (docs/architecture.md): who imports whom, who holds the clock, how long a thing may be."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from alertnet.messages.checks.fitting import TESTED
from alertnet.messages.templates.load import Templates, read_files
from tests.house import rules
from tests.house.source import PROGRAM, ROOT, Module, read_modules, targets

Rule = Callable[[Iterable[Module]], Iterator[str]]
RULES: list[Rule] = [
    rules.forbidden_imports,
    rules.impure_imports,
    rules.cycles,
    rules.circles_of_rooms,
    rules.stairs_up,
    rules.banned_names,
    rules.unions_of_functions,
    rules.sql_outside_the_store,
    rules.rows_let_out,
    rules.oversized,
]
REGISTRY = re.compile(
    r"https?://([\w.-]+@)?(pypi\.|test\.pypi\.|files\.pythonhosted|registry\.|proxy\.golang|index\.crates)"
)

BREACHES: list[tuple[str, Rule, dict[str, str]]] = [
    (
        "core knows the store",
        rules.forbidden_imports,
        {"core.codes": "from alertnet.store import engine", "store.engine": ""},
    ),
    ("inside a function", rules.forbidden_imports, {"trees.load": "def f():\n  import alertnet.store", "store": ""}),
    ("by a relative import", rules.forbidden_imports, {"web.api": "from ..trees import load", "trees.load": ""}),
    (
        "flows know a channel",
        rules.forbidden_imports,
        {"flows.f": "from alertnet.channels import smtp", "channels.smtp": ""},
    ),
    ("the sandbox in production", rules.forbidden_imports, {"runtime": "import alertnet.sandbox", "sandbox": ""}),
    ("a layer nobody drew", rules.forbidden_imports, {"helpers": ""}),
    ("core knows a library", rules.impure_imports, {"core.codes": "import sqlalchemy"}),
    ("core opens a file", rules.impure_imports, {"core.codes": "from pathlib import Path"}),
    ("a ring of two", rules.cycles, {"core.a": "import alertnet.core.b", "core.b": "from alertnet.core.a import x"}),
    (
        "a ring of rooms",
        rules.circles_of_rooms,
        {
            "core.a": "",
            "core.a.x": "import alertnet.core.b.x",
            "core.a.y": "",
            "core.b.x": "",
            "core.b.y": "import alertnet.core.a.y",
        },
    ),
    (
        "an arrow up the stairs",
        rules.stairs_up,
        {"flows.unit.a": "import alertnet.flows.sms.b", "flows.sms.b": ""},
    ),
    ("a flow in no room", rules.stairs_up, {"flows.attic.a": ""}),
    ("a clock in a flow", rules.banned_names, {"flows.f": "import datetime as dt\nnow = dt.datetime.now(dt.UTC)"}),
    ("seconds in a flow", rules.banned_names, {"flows.f": "from time import time"}),
    ("dice in the web", rules.banned_names, {"web.api": "import secrets"}),
    ("an id in the store", rules.banned_names, {"store.rows": "import uuid\nkey = uuid.uuid4()"}),
    ("the clock of a statement", rules.banned_names, {"runtime": "import sqlalchemy as sa\nat = sa.func.now()"}),
    ("a function as a type", rules.unions_of_functions, {"web.api": "def f(room: threading.Lock | None): ..."}),
    ("a statement in a flow", rules.sql_outside_the_store, {"flows.f": "from sqlalchemy import Select"}),
    ("a table in the web", rules.sql_outside_the_store, {"web.api": "from alertnet.store.tables import codes"}),
    ("the store's statement", rules.sql_outside_the_store, {"flows.f": "rows = tx.session.scalars(store.OPEN)"}),
    ("a row out of the store", rules.rows_let_out, {"store.codes": "def find(tx: Tx) -> list[Row[Any]]: ..."}),
    ("a module too long", rules.oversized, {"core.a": "x = 1\n" * 401}),
    ("a function too long", rules.oversized, {"core.a": "def f():\n" + "  x = 1\n" * 40}),
]
INNOCENT = {
    "core.codes": "import hashlib\nfrom alertnet.core.errors import BadInput",
    "core.errors": "",
    "channels.base": "import time\nstart = time.monotonic()",
    "flows.escalation.step": "from alertnet.channels.base import Outgoing\nimport alertnet.core.codes",
    "runtime": "import secrets\nfrom datetime import UTC, datetime\nnow = datetime.now(UTC)",
    "store.codes": "from sqlalchemy import select\ndef find(s) -> Code: ...\ndef _code(row: Row[Any]) -> Row[Any]: ...",
    "web.api": "from datetime import datetime\nfrom alertnet import runtime, __version__",
    "worker": "from sqlalchemy import Engine, exc",
}


def name_of(value: object) -> str:
    return value if isinstance(value, str) else getattr(value, "__name__", "source")


def pin_of(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def planted(sources: dict[str, str]) -> list[Module]:
    return [
        Module(PROGRAM, "", is_package=True),
        *(Module(f"{PROGRAM}.{name}", text) for name, text in sources.items()),
    ]


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_the_program_keeps_the_rule(rule: Rule) -> None:
    """Every module of the program, with all that it imports and names."""
    modules = read_modules(ROOT / PROGRAM)

    faults = list(rule(modules))

    assert len(modules) > 300
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("folder", ["simulation", "tests", "torture"])
def test_what_proves_the_program_has_no_circle_either(folder: str) -> None:
    """Whoever opens a night or the stage of a test reads it from one end to the other."""
    modules = read_modules(ROOT / folder)
    faults = [*rules.cycles(modules), *rules.circles_of_rooms(modules)]

    assert any(targets(module, {each.name for each in modules}) for module in modules)
    assert not faults, "\n".join(faults)


def test_a_module_that_knows_what_shares_it_is_found() -> None:
    """A type alone makes a circle: the world knows none of those that share it."""
    world = Module("simulation.world.world", "if TYPE_CHECKING:\n  from simulation.night import Night")
    night = Module("simulation.night", "from simulation.world.world import World")

    assert [len(list(rule([world, night]))) for rule in (rules.cycles, rules.circles_of_rooms)] == [1, 1]


@pytest.mark.parametrize("folder", ["alertnet", "simulation"])
def test_every_folder_can_be_overlooked(folder: str) -> None:
    """Fifteen entries, and no more."""
    faults = list(rules.overfull(ROOT / folder))

    assert (ROOT / folder / "__init__.py").exists()
    assert not faults, "\n".join(faults)


def test_a_folder_too_full_is_found(tmp_path: Path) -> None:
    for number in range(16):
        (tmp_path / f"module_{number}.py").touch()

    assert len(list(rules.overfull(tmp_path))) == 1


def test_no_module_is_a_splinter_of_another() -> None:
    """What is short and read with one other alone stands there."""
    modules = read_modules(ROOT / PROGRAM)

    faults = list(rules.splinters(modules))

    assert any(len(module.text.splitlines()) < rules.SHORTEST_SHARED for module in modules if not module.is_package)
    assert not faults, "\n".join(faults)


def test_a_splinter_is_found() -> None:
    whole = {"flows.sms.a": "from alertnet.flows.unit.b import c", "flows.unit.b": "c = 1"}
    shared = whole | {"flows.sms.d": "from alertnet.flows.unit.b import c"}
    long = whole | {"flows.unit.b": "c = 1\n" * 40}

    assert [len(list(rules.splinters(planted(each)))) for each in (whole, shared, long)] == [1, 0, 0]


def test_no_migration_reads_the_clock() -> None:
    """Migrations are held to the same clock as the program: none of its own."""
    migrations = read_modules(ROOT / "migrations")

    faults = list(rules.banned_names(migrations))

    assert len(migrations) > 10
    assert not faults, "\n".join(faults)


def test_no_tracked_file_names_a_registry() -> None:
    """Packages come by name and version from wherever the installing machine is told to look."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    paths = [ROOT / name for name in tracked.split("\0") if name]

    faults = [str(path) for path in paths if path.is_file() and REGISTRY.search(path.read_text("utf-8", "replace"))]

    assert ROOT / "requirements.txt" in paths
    assert not faults, f"take the address of the package registry out of: {', '.join(faults)}"


def test_the_program_imports_only_what_its_pins_install() -> None:
    """What only the tests have installed is missing where the program runs."""
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    tops = {name.partition(".")[0] for module in read_modules(ROOT / PROGRAM) for name in module.imports}
    foreign = tops - {PROGRAM, *sys.stdlib_module_names}
    installed_by = packages_distributions()

    unpinned = {top for top in foreign if not any(pin_of(name) in pins for name in installed_by.get(top, []))}

    assert "sqlalchemy" in foreign
    assert not unpinned, f"declare in pyproject.toml and pin in requirements.txt: {', '.join(sorted(unpinned))}"


def test_the_templates_that_ship_are_those_that_a_start_takes_for_tested() -> None:
    """`tests/messages/test_languages.py` looks for faults in them, so that a first start need not."""
    shipped = Templates(read_files(ROOT / "message_templates")[0]).digest

    assert shipped == TESTED, f'a template was changed: alertnet/messages/checks/fitting.py: TESTED = "{shipped}"'


@pytest.mark.parametrize(("breach", "rule", "sources"), BREACHES, ids=name_of)
def test_a_breach_is_found_and_named(breach: str, rule: Rule, sources: dict[str, str]) -> None:
    """The rules can fail: each one finds what was planted, and names the module."""
    faults = list(rule(planted(sources)))

    assert len(faults) == 1, breach
    assert f"{PROGRAM}.{next(iter(sources))}" in faults[0]


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_what_is_allowed_is_not_found(rule: Rule) -> None:
    """The rules accept what the design allows, and what they find is the breach beside it."""
    breach = next(sources for _, broken, sources in BREACHES if broken is rule)

    assert list(rule(planted(INNOCENT))) == []
    assert len(list(rule(planted(INNOCENT | breach)))) == 1
