"""The command `ragmm` from a checkout: `python cli.py …`."""

from ragmm.cli import main

if __name__ == "__main__":
    main()
