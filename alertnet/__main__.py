"""`python -m alertnet`, the same as `alertnet`."""

import signal
import sys

if __name__ == "__main__":
    # Process 1 of a container gets no signal that nobody handles, and until all is loaded nobody else does.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    from alertnet.cli import main

    main()
