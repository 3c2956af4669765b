"""A start that says how many templates it parses, itself and aside, and how many faults it finds.

A program for `Office.types`.
"""

import os
import sys
import tempfile

from jinja2.nodes import Template
from jinja2.parser import Parser

from alertnet.cli.startup import checked_runtime
from alertnet.runtime.logging import configure


def start() -> None:
    parse, here = Parser.parse, os.getpid()

    def noted(parser: Parser) -> Template:
        parsed.write(b"h" if os.getpid() == here else b"a")
        return parse(parser)

    configure()
    faults: list[str] = []
    with tempfile.TemporaryFile(buffering=0) as parsed:
        Parser.parse = noted  # type: ignore[method-assign, assignment]
        with checked_runtime(faults.extend):
            parsed.seek(0)
            each = parsed.read()
    sys.stdout.write(f"{each.count(b'h')} {each.count(b'a')} {len(faults)}\n")
