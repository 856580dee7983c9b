"""`python -m ragmm` is the `ragmm` command."""

import sys

from ragmm.cli import main

if __name__ == "__main__":
    sys.exit(main())
