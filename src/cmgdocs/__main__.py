"""``python -m cmgdocs`` is the same as ``cmgdocs``."""

from .cli import main

if __name__ == "__main__":
    main()
