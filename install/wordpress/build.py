"""
Write the tag's inline part into the WordPress plugin: the text between `TWINBEAM_STUB = <<<'JS'` and `JS;`.

Usage: build.py [--check]
With --check nothing is written; the exit status is 1 where the plugin has another one.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INLINE = ROOT / "src" / "twinbeam" / "pipeline" / "accept" / "tag" / "built" / "inline.js"
PLUGIN = Path(__file__).resolve().parent / "twinbeam" / "twinbeam.php"
_PLACE = re.compile(r"(?<=const TWINBEAM_STUB = <<<'JS'\n).*?(?=^JS;$)", re.DOTALL | re.MULTILINE)


def main() -> int:
    """Write the part, or tell whether it is current."""
    text = PLUGIN.read_text()
    current = _PLACE.sub(lambda _: INLINE.read_text().rstrip() + "\n", text, count=1)
    if "--check" not in sys.argv:
        PLUGIN.write_text(current)
    elif current != text:
        print(f"{PLUGIN} has another inline part than the tag: run {Path(__file__).name}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
