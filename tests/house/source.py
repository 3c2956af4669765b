"""The program read as text: its modules, what each imports and names, and which layer it belongs to."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = "alertnet"

ALIASES = {
    "__main__": "cli",
    "transactions": "runtime",
    "absence": "runtime",
    "reminder": "runtime",
    "causes": "runtime",
    "clock": "runtime",
    "group_commit": "runtime",
    "settings_names": "settings",
    "settings_values": "settings",
    "shipped": "",
    "wakeups": "runtime",
    "file_limit": "runtime",
    "hang_ups": "runtime",
    "comeback": "worker",
    "counting": "runtime",
    "living_trees": "runtime",
    "crews": "worker",
    "ways": "worker",
    "knock": "runtime",
    "dispatch": "worker",
    "questions": "worker",
    "sending": "worker",
    "together": "worker",
    "sweeps": "worker",
    "machine": "worker",
    "worker_lock": "worker",
    "watch": "worker",
}
"""Modules that belong to a layer of another name."""


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
        """The part of the program it belongs to: `store` for alertnet.store.engine, empty for alertnet itself."""
        parts = self.name.split(".")
        layer = parts[1] if len(parts) > 1 else ""
        return "runtime" if layer.startswith("runtime_") else ALIASES.get(layer, layer)

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
    """The modules among `known` that it imports: `alertnet.core.codes` for `from alertnet.core.codes import draw`."""
    candidates = ((name, name.rpartition(".")[0]) for name in module.imports())
    return {next(name for name in pair if name in known) for pair in candidates if known.intersection(pair)}


def _read(path: Path) -> Module:
    is_package = path.stem == "__init__"
    parts = path.relative_to(ROOT).with_suffix("").parts
    return Module(".".join(parts[:-1] if is_package else parts), path.read_text(encoding="utf-8"), is_package)
