"""A room opens a store of its own."""

from house_tree import spoil

spoil("src/twinbeam/pipeline/settle/settle.py", "\nfrom twinbeam.engines.stores.sqlite.store import SqliteStore\n")
