"""The application: TikTok's endpoints as bare ASGI, pages and control behind them."""

from starlette.applications import Starlette

from tiktok_emulator.body_preview import preview
from tiktok_emulator.call import Receive, Scope, Send, Unread, read_call
from tiktok_emulator.control.routes import ERRORS
from tiktok_emulator.control.routes import ROUTES as CONTROL
from tiktok_emulator.dispatcher import Dispatcher, Reply
from tiktok_emulator.fault_player import play, send_reply
from tiktok_emulator.pages.views import ROUTES as PAGES
from tiktok_emulator.routes import ENDPOINTS
from tiktok_emulator.world import World

#: Everything under these is TikTok's side: logged, counted, and open to scripted trouble.
TIKTOK_PATHS = ("/open_api/", "/api/v2/", "/i18n/", "/portal/")


class Application:
    """The ASGI application over one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._dispatcher = Dispatcher(world, ENDPOINTS)
        self._rest = Starlette(routes=[*PAGES, *CONTROL], exception_handlers=ERRORS)
        self._rest.state.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        if scope["type"] == "http" and scope["path"].startswith(TIKTOK_PATHS):
            await self._serve(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = await read_call(scope, receive)
        if isinstance(call, Unread):
            await self._not_read(call, send)
            return
        troubles = self.world.troubles
        script = troubles.next_for(call.path, preview(call.body).source_id) if troubles.planned else None
        if script is None:
            await send_reply(self._dispatcher.answer(call), send)
        else:
            await play(script, self._dispatcher, call, receive, send)

    @staticmethod
    async def _not_read(why: Unread, send: Send) -> None:
        if why is Unread.TOO_LARGE:
            headers = ((b"content-length", b"0"), (b"connection", b"close"))
            await send_reply(Reply(status=413, headers=headers, body=b""), send)
