"""Templates that an incident is pinned to (A8), completed where the program has come to need more since."""

from typing import Any

import yaml

from alertnet.messages.templates import Templates, language_of


def complete(pinned: Templates, latest: Templates) -> Templates:
    """The pinned ones, with those messages and words of the latest that they lack, in the languages that they have.

    An incident may outlive an upgrade. What it says stays as it was, and what it could not say before can be said.
    """
    languages = {tag for tag, _ in pinned.tables("words")}
    files = dict(pinned.files)
    for path, source in latest.files.items():
        if path not in files:
            if language_of(path) in languages | {None}:
                files[path] = source
        elif path.endswith(".yaml"):
            files[path] = _completed(files[path], source)
    return Templates(files)


def _completed(table: str, latest: str) -> str:
    words, more = (yaml.load(source, yaml.BaseLoader) for source in (table, latest))  # noqa: S506 - nothing but text
    merged = _merged(words, more)
    return table if merged == words else yaml.safe_dump(merged, allow_unicode=True, sort_keys=False)


def _merged(words: Any, more: Any) -> Any:
    if not (isinstance(words, dict) and isinstance(more, dict)):
        return words
    return {name: _merged(words[name], more.get(name)) if name in words else more[name] for name in {**more, **words}}
