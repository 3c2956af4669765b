"""The program read as text, once: its modules, what each imports and names, in which layer and room it stands."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = "alertnet"

BESIDE = {"__main__": "cli", "shipped": ""}
"""Modules beside the layers: `python -m alertnet`, and where what ships is found, which everybody may ask."""


@dataclass(frozen=True)
class Module:
    """One module by its dotted name."""

    name: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All that it says, whatever stands within what."""
        return tuple(ast.walk(self.tree))

    @property
    def layer(self) -> str:
        """The part of the program it belongs to: `store` for alertnet.store.db.engine, empty for alertnet itself."""
        parts = self.name.split(".")
        return BESIDE.get(parts[1], parts[1]) if len(parts) > 1 else ""

    @property
    def room(self) -> str:
        """The folder that it stands in, `store.db` for alertnet.store.db.engine; beside rooms a module is its own."""
        parts = self.name.split(".")[1:]
        return ".".join(parts[:-1] if len(parts) > 2 and not self.is_package else parts)

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """What it imports anywhere, functions included: `json` or, for a name out of a module, `json.loads`."""
        return tuple(
            alias.name if isinstance(node, ast.Import) else f"{self._origin(node)}.{alias.name}"
            for node in self.nodes
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """Each dotted name it uses, such as `datetime.now`, and each import as `import json.loads`."""
        dotted = (_dotted(node) for node in self.nodes if isinstance(node, ast.Attribute))
        return frozenset([*dotted, *(f"import {name}" for name in self.imports)])

    def functions(self) -> Iterator[tuple[str, int]]:
        """Each function with its length in lines."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1

    def results(self) -> Iterator[tuple[str, str]]:
        """Each function that others may call, with what it says that it returns."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns is not None:
                yield node.name, ast.unparse(node.returns)

    def _origin(self, node: ast.ImportFrom) -> str:
        """The absolute name of the module that a `from … import` names, dots resolved."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        package = parts[: len(parts) - node.level + self.is_package]
        return ".".join([*package, *([node.module] if node.module else [])])


@cache
def read_modules(folder: Path) -> tuple[Module, ...]:
    """Every module below that folder of the repository."""
    return tuple(_read(path) for path in sorted(folder.rglob("*.py")))


def targets(module: Module, known: set[str]) -> set[str]:
    """The modules among `known` that it imports: `alertnet.core.codec` for `from alertnet.core.codec import dump`."""
    candidates = ((name, name.rpartition(".")[0]) for name in module.imports)
    return {next(name for name in pair if name in known) for pair in candidates if known.intersection(pair)}


def _dotted(node: ast.expr) -> str:
    """`tx.session.execute`; what begins with no name begins with a dot."""
    match node:
        case ast.Attribute(value=value, attr=attribute):
            return f"{_dotted(value)}.{attribute}"
        case ast.Name(id=name):
            return name
    return ""


def _read(path: Path) -> Module:
    is_package = path.stem == "__init__"
    parts = path.relative_to(ROOT).with_suffix("").parts
    return Module(".".join(parts[:-1] if is_package else parts), path.read_text(encoding="utf-8"), is_package)
