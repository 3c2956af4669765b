"""The rules for the page's template: besides what messages may do, it may loop once, name labels and include its style.

People edit this file like other templates, and it must always end.
"""

from collections.abc import Iterator

from jinja2 import TemplateError, nodes

from alertnet.messages.page import TYPED
from alertnet.messages.templates import restricted_jinja

STYLE = "page/style.css.j2"

NAMES = frozenset(
    (
        *(
            "language",
            "direction",
            "title",
            "heading",
            "remarks",
            "facts",
            "question",
            "stated",
            "ask",
            "country",
            "nationals",
            "details",
            "since",
            "also_open",
            "callback",
        ),
        *("answers", "answered", "actions", "takes_name", "takes_pin", "opens_details", "untouched", "label", "others"),
        *("coming", "rest", "recordings"),
        *(f"typed_{name}" for name in TYPED),
        *("buttons", "asked_again", "callback_shown", "texts", "is_test"),
        *("who", "script", "calls", "contacts", "kinds", "deeds", "reasons", "proves"),
        *("open_text", "join_text", "set_text_aside", "types", "severities", "joinable"),
    )
)
"""The names of `page_values`, and `others`, the links to the page in other languages."""

_ALSO = (nodes.For, nodes.Getitem, nodes.Include, nodes.Tuple)


def find_faults(path: str, source: str) -> list[str]:
    """The faults of a file of the page, each with its line and what is allowed."""
    try:
        tree = restricted_jinja.parsed(source)
    except (TemplateError, RecursionError, ValueError):
        return restricted_jinja.find_faults(path, source)
    named = frozenset(name.name for name in tree.find_all(nodes.Name) if name.ctx == "store")
    return [
        *restricted_jinja.find_faults(path, source, NAMES | named, _ALSO),
        *(f"{path}:{fault}" for fault in _faults_of(path, tree)),
    ]


def _faults_of(path: str, tree: nodes.Template) -> Iterator[str]:
    for loop in tree.find_all(nodes.For):
        if loop.recursive or not isinstance(loop.iter, nodes.Name) or any(True for _ in loop.find_all(nodes.For)):
            yield f"{loop.lineno}: a loop goes once through a list of the page, and holds no other loop"
    for item in tree.find_all(nodes.Getitem):
        if not (isinstance(item.node, nodes.Name) and item.node.name == "label" and isinstance(item.arg, nodes.Const)):
            yield f'{item.lineno}: only a label has parts, as in label["your_name"]'
    for taken in tree.find_all(nodes.Include):
        if path == STYLE or not (isinstance(taken.template, nodes.Const) and taken.template.value == STYLE):
            yield f"{taken.lineno}: only {STYLE} can be taken in, by the page"
