"""The rules of the house as tables, and the functions that find what breaks them: each fault says what to do."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.house.source import PROGRAM, Module, targets

EDGE = "runtime flows store core"
MAY_IMPORT = {
    "": "",
    "core": "",
    "trees": "core",
    "messages": "core",
    "store": "core",
    "channels": "core",
    "flows": "store channels.base messages core",
    "runtime": "core trees messages store channels",
    "worker": f"{EDGE} channels.base",
    "web": EDGE,
    "cli": f"{EDGE} web worker trees messages sandbox",
    "sandbox": "core",
}
"""Who may import whom, besides itself: layer -> layers or single modules. `cli` alone starts the others."""

FLOORS = (
    "unit",
    "credentials",
    "notifications",
    "escalation",
    "incidents sending forecast",
    "journeys",
    "pages system",
    "sms desk",
    "voice mail",
)
"""The rooms of the flows from the ground up: each imports only what stands on a lower floor."""

IMPURE = re.compile(
    r"(asyncio|concurrent|http|io|logging|multiprocessing|os|pathlib|queue|random|secrets|select|shutil|signal|smtplib"
    r"|socket|sqlite3|ssl|subprocess|tempfile|threading|time|urllib\.request|uuid)\b"
)
"""The parts of the standard library that reach the outside world, which the core never does."""

FUNCTIONS_ONCE = {"threading.Lock", "threading.RLock"}
"""Types to whoever checks types, and functions when the program runs, on some Python that it runs on."""

LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
LARGEST_FOLDER = 15
SHORTEST_SHARED = 40


@dataclass(frozen=True)
class Ban:
    """Names that only some layers may use."""

    names: str
    allowed_in: frozenset[str]
    advice: str


WIRING = frozenset({"runtime", "sandbox"})
BANS = (
    Ban(
        r"(\bdatetime\.(now|utcnow|today)|\bdate\.today|\btime\.(time|time_ns|gmtime|localtime))$",
        WIRING,
        "take `now` as an argument: runtime reads the only clock",
    ),
    Ban(
        r"(^import (random|secrets)\b|\buuid[147]$)",
        WIRING,
        "take the value, or what draws it, as an argument: randomness and ids come from runtime",
    ),
    Ban(
        r"\bfunc\.(now|current_timestamp|localtimestamp|clock_timestamp|statement_timestamp)$",
        frozenset(),
        "bind `now` as a parameter: no decision hangs on the clock of a statement",
    ),
)

SQL = re.compile(
    r"^import sqlalchemy\b(?!\.(Connection$|Engine$|exc\b))"
    r"|^import alertnet\.store\.(tables|db\.bulk_update)\b"
    r"|\bsession\.(execute|scalars?|connection)$|\.exec_driver_sql$"
)
"""Statements, rows and tables, and what runs a statement: what is made of them stays within the store."""


def forbidden_imports(modules: Iterable[Module]) -> Iterator[str]:
    """Imports from one layer into another that the table does not list."""
    modules = list(modules)
    known = {module.name: module.layer for module in modules}
    for module in modules:
        if module.layer not in MAY_IMPORT:
            yield f"{module.name}: no such layer; move it into one, or give {module.layer!r} a row in MAY_IMPORT"
            continue
        for target in sorted(targets(module, set(known))):
            if known[target] not in ("", module.layer) and not _is_listed(module.layer, target, known[target]):
                allowed = MAY_IMPORT[module.layer] or "nothing else of alertnet"
                yield f"{module.name} imports {target}; {module.layer} may import: {allowed}. Pass it as an argument."


def impure_imports(modules: Iterable[Module]) -> Iterator[str]:
    """What the core imports besides itself and the pure part of the standard library."""
    for module in modules:
        for name in module.imports if module.layer == "core" else ():
            if name.partition(".")[0] not in {*sys.stdlib_module_names, PROGRAM}:
                yield f"{module.name} imports {name}; the core stands on the standard library alone: move it to an edge"
            elif IMPURE.match(name):
                yield f"{module.name} imports {name}; the core does no I/O: let a flow fetch it and pass the value"


def cycles(modules: Iterable[Module]) -> Iterator[str]:
    """The first ring of modules that import one another, imports within functions included."""
    modules = list(modules)
    known = {module.name for module in modules}
    if ring := _ring({module.name: targets(module, known) - {module.name} for module in modules}):
        yield f"{ring}: a ring of imports; move what they share into a module of its own"


def circles_of_rooms(modules: Iterable[Module]) -> Iterator[str]:
    """The first ring of rooms: what stands in one folder needs another folder, which needs the first."""
    modules = list(modules)
    room = {module.name: module.room for module in modules}
    graph: dict[str, set[str]] = {}
    for module in modules:
        graph.setdefault(module.room, set()).update(room[each] for each in targets(module, set(room)))
    if ring := _ring({each: needed - {each} for each, needed in graph.items()}):
        whole = modules[0].name.partition(".")[0]
        yield f"{whole}.{ring}: a ring of rooms; move what they share into a room below both"


def stairs_up(modules: Iterable[Module]) -> Iterator[str]:
    """Flows that import from a room on their own floor, or above it."""
    floors = {f"flows.{room}": floor for floor, rooms in enumerate(FLOORS) for room in rooms.split()}
    modules = list(modules)
    rooms = {module.name: module.room for module in modules}
    for module in modules:
        if module.layer == "flows" and module.room not in {*floors, "flows"}:
            yield f"{module.name} stands in no room of FLOORS: move it into one, or draw its floor"
        for target in sorted(targets(module, set(rooms))):
            here, there = floors.get(module.room), floors.get(rooms[target])
            if here is not None and there is not None and rooms[target] != module.room and there >= here:
                yield f"{module.name} imports {target}, which stands no lower; move what both need down"


def overfull(folder: Path) -> Iterator[str]:
    """Folders in which nobody finds anything by looking."""
    for each in [folder, *sorted(folder.rglob("*"))]:
        if not each.is_dir() or each.name == "__pycache__":
            continue
        entries = [entry for entry in each.iterdir() if entry.name != "__pycache__"]
        if len(entries) > LARGEST_FOLDER and any(entry.suffix == ".py" for entry in entries):
            yield f"{each.name} has {len(entries)} entries, at most {LARGEST_FOLDER}: give what belongs together a room"


def banned_names(modules: Iterable[Module]) -> Iterator[str]:
    """Clocks and dice outside the places that may hold them."""
    for module in modules:
        for ban in BANS:
            used = {name for name in module.names if re.search(ban.names, name)}
            if used and module.layer not in ban.allowed_in:
                yield f"{module.name} uses {', '.join(sorted(used))}; {ban.advice}"


def unions_of_functions(modules: Iterable[Module]) -> Iterator[str]:
    """Types joined by `|` of which one is a function, where the module can't be imported."""
    for module in modules:
        for node in module.nodes:
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
                for name in {ast.unparse(node.left), ast.unparse(node.right)} & FUNCTIONS_ONCE:
                    yield f"{module.name} joins {name} to a type: before Python 3.13 its import ends there"


def sql_outside_the_store(modules: Iterable[Module]) -> Iterator[str]:
    """Statements, rows and tables where only the store's values should be."""
    for module in modules:
        used = sorted({name for name in module.names if SQL.search(name)}) if module.layer != "store" else []
        if used:
            yield f"{module.name} uses {', '.join(used)}; ask the module of the store that owns the table for values"


def rows_let_out(modules: Iterable[Module]) -> Iterator[str]:
    """Functions of the store that give a row of the driver, whose columns no type checker knows."""
    for module in modules:
        for name, result in module.results() if module.layer == "store" else ():
            if re.search(r"\bRow\b", result):
                yield f"{module.name}.{name} returns {result}; give a frozen value with the fields that are used"


def oversized(modules: Iterable[Module]) -> Iterator[str]:
    """Modules and functions that have outgrown one thought."""
    for module in modules:
        lines = len(module.text.splitlines())
        if lines > LONGEST_MODULE:
            yield f"{module.name} has {lines} lines, at most {LONGEST_MODULE}: split it by what changes together"
        for name, length in module.functions():
            if length > LONGEST_FUNCTION:
                yield f"{module.name}.{name} has {length} lines, at most {LONGEST_FUNCTION}: give its steps names"


def splinters(modules: Iterable[Module]) -> Iterator[str]:
    """Short modules that only one other reads: faces of packages, commands and tables stand by themselves."""
    modules = list(modules)
    names = {module.name for module in modules}
    importers: dict[str, set[str]] = {}
    for module in modules:
        for target in targets(module, names):
            importers.setdefault(target, set()).add(module.name)
    for module in modules:
        lines = len(module.text.splitlines())
        stands_alone = module.is_package or module.layer in {"", "cli"} or module.room == "store.tables"
        readers = importers.get(module.name, set())
        if lines < SHORTEST_SHARED and len(readers) == 1 and not stands_alone:
            yield f"{module.name} has {lines} lines and one reader: join it with {', '.join(readers)} or a neighbour"


def _ring(graph: dict[str, set[str]]) -> str | None:
    """One ring of the graph in words; None when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " <- ".join(error.args[1])
    return None


def _is_listed(layer: str, target: str, target_layer: str) -> bool:
    allowed = MAY_IMPORT[layer].split()
    return target_layer in allowed or target.removeprefix(f"{PROGRAM}.") in allowed
