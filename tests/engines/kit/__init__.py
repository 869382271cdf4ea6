"""
The conformance kit: what every engine promises, as plain functions that take a harness.

A chapter is a module here, a promise a public function of it. `tests/engines/test_kit.py` runs all of them.
"""

from pathlib import Path

import pytest

# Before any chapter is imported, so that a broken promise shows its values.
pytest.register_assert_rewrite(*(f"{__name__}.{path.stem}" for path in Path(__file__).parent.glob("[!_]*.py")))
