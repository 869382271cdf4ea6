import re
from pathlib import Path

import msgspec

from builders import NOW_S
from door import House
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection, Remark
from twinbeam.pipeline.accept.problems import KINDS, ProblemCode

DOCS = Path(__file__).resolve().parents[2] / "docs"
HTTP = (DOCS / "reference" / "http.md").read_text()


def rows(*, columns):
    """Give the table rows of http.md whose first cell is a code."""
    cells = [line.strip("| ").split(" | ") for line in HTTP.splitlines() if re.match(r"\| (<a |`[a-z])", line)]
    return [row for row in cells if len(row) == columns]


def test_the_reference_lists_every_problem_with_its_status_message_and_fix():
    listed = [row for row in rows(columns=4) if row[0].startswith("<a ")]
    expected = [
        [f'<a id="{code}"></a>`{code}`', str(KINDS[code].status), KINDS[code].message, KINDS[code].fix]
        for code in ProblemCode
    ]
    assert listed == expected


def test_the_reference_lists_every_rejection_and_remark():
    listed = {code.strip("`"): meaning for code, meaning in rows(columns=2)}
    for code in (*Rejection, *Remark):
        assert listed[code] == SENTENCES[code]


def test_the_example_is_taken_and_answered_as_shown():
    command, shown = re.search(r"-d '(.*?)'\n```\n\n```json\n(.*?)\n```", HTTP, re.DOTALL).groups()
    answered = House().post(command.replace("'$(date +%s)'", str(NOW_S)).encode())
    assert answered.json == msgspec.json.decode(shown)
