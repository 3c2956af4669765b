"""Contact trees in YAML: reading and checking. Each fault names file, line, value and what is allowed."""

from alertnet.trees.load import Survey, Tested, read_folder, read_network, read_rules, survey, with_wait
from alertnet.trees.reading.fault import Fault, fault_of
