"""The tag's snippet: which lines a page needs, and what its policy has to allow."""

import pytest

from twinbeam.admin import pixels
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.admin.snippet import KEY_PLACE, TIKTOK_HOST, SnippetOptions, snippet_for
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"
KEY = "tbb_0123456789abcdef"


@pytest.fixture(autouse=True)
def pixel(admin):
    return pixels.add(admin, pixels.NewPixel(CODE))


def wanted(**wishes):
    return SnippetOptions(**{"pixel": CODE, "path": "/t", "key": KEY} | wishes)


def test_the_usual_snippet_is_an_inline_part_and_a_script(admin):
    found = snippet_for(admin, wanted())
    assert [line.partition(">")[0] for line in found.head] == ["<script", f'<script async src="/t.js?key={KEY}"']
    script, connect, image = found.policy
    assert script.startswith("script-src 'self' 'sha256-")
    assert all(TIKTOK_HOST in line for line in (script, connect, image))
    assert not found.lacks_key


def test_without_a_key_its_place_is_marked(admin):
    found = snippet_for(admin, wanted(key=""))
    assert found.lacks_key
    assert f"?key={KEY_PLACE}" in found.head[1]


@pytest.mark.parametrize("key", ["tbs_secret", "tbr_secret", "x"])
def test_a_page_may_hold_a_browser_key_only(admin, key):
    with pytest.raises(Invalid, match="begin with tbb_") as refused:
        snippet_for(admin, wanted(key=key))
    assert key not in str(refused.value) or key == "x"


def test_a_gateway_of_its_own_host_and_a_nonce_stand_in_lines_and_policy(admin):
    found = snippet_for(admin, wanted(host="https://t.shop.de/", nonce="{{ nonce }}", mode="gateway"))
    assert 'src="https://t.shop.de/t.js' in found.head[1]
    assert 'data-mode="gateway"' in found.head[1]
    assert all(line.startswith('<script nonce="{{ nonce }}"') for line in found.head)
    assert found.policy == ["script-src https://t.shop.de 'nonce-{{ nonce }}'", "connect-src https://t.shop.de"]


def test_a_file_that_never_changes_is_told_the_rules_in_the_page(admin):
    pixels.decide(admin, MAIN, CODE, {"purchase_means": "paid", "event_id_from": "order"})
    (line,) = snippet_for(admin, wanted(sri=True)).head
    assert 'integrity="sha256-' in line
    assert line.endswith('crossorigin data-purchase="paid" data-ids="order"></script>')
    assert "data-purchase" not in "".join(snippet_for(admin, wanted()).head)


def test_only_a_tag_that_loads_the_script_itself_is_told_the_pixel(admin):
    assert f'data-pixel="{CODE}"' in snippet_for(admin, wanted(mode="own", law="opt_out")).head[1]
    assert CODE not in "".join(snippet_for(admin, wanted()).head)
    with pytest.raises(NotFound, match="twinbeam pixels add C0OTHERPIXELSCODE002"):
        snippet_for(admin, wanted(pixel="C0OTHERPIXELSCODE002"))
