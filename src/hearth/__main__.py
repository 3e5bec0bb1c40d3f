"""Lets `python -m hearth` do what `hearth` does."""

from hearth.cli.main import main

if __name__ == "__main__":
    main()
