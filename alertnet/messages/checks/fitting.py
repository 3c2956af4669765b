"""Fits a folder of templates that was written for another version of the program.

Missing words and kinds are taken from the shipped templates, and unknown ones are ignored. A customised folder must not
stop the program after an upgrade or a downgrade.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from alertnet import __version__
from alertnet.core.codec import value
from alertnet.core.errors import Misconfigured
from alertnet.messages import words
from alertnet.messages.checks import lint
from alertnet.messages.message import STAGES
from alertnet.messages.templates.completion import blocks, complete, gained, read_table, write_table
from alertnet.messages.templates.load import Templates, find_faults, in_english, is_known, read_files
from alertnet.messages.templates.restricted_jinja import find_unknown_subjects

TESTED = "08c6a0c88b82b34609b5fd8c07e8308919b96279b3a9b65ea402b5b1da1f99c1"
"""The digest of the templates that ship, in which the tests find no fault with any public URL that has room (B4)."""


@value
class Fitted:
    """Templates that this version can use, and what was changed to fit them, per file (`words/fr.yaml: plus`).

    `added`: taken from the shipped templates. `unknown`: ignored. `untranslated`: said in English.
    """

    templates: Templates
    added: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    untranslated: tuple[str, ...] = ()
    shipped_languages: tuple[str, ...] = ()
    is_sound: bool = False
    """They were found to be without faults before, and not checked again."""

    @property
    def is_remarkable(self) -> bool:
        """Whether fitting changed anything worth reporting."""
        return bool(self.added or self.unknown or self.untranslated)

    @property
    def is_tested(self) -> bool:
        """Whether these are the very texts that ship."""
        return self.templates.digest == TESTED

    def verdict(self, public_url: str) -> str:
        """A sentence to store once these texts are found to be without faults; it names their hash and this version."""
        looked_at = json.dumps([self.templates.digest, self.shipped_languages, public_url])
        return f"templates {hashlib.sha256(looked_at.encode()).hexdigest()} have no fault by {__version__}"

    def find_faults(self, public_url: str) -> list[str]:
        """The faults that keep these templates from being used. Files with words of two versions are not compared."""
        mixed = {each.partition(":")[0] for each in (*self.added, *self.unknown, *self.untranslated)}
        beside = {path for path in self.templates.files if in_english(path) in mixed}
        spared = frozenset(mixed | beside)
        return lint.find_faults(self.templates, public_url, spared, cheap=self.shipped_languages)


def read_fitted(folder: Path, shipped: Path, was_sound: Callable[[Fitted], bool] = lambda _: False) -> Fitted:
    """Read the folder's templates, completed by the shipped ones; `Misconfigured` lists every fault of a file.

    `was_sound`: whether they were found to be without faults before; the checks are then skipped.
    """
    files, faults = read_files(folder)
    is_other = shipped.is_dir() and not shipped.samefile(folder)
    fitted = fit(Templates(files), Templates(read_files(shipped)[0] if is_other else files))
    if not faults and not fitted.is_remarkable and was_sound(fitted):
        return replace(fitted, is_sound=True)
    unknown = list(fitted.unknown)
    for path, source in fitted.templates.files.items():
        if path in files:
            found = find_faults(path, source)
            faults += found
            # Only here, where the file is parsed anyway: parsing takes longer than both checks.
            if not found and path.endswith(".j2"):
                unknown += find_unknown_subjects(path, source)
    if faults:
        raise Misconfigured(f"{folder}/{fault}" for fault in faults)
    return replace(fitted, unknown=tuple(unknown))


def fit(own: Templates, shipped: Templates) -> Fitted:
    """Fit templates that were read already; they may have faults."""
    files, unknown = {}, []
    for path, source in own.files.items():
        if is_known(path):
            files[path], names = _without_unknown(path, source, shipped)
            unknown += [f"{path}: {name}" for name in names]
        else:
            unknown.append(path)
    known = Templates(files)
    shipped_languages = lint.languages_of(shipped)
    completed = complete(known, shipped, shipped_languages)
    foreign = set(lint.languages_of(own)) - set(shipped_languages)
    untranslated = [path for tag in sorted(foreign) for path in lint.find_absent(completed, tag)]
    added = tuple(_added(known, completed))
    return Fitted(completed, added, tuple(unknown), tuple(untranslated), tuple(shipped_languages))


def _without_unknown(path: str, source: str, shipped: Templates) -> tuple[str, list[str]]:
    """The file without words or call stages that this version does not know, and the names of those."""
    if path.endswith("/voice.j2"):
        return source, [name for name in blocks(source) if name not in STAGES]
    if not path.endswith(".yaml"):
        return source, []
    raw = read_table(source)
    if path.startswith("words/"):
        known, unknown = words.without_unknown(raw)
    else:
        english = read_table(shipped.files.get(in_english(path), ""))
        known = {name: raw[name] for name in raw if name in english}
        unknown = sorted(raw.keys() - english.keys())
    return (write_table(known) if unknown else source), unknown


def _added(before: Templates, after: Templates) -> Iterator[str]:
    for path, source in after.files.items():
        if path not in before.files:
            yield path
        else:
            yield from (f"{path}: {name}" for name in sorted(gained(path, before.files[path], source)))
