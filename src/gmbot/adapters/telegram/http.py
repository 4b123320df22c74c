"""HTTP to the Bot API: one pool of connections for all bots."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from urllib.parse import quote

import aiohttp
from yarl import URL

from gmbot.adapters.telegram.transport import Reply, Transport
from gmbot.domain.errors import Unavailable

OFFICIAL_SERVER = "https://api.telegram.org"
CONNECT_TIMEOUT_S = 5.0
_JSON = {"Content-Type": "application/json"}


class HttpPool:
    """Connections to one Bot API server, opened when first needed.

    `connections` bounds how many are open at once; each bot that polls keeps one of them busy.
    """

    def __init__(self, server: str = OFFICIAL_SERVER, *, connections: int = 256) -> None:
        self._server = server.rstrip("/")
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    def bot(self, token: str) -> Transport:
        """Return what carries the calls of the bot with that token."""
        return _BotOverHttp(self, f"{self._server}/bot{quote(token, safe=':')}", token)

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session that all bots share; it belongs to the running event loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=_JSON,
            )
        return self._session

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


class _BotOverHttp:
    """The only place that holds the token, and the only one that sees an address with it."""

    def __init__(self, pool: HttpPool, root: str, token: str) -> None:
        self._pool = pool
        self._root = root
        self._token = token.encode()
        self._addresses: dict[str, URL] = {}

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Post and return the answer; a redirect is an answer too, and is not followed.

        Raises Unavailable outside of the handler: aiohttp's errors hold the address, and a chained
        one would be printed with ours.
        """
        try:
            return await self._exchange(method, body, timeout_s)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = type(error).__name__
        raise Unavailable(f"{method}: no answer ({failure})")

    async def _exchange(self, method: str, body: bytes, timeout_s: float) -> Reply:
        patience = aiohttp.ClientTimeout(total=max(timeout_s, 0.001), sock_connect=CONNECT_TIMEOUT_S)
        async with self._pool.session.post(
            self._address(method), data=body, timeout=patience, allow_redirects=False
        ) as response:
            answer = await response.read()
            return Reply(response.status, self._scrubbed(answer), _unix(response.headers.get("Date")))

    def _address(self, method: str) -> URL:
        address = self._addresses.get(method)
        if address is None:
            address = self._addresses[method] = URL(f"{self._root}/{method}", encoded=True)
        return address

    def _scrubbed(self, answer: bytes) -> bytes:
        """A proxy's error page may quote the address."""
        return answer.replace(self._token, b"BOT_TOKEN") if self._token in answer else answer


def _unix(date: str | None) -> float | None:
    try:
        return None if date is None else parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
