"""
Run the tests of Tag Manager templates without Google, and hold every call against the template's permissions.

Usage: check.py TEMPLATE.tpl ...
Each failure is a line; the exit status is 1 where there is one. Needs Node 18 or newer.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

SANDBOX = Path(__file__).resolve().parent / "sandbox.cjs"


def main() -> int:
    """Check the templates named, and say how many tests each has."""
    names = sys.argv[1:]
    templates = [read(Path(name).read_text()) for name in names]
    found = failures(templates)
    for name, template, lines in zip(names, templates, found, strict=True):
        print(f"{name}: {len(template['scenarios'])} tests, {len(lines)} failures")
        print("".join(f"  {line}\n" for line in lines), end="")
    return 1 if any(found) else 0


def read(text: str) -> dict[str, Any]:
    """Read a template as Tag Manager does: sections between their names."""
    parts = re.split(r"^___([A-Z_]+)___$", text, flags=re.MULTILINE)
    sections = {name: body.strip("\n") for name, body in zip(parts[1::2], parts[2::2], strict=True)}
    [kind] = json.loads(sections["INFO"])["containerContexts"]
    tests = yaml.safe_load(sections["TESTS"])
    return {
        "kind": kind,
        "code": sections["SANDBOXED_JS_FOR_WEB_TEMPLATE" if kind == "WEB" else "SANDBOXED_JS_FOR_SERVER"],
        "permissions": json.loads(sections.get(f"{kind}_PERMISSIONS") or "[]"),
        "scenarios": tests["scenarios"] or [],
        "setup": tests.get("setup") or "",
    }


def failures(templates: list[dict[str, Any]]) -> list[list[str]]:
    """Run each template's tests, every test in a world of its own, and give its failures."""
    done = subprocess.run(
        ["node", str(SANDBOX)], input=json.dumps(templates), capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        raise RuntimeError(done.stderr or f"node ended with {done.returncode}")
    found: list[list[str]] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
