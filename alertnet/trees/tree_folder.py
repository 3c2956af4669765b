"""Sorts the YAML files of one folder: trees, shared contacts, teams and country rules."""

from functools import cached_property
from pathlib import Path

from alertnet.core.directory.languages import phrase
from alertnet.trees.checks.references import TreeNodes
from alertnet.trees.folder_files import leads_out
from alertnet.trees.forms.country_rules import FILE as RULES
from alertnet.trees.reading.document import Document
from alertnet.trees.reading.fault import Fault, fault_of
from alertnet.trees.reading.include import Contacts, Library, is_shared
from alertnet.trees.reading.keyring import Keyring
from alertnet.trees.reading.yaml_file import UnreadableFile, read_document

FIELD = "teams"
"""Prefix of the field's file names. Every other YAML file but the rules is a tree or holds contacts."""


class TreeFolder:
    """The content of one folder. `unreadable`: faults of files, or of the folder, that could not be read.

    `is_own`: the folder belongs to this installation. Else several share it, and its file names begin with the folder's
    name.
    """

    def __init__(self, folder: Path, *, is_own: bool) -> None:
        self.is_own = is_own
        self.folder = folder
        self.unreadable: list[Fault] = []
        within = "" if is_own else f"{folder.resolve().name}/"
        documents = [document for path in self._paths() if (document := self._read(path, within + path.name))]
        names = {document.file: document.file.removeprefix(within) for document in documents}
        field = (each for each in documents if names[each.file].startswith(FIELD))
        self.field = sorted(field, key=lambda each: Path(each.file).stem)
        self.rules = next((each for each in documents if names[each.file] == RULES), None)
        self.trees = [each for each in documents if each not in (*self.field, self.rules) and not is_shared(each)]
        self.library = Library(folder, documents, within)
        self.contacts: dict[str, Contacts] = {tree.file: self.library.contacts_of(tree) for tree in self.trees}

    @cached_property
    def nodes(self) -> tuple[TreeNodes, ...]:
        return tuple(TreeNodes.of(tree, self.contacts[tree.file].nodes) for tree in self.trees)

    @cached_property
    def keyring(self) -> Keyring:
        """The keys that its contacts name."""
        return Keyring(self.folder, (node for each in self.contacts.values() for node in each.nodes.values()))

    @property
    def is_whole(self) -> bool:
        """Whether everything could be read, so that an unknown name is really unknown."""
        return not self.unreadable and all(each.whole for each in self.contacts.values())

    def _paths(self) -> list[Path]:
        try:
            found = [path for path in self.folder.iterdir() if path.suffix in (".yaml", ".yml")]
        except OSError as error:
            self.unreadable.append(fault_of(self.folder, phrase("can't be read: {why}", why=str(error.strerror))))
            return []
        return sorted(path for path in found if not path.name.startswith("."))

    def _read(self, path: Path, name: str) -> Document | None:
        if leads_out(self.folder, path):
            message = phrase("leads out of the folder of the trees:")
            self.unreadable.append(Fault(name, 1, 1, "", str(path.readlink()), message))
            return None
        try:
            document = read_document(path, name)
        except UnreadableFile as error:
            self.unreadable.append(error.fault)
            return None
        content = document.content
        if isinstance(content, dict) and FIELD in content and not path.name.startswith(FIELD):
            message = phrase("teams stand in a file of their own: call this one teams.yaml, in small letters")
            self.unreadable.append(document.fault((FIELD,), message, at_key=True))
            return None
        return document
