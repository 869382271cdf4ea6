"""The sender goes back to a word of its own."""

from house_tree import spoil

spoil("src/twinbeam/pipeline/send/policy.py", "\nlinger_ms = 0\n")
