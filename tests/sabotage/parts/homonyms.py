"""A second class takes the name of another."""

from house_tree import spoil

spoil("src/twinbeam/pipeline/settle/settle.py", "\n\nclass Lease:\n    pass\n")
