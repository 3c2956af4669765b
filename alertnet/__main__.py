"""`python -m alertnet`, the same as `alertnet`."""

from alertnet.cli import main

if __name__ == "__main__":
    main()
