"""The shipped templates, and values that fill every field."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alertnet.core.disclosure import Said
from alertnet.messages.checks.example import EXAMPLE
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import Templates, read_templates

Say = Callable[..., Said]
Fill = Callable[[dict[str, str]], Path]

SHIPPED = Path(__file__).parents[2] / "message_templates"
LANGUAGES = tuple(sorted(path.stem for path in (SHIPPED / "words").glob("*.yaml")))
"""Those that ship: a folder is all that a language needs to be here."""
AT = datetime(2026, 11, 24, 7, 14, tzinfo=UTC)

SAID = replace(EXAMPLE, at=AT, automatic_at=AT.replace(hour=8, minute=34), due_at=AT.replace(hour=9))


@pytest.fixture(scope="session")
def templates() -> Templates:
    return read_templates(SHIPPED)


@pytest.fixture(scope="session")
def renderer(templates: Templates) -> Renderer:
    return Renderer(templates)


@pytest.fixture
def said() -> Say:
    """`said(code=None)` fills every field but those."""
    return lambda **changes: replace(SAID, **changes)


@pytest.fixture
def folder(tmp_path: Path) -> Fill:
    """`folder({"alert/en/sms.j2": "…"})` is a folder with these files and no others."""

    def write(files: dict[str, str]) -> Path:
        for path, source in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(source, encoding="utf-8")
        return tmp_path

    return write
