"""``python -m outreach`` and the ``outreach`` command."""

import sys

from outreach.cli.main import main as run


def main() -> None:
    """Run the terminal and end the process with its exit code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
