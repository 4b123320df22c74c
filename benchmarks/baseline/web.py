"""The plain bot behind Starlette, as python-telegram-bot's own example has it."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application


def serve(app: Application[Any, Any, Any, Any, Any, Any], url: str, secret: str, port: int) -> None:
    """Take updates by POST until terminated."""

    async def take(request: Request) -> Response:
        if request.headers.get("x-telegram-bot-api-secret-token") != secret:
            return Response(status_code=401)
        await app.update_queue.put(Update.de_json(await request.json(), app.bot))
        return Response()

    async def run() -> None:
        web = Starlette(routes=[Route("/webhook/{bot}", take, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(web, port=port, log_level="warning", access_log=False))
        async with app:
            serving = asyncio.create_task(server.serve())
            await app.start()
            while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
                await asyncio.sleep(0.01)
            await app.bot.set_webhook(f"{url}/webhook/{app.bot.id}", secret_token=secret)
            await serving
            await app.stop()

    asyncio.run(run())
