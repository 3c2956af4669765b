"""A question that is answered in a process of its own leaves nothing behind."""

import subprocess
import sys

import pytest

from tests.support.program import ROOT

QUESTION = """
import sys, threading
from alertnet.cli.startup import holds_aside

def question():
    import tomllib
    return {answer}

def beside():
    print(holds_aside(question), "tomllib" in sys.modules)

{run}
"""
NO_PROCESS = "import resource, os; resource.setrlimit(resource.RLIMIT_NPROC, (0, 0)); os.getuid() or os.setuid(65534)"
UNHEARD = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)"
ALONE, BESIDE_A_THREAD = "beside()", "each = threading.Thread(target=beside); each.start(); each.join()"


@pytest.mark.parametrize(
    ("answer", "run", "said"),
    [
        ("True", ALONE, "True False"),
        ("False", ALONE, "False False"),
        ("1 / 0", ALONE, "False False"),
        ("sys.exit(0)", ALONE, "False False"),
        ("True", f"{NO_PROCESS}\n{ALONE}", "False False"),
        ("True", f"{UNHEARD}\n{ALONE}", "False False"),
        ("True", BESIDE_A_THREAD, "False False"),
    ],
)
def test_only_an_answer_in_a_process_of_its_own_counts_and_nothing_stays_loaded(
    answer: str, run: str, said: str
) -> None:
    command = [sys.executable, "-c", QUESTION.format(answer=answer, run=run)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == said
