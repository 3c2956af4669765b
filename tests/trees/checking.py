"""What is wrong, and what is unwise, in a folder of trees."""

from datetime import date
from pathlib import Path

from alertnet.trees import Fault, read_folder, survey


def check_folder(folder: Path) -> tuple[Fault, ...]:
    """All faults of the folder, by file and line; empty where it can be used."""
    return read_folder(folder)[1]


def faults_of(folder: Path) -> list[str]:
    """The same in words."""
    return [str(fault) for fault in check_folder(folder)]


def advise(folder: Path, today: date) -> tuple[Fault, ...]:
    """What is unwise in a folder without faults, by file and line; empty where there are faults."""
    return survey(folder, today).unwise
