"""Opening a one-time link of a running gateway: whoever does is signed in from then on."""

import re
from urllib.parse import urlencode

from running import Answer, ask

PASSWORD = "four words in a row"


def opened(link: str, name: str = "keeper") -> str:
    """Choose a name and a password by a link, and give the cookie of the session, as name=value."""
    shown = ask(link)
    form = urlencode({"csrf": form_token(shown), "name": name, "password": PASSWORD}).encode()
    answer = ask(link, "POST", body=form, headers={"Cookie": shown.headers["set-cookie"].partition(";")[0]})
    assert answer.status == 303, answer.body
    return answer.headers["set-cookie"].partition(";")[0]


def form_token(answer: Answer) -> str:
    """Give the token that a page's form carries."""
    return re.search(rb'name="csrf" value="(\w+)"', answer.body)[1].decode()
