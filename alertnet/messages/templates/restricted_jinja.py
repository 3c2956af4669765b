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

MAX_SOURCE = 16_000
"""The most characters of one file."""

DEEPEST = 20
"""How deep the parts of a template may stand in one another. Jinja's time to compile grows with the cube of it."""

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
        environment = Environment({})
        bucket = self.get_bucket(environment, path, None, source)
        if bucket.code is None:
            bucket.code = environment.compile(tree, path)
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


def find_faults(
    path: str, source: str, names: frozenset[str] = NAMES, also: tuple[type[nodes.Node], ...] = ()
) -> list[str]:
    """The faults of one template, each with file, line and what is allowed.

    `also`: node types that are allowed besides output and conditions.
    """
    if len(source) > MAX_SOURCE:
        return [f"{path}:1: {len(source)} characters are too many (at most {MAX_SOURCE})"]
    try:
        tree = _parsed(source)
        _check_depth(tree, DEEPEST)
        faults = [f"{path}:{fault}" for node in tree.find_all(nodes.Node) for fault in _faults_of(node, names, also)]
        if not faults:
            _COMPILED.add(path, source, tree)
    except TemplateError as error:
        return [f"{path}:{getattr(error, 'lineno', None) or 1}: {error.message}"]
    except (RecursionError, SyntaxError):
        return [f"{path}:1: nested too deeply"]
    except ValueError:
        return [f"{path}:1: {TOO_LARGE}"]  # Python reads none of thousands of digits.
    return faults


def _check_depth(node: nodes.Node, levels: int) -> None:
    if levels == 0:
        raise RecursionError
    for child in node.iter_child_nodes():
        _check_depth(child, levels - 1)


# One entry is enough: the questions about one template come one after the other.
@lru_cache(maxsize=1)
def _parsed(source: str) -> nodes.Template:
    return Environment({}).parse(source)


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
    tree = _parsed(source)
    subjects = (node for node in tree.find_all(nodes.Compare) if "subject" in {each.name for each in _places(node)})
    return Named(
        anywhere=_places(tree),
        said=frozenset(place.name for output in tree.find_all(nodes.Output) for place in _places(output)),
        by_block={block.name: _places(block) for block in tree.find_all(nodes.Block)},
        subjects=tuple(Place(const.value, node.lineno) for node in subjects for const in node.find_all(nodes.Const)),
    )


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


def _places(node: nodes.Node) -> tuple[Place, ...]:
    return tuple(Place(name.name, name.lineno) for name in node.find_all(nodes.Name))


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
