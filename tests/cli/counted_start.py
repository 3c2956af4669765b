"""A start that says how many templates it parses, and how many faults it finds.

A program for `Office.types`.
"""

import sys

from jinja2.nodes import Template
from jinja2.parser import Parser

from alertnet.cli.startup import checked_runtime
from alertnet.runtime.logging import configure


def start() -> None:
    parse = Parser.parse
    parsed: list[Parser] = []

    def noted(parser: Parser) -> Template:
        parsed.append(parser)
        return parse(parser)

    configure()
    faults: list[str] = []
    Parser.parse = noted  # type: ignore[method-assign, assignment]
    with checked_runtime(faults.extend):
        sys.stdout.write(f"{len(parsed)} {len(faults)}\n")
