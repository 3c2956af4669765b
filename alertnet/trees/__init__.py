"""Contact trees in YAML: read and checked whole, every fault with its file, line, value and what would do."""

from alertnet.trees.fault import Fault
from alertnet.trees.load import advise, check_folder, read_folder, read_network

__all__ = ["Fault", "advise", "check_folder", "read_folder", "read_network"]
