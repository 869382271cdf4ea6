"""The browser tag's snippet: the lines for the head of a shop's pages, and what their policy has to allow."""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid
from twinbeam.admin.pixels import known as known_pixel
from twinbeam.core.rules import MAIN, PixelRules
from twinbeam.core.values import KeyKind
from twinbeam.pipeline.accept.directory import PREFIXES
from twinbeam.pipeline.accept.tag.files import built

TIKTOK_HOST = "https://analytics.tiktok.com"  #: tiktok.md 9.1
#: What TikTok's script asks of a page's policy (tiktok.md 9.7).
TIKTOK_HOSTS = f"{TIKTOK_HOST} https://analytics-ipv6.tiktokw.us https://ads.tiktok.com"
KEY_PLACE = "YOUR-BROWSER-KEY"
_USUAL = {"mode": "drop-in", "law": "opt_in"}

TagMode = Literal["drop-in", "own", "gateway"]
TagLaw = Literal["opt_in", "opt_out", "by_region"]


class SnippetOptions(Struct, frozen=True):
    """What somebody wants of a snippet."""

    pixel: str
    path: str  #: below which the gateway serves the tag, such as /t
    key: str = ""  #: a browser key; empty: its place is marked
    host: str = ""  #: where pages reach the gateway, such as https://t.shop.de; empty: on their own host
    mode: TagMode = "drop-in"
    law: TagLaw = "opt_in"
    nonce: str = ""  #: of the page's policy, or the place where a template puts it
    sri: bool = False  #: one script with subresource integrity, nothing inline
    workspace: str = MAIN


class Snippet(Struct, frozen=True):
    """What a shop's pages need."""

    head: list[str]  #: lines for the head of every page
    policy: list[str]  #: what a content security policy has to allow
    lacks_key: bool  #: KEY_PLACE stands where a browser key is to be put


def snippet_for(admin: Admin, wanted: SnippetOptions) -> Snippet:
    """Return what a pixel's pages need; raises AdminError."""
    return snippet_of(known_pixel(admin, wanted.workspace, wanted.pixel).rules, wanted)


def snippet_of(rules: PixelRules, wanted: SnippetOptions) -> Snippet:
    """Return what the pages of a pixel with these rules need; raises Invalid."""
    if wanted.key and not wanted.key.startswith(PREFIXES[KeyKind.BROWSER]):
        raise Invalid("A page may hold a browser key only: keys of that kind begin with tbb_.")
    host, attributes = wanted.host.rstrip("/"), _attributes(wanted, rules)
    head = head_lines(wanted.key or KEY_PLACE, host + wanted.path, attributes, nonce=wanted.nonce, sri=wanted.sri)
    policy = policy_lines(host, wanted.mode, nonce=wanted.nonce, sri=wanted.sri)
    return Snippet(list(head), list(policy), lacks_key=not wanted.key)


def head_lines(key: str, base: str, attributes: Mapping[str, str], *, nonce: str, sri: bool) -> Iterator[str]:
    """Return the lines of a page's head."""
    its = built()
    own = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
    bears = f' nonce="{nonce}"' if nonce else ""
    if sri:
        integrity = its.manifest.integrity["whole"]
        yield f'<script{bears} src="{base}/{its.whole}.js?key={key}" integrity="{integrity}" crossorigin{own}></script>'
        return
    yield f"<script{bears}>{its.texts['inline'].decode()}</script>"
    yield f'<script{bears} async src="{base}.js?key={key}"{own}></script>'


def policy_lines(host: str, mode: TagMode, *, nonce: str, sri: bool) -> Iterator[str]:
    """Return what the page's content security policy has to allow; without a nonce the inline part goes by its hash."""
    ours = host or "'self'"
    inline = "" if sri or nonce else f" '{built().manifest.integrity['inline']}'"
    given = f" 'nonce-{nonce}'" if nonce else ""
    tiktok = "" if mode == "gateway" else f" {TIKTOK_HOSTS}"
    yield f"script-src {ours}{given}{inline}{tiktok}"
    yield f"connect-src {ours}{tiktok}"
    if tiktok:
        yield f"img-src{tiktok}"


def _attributes(wanted: SnippetOptions, rules: PixelRules) -> dict[str, str]:
    """Return what the tag is told in the page; a file that never changes cannot tell of rules that do."""
    told = {"mode": wanted.mode, "law": wanted.law, "pixel": wanted.pixel if wanted.mode == "own" else ""}
    if wanted.sri:
        told["purchase"] = "" if rules.purchase_means == "placed" else rules.purchase_means
        told["purchase"] = "server" if rules.value == "margin" else told["purchase"]
        told["ids"] = "order" if rules.event_id_from == "order" else ""
        told["without"] = ",".join(rules.tag_without)
        told["view"] = "" if rules.page_view_as == "Pageview" else rules.page_view_as
    return {name: value for name, value in told.items() if value and value != _USUAL.get(name)}
