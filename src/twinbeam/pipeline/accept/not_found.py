"""The app behind the intake when there is no other: it starts and stops, and knows no path."""

from twinbeam.pipeline.accept.asgi import Receive, Scope, Send, write
from twinbeam.pipeline.accept.problems import ProblemCode, problem, problem_reply


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every kind of ASGI conversation politely, and give nothing away."""
    match scope["type"]:
        case "lifespan":
            await _live(receive, send)
        case "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        case _:
            await write(send, problem_reply(problem(ProblemCode.NOT_FOUND)))


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "lifespan.startup.complete"})
