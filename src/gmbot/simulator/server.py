"""The Bot API server on a loopback socket."""

from aiohttp import web

from gmbot.simulator.dispatch import Dispatch, Request

GRACE_S = 0.25
"""How long a stop waits for calls in progress; those that are held have been let go before."""


class Server:
    """Serves the pipeline over HTTP until it is stopped; it may be started again on the same port."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._runner: web.ServerRunner | None = None
        self.host = ""
        self.port = 0

    @property
    def url(self) -> str:
        """The root that bots are pointed at, without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. Raises OSError when the port is taken."""
        server = web.Server(self._serve, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=GRACE_S)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        self._runner = runner
        self.host, self.port = runner.addresses[0][:2]

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _serve(self, request: web.BaseRequest) -> web.Response:
        raw = request.rel_url
        call = Request(
            raw.raw_path, raw.raw_query_string, request.headers.get("Content-Type", ""), await request.read()
        )
        try:
            reply = await self._dispatch.handle(call)
        except ConnectionResetError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)
