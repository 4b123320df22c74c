"""The Bot API server without sockets, for tests on a virtual clock."""

from gmbot.simulator.dispatch import Dispatch, Request


class InProcess:
    """Answers calls exactly as the HTTP server does."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def handle(
        self, path: str, body: bytes = b"", content_type: str = "application/json"
    ) -> tuple[int, dict[str, str], bytes]:
        """Return the status, headers and body for a call to `path`, which may carry a query string.

        Raises ConnectionResetError when the answer is lost. Cancelling it is the client going away.
        """
        path, _, query = path.partition("?")
        reply = await self._dispatch.handle(Request(path, query, content_type, body))
        return reply.status, reply.headers, reply.body
