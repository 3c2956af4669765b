"""The restricted Jinja of the templates: output and conditions, nothing else.

People edit templates, and must not be able to stop an alert or leak something. So a template may use only the names in
`Said`, without loops, calls, attributes or arithmetic. It always ends, and its time and length are bounded by its own
length. Jinja's sandbox is a second barrier for templates that were not checked.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

from jinja2 import BytecodeCache, DictLoader, StrictUndefined, Template, TemplateError, nodes
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import LRUCache

from alertnet.core.codec import value
from alertnet.core.disclosure import Said, Subject

NAMES = frozenset(field.name for field in fields(Said)) - {"tree_language", "titles"} | {
    *("statement", "slowly", "heading", "matters", "with_callback", "with_names", "with_no_hint"),
}
"""The fields of `Said`, and values derived from them (see `words.present` and the renderer)."""

LAYOUT_NAMES = frozenset({"language", "direction", "title", "body"})
"""The names for the mail layout, which gets the finished text as `body`."""

FILTERS = ("capitalize", "lower", "upper")

DEEPEST = 20
"""How deep the parts of a template may stand in one another. Jinja's time to compile grows with the cube of it."""

RENDERED_BY_CHECKS = ("/sms.j2", ".html.j2", ".css.j2")
"""Ends of the names of files that the next checks render; others are compiled at their first use, which is slow."""

TOO_LARGE = "a number is too large"

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Block,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.Concat,
    nodes.Filter,
)


class _Compiled(BytecodeCache):
    """Compiled templates of this process, shared by all editions and checks."""

    def __init__(self) -> None:
        self._codes: LRUCache = LRUCache(1024)

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code

    def add(self, path: str, source: str, tree: nodes.Template) -> None:
        """Compile a template from its parsed tree, since parsing takes longest."""
        bucket = self.get_bucket(_PARSER, path, None, source)
        if bucket.code is None:
            bucket.code = _PARSER.compile(tree, path)
            self.set_bucket(bucket)


_COMPILED = _Compiled()


class Environment(ImmutableSandboxedEnvironment):
    """Jinja without globals, tests and most filters. Each template is compiled once."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, sources: Mapping[str, str]) -> None:
        super().__init__(
            loader=DictLoader(sources),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            auto_reload=False,
            cache_size=-1,
            bytecode_cache=_COMPILED,
        )
        self.globals.clear()
        self.tests.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        return False

    def is_safe_callable(self, obj: object) -> bool:
        return False

    def call_binop(self, context: object, operator: str, left: object, right: object) -> object:
        raise TemplateError(f"{operator} is not allowed in a message")


_PARSER = Environment({})


def find_faults(
    path: str, source: str, names: frozenset[str] = NAMES, also: tuple[type[nodes.Node], ...] = ()
) -> list[str]:
    """The faults of one template, with file, line and what is allowed; `also`: further node types that are."""
    try:
        tree = parsed(source)
        faults = [f"{path}:{fault}" for node in _all_within(tree) for fault in _faults_of(node, names, also)]
        faults += [f"{path}:{line}: block {name!r} stands twice" for name, line in _second_blocks(tree)]
        if not faults and path.endswith(RENDERED_BY_CHECKS):
            _COMPILED.add(path, source, tree)
    except TemplateError as error:
        return [f"{path}:{getattr(error, 'lineno', None) or 1}: {error.message}"]
    except (RecursionError, SyntaxError):
        return [f"{path}:1: nested too deeply"]
    except ValueError:
        return [f"{path}:1: {TOO_LARGE}"]  # Python reads none of thousands of digits.
    return faults


def _all_within(tree: nodes.Node) -> list[nodes.Node]:
    """All parts of a template, in the order of their lines; raises RecursionError where they stand too deep."""
    found: list[nodes.Node] = []
    level = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node.iter_child_nodes()]
        found += level
    if level:
        raise RecursionError
    return sorted(found, key=lambda node: node.lineno or 0)


def _second_blocks(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """Each block that has the name of an earlier one, and its line."""
    known: set[str] = set()
    for block in tree.find_all(nodes.Block):
        if block.name in known:
            yield block.name, block.lineno
        known.add(block.name)


# One entry is enough: the questions about one template come one after the other.
@lru_cache(maxsize=1)
def parsed(source: str) -> nodes.Template:
    """The parts of a template; raises RecursionError, TemplateError or ValueError where they can't be told apart."""
    return _PARSER.parse(source)


@value
class Place:
    """A name in a template, and its line."""

    name: str
    line: int


@value
class Named:
    """The names in a template without faults: `anywhere` includes its conditions; `said` has only what it outputs."""

    anywhere: tuple[Place, ...]
    said: frozenset[str]
    by_block: dict[str, tuple[Place, ...]]
    subjects: tuple[Place, ...]
    """The codes with which it compares the subject."""


@lru_cache(maxsize=1024)
def named_in(source: str) -> Named:
    """The names in a template. The result is cached: several checks need it, and parsing takes longest."""
    anywhere: list[Place] = []
    said: set[str] = set()
    by_block: dict[str, list[Place]] = {}
    subjects: list[Place] = []

    def look(node: nodes.Node, is_said: bool, blocks: tuple[str, ...]) -> None:
        if isinstance(node, nodes.Name):
            anywhere.append(place := Place(node.name, node.lineno))
            if is_said:
                said.add(node.name)
            for block in blocks:
                by_block[block].append(place)
        elif isinstance(node, nodes.Block):
            by_block[node.name] = []
            blocks = (*blocks, node.name)
        elif isinstance(node, nodes.Compare) and "subject" in {each.name for each in node.find_all(nodes.Name)}:
            subjects.extend(Place(const.value, node.lineno) for const in node.find_all(nodes.Const))
        for child in node.iter_child_nodes():
            look(child, is_said or isinstance(node, nodes.Output), blocks)

    look(parsed(source), is_said=False, blocks=())
    spoken = {name: tuple(places) for name, places in by_block.items()}
    return Named(tuple(anywhere), frozenset(said), spoken, tuple(subjects))


def find_unknown_subjects(path: str, source: str) -> tuple[str, ...]:
    """Subjects in conditions of a template that don't exist, so that the branch is never taken."""
    return tuple(
        f"{path}:{place.line}: subject is never {place.name!r} (known: {', '.join(Subject)})"
        for place in named_in(source).subjects
        if place.name not in list(Subject)
    )


def parts_of(template: Template, values: dict[str, Any]) -> Iterator[str]:
    """Render the template piece by piece."""
    return template.root_render_func(template.new_context(values, shared=True))


def write(parts: Iterator[str], limit: int) -> str:
    """Join the rendered parts, cut off at `limit` characters."""
    text: list[str] = []
    length = 0
    for part in parts:
        text.append(part)
        length += len(part)
        if length > limit:
            break
    return "".join(text)[:limit]


def blocks_of(template: Template, values: dict[str, Any], limit: int) -> dict[str, str]:
    """Each block of the template by name, in the order of the file."""
    context = template.new_context(values, shared=True)
    return {name: write(block(context), limit) for name, block in template.blocks.items()}


def _faults_of(node: nodes.Node, names: frozenset[str], also: tuple[type[nodes.Node], ...]) -> Iterator[str]:
    if not isinstance(node, (*_ALLOWED, *also)):
        yield f"{node.lineno}: {type(node).__name__} is not allowed in a message (only text, names, if and blocks are)"
    elif isinstance(node, nodes.Name) and node.name not in names:
        yield f"{node.lineno}: unknown name {node.name!r} (known: {', '.join(sorted(names))})"
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield f"{node.lineno}: unknown filter {node.name!r} (known: {', '.join(FILTERS)})"
    elif isinstance(node, nodes.Compare) and any(operand.op not in ("eq", "ne") for operand in node.ops):
        yield f"{node.lineno}: names are compared by == and != alone"
    elif isinstance(node, nodes.Const) and node.value == math.inf:
        yield f"{node.lineno}: {TOO_LARGE}"
