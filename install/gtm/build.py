"""
Build the Tag Manager templates from their parts: `template.tpl` in each folder beside this file.

Usage: build.py [--check]
With --check nothing is written; the exit status is 1 where a template is not what its parts make.
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
KINDS = {"web": "WEB", "event_id": "WEB", "server": "SERVER"}
#: Of Google's sections in their order; the first is Google's own text and stands in every template.
TERMS = """By creating or modifying this file you agree to Google Tag Manager's Community
Template Gallery Developer Terms of Service available at
https://developers.google.com/tag-manager/gallery-tos (or such other URL as
Google may provide), as modified from time to time."""
NOTES = "Built by install/gtm/build.py; change the parts beside it and not this file."
INCLUDE = "//= "

Value = Any  #: a string, true or false, or a list or a map of them


def main() -> int:
    """Build every template, or tell which of them are not current."""
    stale = 0
    for folder in KINDS:
        target, text = HERE / folder / "template.tpl", built(folder)
        if "--check" not in sys.argv:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            print(f"{target} is not what its parts make: run {Path(__file__).name}", file=sys.stderr)
            stale = 1
    return stale


def built(folder: str) -> str:
    """Give the text of one template."""
    parts, kind = HERE / folder, KINDS[folder]
    sandbox = f"SANDBOXED_JS_FOR_{'WEB_TEMPLATE' if kind == 'WEB' else 'SERVER'}"
    sections = {
        "TERMS_OF_SERVICE": TERMS,
        "INFO": pretty(json.loads((parts / "info.json").read_text())),
        "TEMPLATE_PARAMETERS": pretty(json.loads((parts / "parameters.json").read_text())),
        sandbox: code(parts / "code.js"),
        f"{kind}_PERMISSIONS": pretty(permissions(json.loads((parts / "permissions.json").read_text()))),
        "TESTS": tests(parts / "tests"),
        "NOTES": NOTES,
    }
    return "\n\n".join(f"___{name}___\n\n{text}\n" for name, text in sections.items())


def pretty(value: object) -> str:
    """Give JSON as Tag Manager writes it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def code(path: Path) -> str:
    """Give a template's code, with what it shares with others in its place."""
    lines = path.read_text().splitlines()
    return "\n".join(
        (HERE / line.removeprefix(INCLUDE)).read_text().rstrip() if line.startswith(INCLUDE) else line for line in lines
    )


def permissions(asked: dict[str, dict[str, Value]]) -> list[dict[str, object]]:
    """Write permissions out in Google's form, which names the type of each value."""
    return [
        {
            "instance": {
                "key": {"publicId": name, "versionId": "1"},
                "param": [{"key": key, "value": typed(value)} for key, value in params.items()],
            },
            "clientAnnotations": {"isEditedByUser": True},
            "isRequired": True,
        }
        for name, params in asked.items()
    ]


def typed(value: Value) -> dict[str, object]:
    """Write one value of a permission: 1 is a string, 2 a list, 3 a map, 8 true or false."""
    match value:
        case bool():
            return {"type": 8, "boolean": value}
        case str():
            return {"type": 1, "string": value}
        case list():
            return {"type": 2, "listItem": [typed(item) for item in value]}
        case dict():
            return {
                "type": 3,
                "mapKey": [typed(key) for key in value],
                "mapValue": [typed(item) for item in value.values()],
            }


def tests(folder: Path) -> str:
    """Write the tests as the YAML that Tag Manager reads; the first line of each file is its name."""
    lines = ["scenarios:"]
    for path in sorted(folder.glob("[0-9]*.js")):
        name, _, body = path.read_text().partition("\n")
        lines += [f"- name: {json.dumps(name.removeprefix('// '))}", "  code: |-", *indented(body, "    ")]
    lines += ["setup: |-", *indented((folder / "setup.js").read_text(), "  ")]
    return "\n".join(lines)


def indented(text: str, by: str) -> list[str]:
    """Give the lines of a block, further to the right."""
    return [by + line if line else "" for line in text.strip("\n").splitlines()]


if __name__ == "__main__":
    sys.exit(main())
