"""A comment cites a rule that nobody wrote down."""

from pathlib import Path

from house_tree import spoil

PAGE = Path("docs/reference/tiktok.md").name

spoil("src/twinbeam/core/clock.py", f"\n# {PAGE} 99.9\n")
