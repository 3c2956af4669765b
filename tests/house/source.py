"""The program read as text: its modules, what each imports and names, and in which layer and room it stands."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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

    def imports(self) -> Iterator[str]:
        """What it imports anywhere, functions included: `json` or, for a name out of a module, `json.loads`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{self._origin(node)}.{alias.name}" for alias in node.names)

    def names(self) -> Iterator[str]:
        """Each dotted name it uses, such as `datetime.now`, and each import as `import json.loads`."""
        yield from (f"import {name}" for name in self.imports())
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                yield ast.unparse(node)

    def functions(self) -> Iterator[tuple[str, int]]:
        """Each function with its length in lines."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1

    def results(self) -> Iterator[tuple[str, str]]:
        """Each function that others may call, with what it says that it returns."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns is not None:
                yield node.name, ast.unparse(node.returns)

    def _origin(self, node: ast.ImportFrom) -> str:
        """The absolute name of the module that a `from … import` names, dots resolved."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        package = parts[: len(parts) - node.level + self.is_package]
        return ".".join([*package, *([node.module] if node.module else [])])


def read_modules(folder: Path) -> list[Module]:
    """Every module below that folder of the repository."""
    return [_read(path) for path in sorted(folder.rglob("*.py"))]


def targets(module: Module, known: set[str]) -> set[str]:
    """The modules among `known` that it imports: `alertnet.core.codec` for `from alertnet.core.codec import dump`."""
    candidates = ((name, name.rpartition(".")[0]) for name in module.imports())
    return {next(name for name in pair if name in known) for pair in candidates if known.intersection(pair)}


def _read(path: Path) -> Module:
    is_package = path.stem == "__init__"
    parts = path.relative_to(ROOT).with_suffix("").parts
    return Module(".".join(parts[:-1] if is_package else parts), path.read_text(encoding="utf-8"), is_package)
