"""The rules of the house as tables, and the functions that find what breaks them: each fault says what to do."""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from tests.house.source import PROGRAM, Module, targets

EDGE = "runtime flows store core settings logging"
MAY_IMPORT = {
    "": "",
    "core": "",
    "trees": "core",
    "messages": "core",
    "store": "core",
    "channels": "core",
    "flows": "store channels.base messages core",
    "settings": "store.engine store.vault core",
    "logging": "core",
    "runtime": "core trees messages store channels flows worker settings logging",
    "worker": f"{EDGE} channels.base",
    "web": EDGE,
    "cli": f"{EDGE} web worker trees messages sandbox",
    "sandbox": "core",
}
"""Who may import whom, besides itself: layer -> layers or single modules. `cli` alone starts the others."""

IMPURE = re.compile(
    r"(asyncio|concurrent|http|io|logging|multiprocessing|os|pathlib|queue|random|secrets|select|shutil|signal|smtplib"
    r"|socket|sqlite3|ssl|subprocess|tempfile|threading|time|urllib\.request|uuid)\b"
)
"""The parts of the standard library that reach the outside world, which the core never does."""

LONGEST_MODULE = 400
LONGEST_FUNCTION = 40


@dataclass(frozen=True)
class Ban:
    """Names that only some layers may use."""

    names: str
    allowed_in: frozenset[str]
    advice: str


WIRING = frozenset({"runtime", "settings", "sandbox"})
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
        for name in module.imports() if module.layer == "core" else ():
            if name.partition(".")[0] not in {*sys.stdlib_module_names, PROGRAM}:
                yield f"{module.name} imports {name}; the core stands on the standard library alone: move it to an edge"
            elif IMPURE.match(name):
                yield f"{module.name} imports {name}; the core does no I/O: let a flow fetch it and pass the value"


def cycles(modules: Iterable[Module]) -> Iterator[str]:
    """The first ring of modules that import one another, imports within functions included."""
    modules = list(modules)
    known = {module.name for module in modules}
    graph = {module.name: targets(module, known) - {module.name} for module in modules}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        ring = " <- ".join(error.args[1])
        yield f"{ring}: a ring of imports; move what they share into a module of its own"


def banned_names(modules: Iterable[Module]) -> Iterator[str]:
    """Clocks and dice outside the places that may hold them."""
    for module in modules:
        for ban in BANS:
            used = {name for name in module.names() if re.search(ban.names, name)}
            if used and module.layer not in ban.allowed_in:
                yield f"{module.name} uses {', '.join(sorted(used))}; {ban.advice}"


def oversized(modules: Iterable[Module]) -> Iterator[str]:
    """Modules and functions that have outgrown one thought."""
    for module in modules:
        lines = len(module.text.splitlines())
        if lines > LONGEST_MODULE:
            yield f"{module.name} has {lines} lines, at most {LONGEST_MODULE}: split it by what changes together"
        for name, length in module.functions():
            if length > LONGEST_FUNCTION:
                yield f"{module.name}.{name} has {length} lines, at most {LONGEST_FUNCTION}: give its steps names"


def _is_listed(layer: str, target: str, target_layer: str) -> bool:
    allowed = MAY_IMPORT[layer].split()
    return target_layer in allowed or target.removeprefix(f"{PROGRAM}.") in allowed
