"""Who else may report to the same pixel, the sign of it, and how each is switched off."""

from collections.abc import Sequence

from msgspec import Struct

from twinbeam.admin.launch.facts import LaunchFacts
from twinbeam.core.outcomes import Finding


class OtherSender(Struct, frozen=True):
    """One that would report every order a second time, under an id of its own."""

    name: str
    question: str
    switch_off: str


OTHERS: Sequence[OtherSender] = (
    OtherSender(
        "TikTok's app for Shopify",
        "Is the TikTok sales channel installed?",
        "Shopify admin, Apps and sales channels, TikTok, Settings, Data sharing: turn it off, or disconnect the pixel.",
    ),
    OtherSender(
        "TikTok's plug-in for WooCommerce",
        "Is the plug-in TikTok active?",
        "WordPress, Plugins, TikTok: deactivate it, or disconnect the pixel on its page under Marketing.",
    ),
    OtherSender(
        "Tag Manager",
        "Does a container fire a TikTok tag?",
        "Pause the tags of TikTok's templates: in the web container the Pixel, in the server container the Events API.",
    ),
    OtherSender(
        "A base code in the theme",
        "Does a page's source hold ttq.load twice?",
        "Keep one base code for each pixel. Remove the other from the theme, a plug-in or a custom field.",
    ),
    OtherSender(
        "Another server",
        "Does a data platform or an agency send to the Events API?",
        "Switch off its TikTok destination. Two servers count once only if they send the same event_id.",
    ),
)


def signs(facts: LaunchFacts) -> list[str]:
    """Return what was reported in the last days that points to another sender."""
    found = {
        Finding.BASE_CODE_TWICE: "Pages that load the same pixel twice",
        Finding.SEVERAL_PIXELS: "Pages that load several pixels",
        Finding.NATIVE_BEFORE_CONSENT: "Pages on which TikTok's script ran before the tag let it",
    }
    return [f"{words}: {n:,}." for finding, words in found.items() if (n := facts.found(finding))]
