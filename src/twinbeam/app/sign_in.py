"""How people get in: what the operator decided about it, and the link of the first owner, which each start prints."""

from functools import partial
from urllib.parse import urlsplit

from twinbeam.admin import links
from twinbeam.admin.contract import Actor, Admin, Administration
from twinbeam.app.opening import Reporter
from twinbeam.app.thread import Thread
from twinbeam.core.clock import SystemClock
from twinbeam.core.users import Role
from twinbeam.observe.logs import say_on_terminal
from twinbeam.pipeline.accept.client_address import Proxies
from twinbeam.settings import Settings
from twinbeam.web.contract import IdentityProvider, SignInTerms

NOBODY = "twinbeam"  #: who makes the link of the first owner, as the audit names it


def sign_in_terms(settings: Settings) -> SignInTerms:
    """Return what the settings say about who may see the pages."""
    return SignInTerms(
        public_url=settings.pages_url,
        monitor_token=settings.monitor_token,
        proxies=Proxies(settings.trusted_proxies),
        provider=_provider(settings),
    )


def known_hosts(settings: Settings) -> tuple[str, ...]:
    """Return the names that the pages answer to."""
    public = urlsplit(settings.public_url).hostname
    return (*settings.dashboard_hosts, *((public,) if public else ()))


async def print_first_link(store: Administration, on_store: Thread, settings: Settings, reports: Reporter) -> None:
    """Print a link for the first owner while there is no user: as a line of the log, and for whoever sits there."""
    admin = Admin(store, Actor(NOBODY), SystemClock())
    made = await on_store(partial(links.first_owner, admin))
    if made is not None:
        url = f"{settings.pages_url}{made.path}"
        reports.happening("sign_in.first_owner", link=url, valid_minutes=links.MINUTES)
        say_on_terminal(
            f"Nobody can sign in yet. Open this once within {links.MINUTES} minutes, and be the owner: {url}"
        )


def _provider(settings: Settings) -> IdentityProvider | None:
    if not settings.oidc_issuer:
        return None
    from twinbeam.integrations.openid_connect import OpenIdConnect, Registration  # noqa: PLC0415 -- see decision 25

    return OpenIdConnect(
        Registration(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            return_url=f"{settings.pages_url}/sign-in/callback",
            roles=tuple((who, Role(role)) for who, role in settings.oidc_roles),
        ),
        SystemClock(),
    )
