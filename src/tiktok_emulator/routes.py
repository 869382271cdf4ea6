"""Which endpoint answers which method and path."""

from tiktok_emulator.browser.collector import collect, preflight
from tiktok_emulator.browser.script import serve_script
from tiktok_emulator.business import event_sets, oauth, pixels, subscriptions
from tiktok_emulator.dispatcher import Endpoint, Routes
from tiktok_emulator.events_1_0 import pixel_batch, pixel_track
from tiktok_emulator.track import track

API = "/open_api/v1.3"
COLLECTORS = ("/api/v2/pixel", "/api/v2/pixel/act")

_BUSINESS_API: dict[tuple[str, str], Endpoint] = {
    ("POST", "/event/track/"): track,
    ("POST", "/pixel/track/"): pixel_track,
    ("POST", "/pixel/batch/"): pixel_batch,
    ("GET", "/pixel/list/"): pixels.pixel_list,
    ("GET", "/pixel/event/stats/"): pixels.event_stats,
    ("POST", "/oauth2/access_token/"): oauth.access_token,
    ("GET", "/oauth2/advertiser/get/"): oauth.advertisers,
    ("POST", "/oauth2/revoke_token/"): oauth.revoke_token,
    ("POST", "/subscription/subscribe/"): subscriptions.subscribe,
    ("POST", "/offline/create/"): event_sets.offline_create,
    ("GET", "/offline/get/"): event_sets.offline_get,
    ("GET", "/crm/list/"): event_sets.crm_list,
}

ENDPOINTS: Routes = {
    **{(method, API + path): endpoint for (method, path), endpoint in _BUSINESS_API.items()},
    **{(method, path): collect for method in ("GET", "POST") for path in COLLECTORS},
    **{("OPTIONS", path): preflight for path in COLLECTORS},
    ("GET", "/portal/auth"): oauth.consent_page,
    ("POST", "/portal/auth"): oauth.confirm,
    ("GET", "/i18n/pixel/events.js"): serve_script,
}
