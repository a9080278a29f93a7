"""`python -m gastown_cli` is `gt`."""

import sys

from gastown_cli.main import main

if __name__ == "__main__":
    sys.exit(main())
