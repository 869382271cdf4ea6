"""`python -m twinbeam` and the `twinbeam` command."""

from twinbeam.cli import main

if __name__ == "__main__":
    main()
