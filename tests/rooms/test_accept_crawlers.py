"""What known crawlers report with a browser key is no visit; people inside an app are no crawlers."""

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from builders import WORKSPACE, a_body, an_item
from door import BROWSER_KEY, SERVER_KEY, House, a_directory
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import PixelRules
from twinbeam.pipeline.accept.crawlers import is_crawler
from twinbeam.pipeline.accept.directory import PixelEntry

pytestmark = pytest.mark.outside("bots")

GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
KINDS_OF_NO_CRAWLERS = {"http-library", "browser-automation"}

#: Browsers inside of apps, and others whose names could be taken for a crawler's.
PEOPLE = [
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
        "musical_ly_34.9.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/de Region/DE isDarkMode/0 WKWebView/1 "
        "RevealType/Dialog BytedanceWebview/d8a21c6"
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36 trill_350003 JsSdk/1.0 NetType/WIFI Channel/googleplay "
        "AppName/trill app_version/35.0.3 ByteLocale/en ByteFullLocale/en Region/GB Spark/1.5.9.2 AppVersion/35.0.3 "
        "BytedanceWebview/d8a21c6"
    ),
    "com.zhiliaoapp.musically/2023501030 (Linux; U; Android 14; en_GB; Pixel 8; Build/UD1A; Cronet/TTNetVersion:1)",
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
        "Instagram 330.0.0.40.92 (iPhone14,2; iOS 17_5; de_DE; de; scale=3.00; 1170x2532; 597510493)"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
        "[FBAN/FBIOS;FBAV/465.0.0.34.76;FBBV/597510493;FBDV/iPhone14,2;FBMD/iPhone;FBSN/iOS;FBSV/17.5;FBSS/3;FBLC/de_DE]"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
        "Mobile/15E148 Snapchat/12.91.0.36 (like Safari/8618.2.12.10.9, panda)"
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile "
        "Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile "
        "Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 9; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/126.3.1 like Chrome/126.0 "
        "Safari/537.36"
    ),
    "Amazon CloudFront",
    "python-requests/2.32.3",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
    "",
]


def post(user_agent, *, key=BROWSER_KEY, **rules):
    house = House(directory=a_directory(PixelEntry("A", WORKSPACE, rules=PixelRules(**rules))))
    headers = {"authorization": f"Bearer {key}", "user-agent": user_agent, "origin": "https://shop.example"}
    assert house.post(a_body(an_item(user_agent=GOOGLE)), headers).status == 202
    (arrival,) = house.corridor.arrivals
    return arrival


def test_what_a_crawler_reports_ends_at_the_door_unless_the_owner_keeps_it():
    assert post(GOOGLE).drop_reason is Reason.BOT
    assert post(GOOGLE, bots="keep").drop_reason is None
    assert post(GOOGLE, test_code="T", test_until_ms=2**50, staging_hosts=("shop.example",)).drop_reason is Reason.BOT


def test_a_server_that_passes_a_crawlers_visit_on_is_believed():
    assert post(GOOGLE, key=SERVER_KEY).drop_reason is None


@pytest.mark.parametrize("user_agent", PEOPLE)
def test_a_person_is_no_crawler(user_agent):
    assert not is_crawler(user_agent)
    assert post(user_agent).drop_reason is None


@pytest.mark.parametrize("bot", ["TikTokSpider", "Bytespider", "facebookexternalhit", "LinkedInBot", "GPTBot"])
def test_the_crawlers_of_networks_are_known(bot):
    assert post(f"Mozilla/5.0 (compatible; {bot}/1.0)").drop_reason is Reason.BOT


def test_every_user_agent_that_the_list_has_seen_of_a_crawler_is_known():
    seen = [
        instance
        for it in CRAWLER_USER_AGENTS_DATA
        if not KINDS_OF_NO_CRAWLERS & set(it["tags"])
        for instance in it["instances"]
    ]
    assert len(seen) > 1_000
    assert [user_agent for user_agent in seen if not is_crawler(user_agent)] == []
