"""The core imports the command line."""

from house_tree import spoil

spoil("src/twinbeam/core/clock.py", "\nfrom twinbeam.cli import main\n")
