"""The command `ragmm` from a checkout: `python cli.py …`."""

import sys

from ragmm.cli import main

if __name__ == "__main__":
    sys.exit(main())
