"""Starting and ending the gatekeepers, in polling and in webhook mode."""

import asyncio
import fcntl
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from telegram import Update
from tests.integration.simulator.aiogram_bot import ALLOWED_UPDATES, aiogram_bot, aiogram_gatekeeper
from tests.integration.simulator.stage import PATIENCE_S, TOKEN, Stage, eventually
from tests.integration.simulator.telegram_bot import TelegramApplication, telegram_gatekeeper

SECRET = "a_webhook-secret"
GRAMMY = Path(__file__).parent / "grammy"


@asynccontextmanager
async def aiogram_polling(stage: Stage) -> AsyncIterator[None]:
    """Run the aiogram gatekeeper on getUpdates."""
    bot = aiogram_bot(TOKEN, stage.simulator.url)
    dispatcher = aiogram_gatekeeper(bot, stage.channel)
    polling = dispatcher.start_polling(bot, allowed_updates=ALLOWED_UPDATES, handle_signals=False)
    task = asyncio.create_task(polling)
    try:
        await _listening(stage)
        yield
    finally:
        await dispatcher.stop_polling()
        await task


@asynccontextmanager
async def aiogram_webhook(stage: Stage) -> AsyncIterator[None]:
    """Run the aiogram gatekeeper behind its own webhook."""
    bot = aiogram_bot(TOKEN, stage.simulator.url)
    dispatcher = aiogram_gatekeeper(bot, stage.channel)
    handler = SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token=SECRET)
    async with _served(handler.handle) as url:
        await bot.set_webhook(url, secret_token=SECRET, allowed_updates=ALLOWED_UPDATES)
        yield
    await bot.session.close()


@asynccontextmanager
async def telegram_polling(stage: Stage) -> AsyncIterator[None]:
    """Run the python-telegram-bot gatekeeper on getUpdates."""
    application = telegram_gatekeeper(TOKEN, stage.simulator.url, stage.channel)
    assert application.updater is not None
    async with application:
        await application.start()
        await application.updater.start_polling(allowed_updates=ALLOWED_UPDATES)
        await _listening(stage)
        yield
        await application.updater.stop()
        await application.stop()


@asynccontextmanager
async def telegram_webhook(stage: Stage) -> AsyncIterator[None]:
    """Run the python-telegram-bot gatekeeper behind a webhook."""
    application = telegram_gatekeeper(TOKEN, stage.simulator.url, stage.channel)
    async with application, _served(_queueing(application)) as url:
        await application.start()
        await application.bot.set_webhook(url, secret_token=SECRET, allowed_updates=ALLOWED_UPDATES)
        yield
        await application.stop()


@asynccontextmanager
async def grammy_polling(stage: Stage) -> AsyncIterator[None]:
    """Run the grammY gatekeeper on getUpdates."""
    async with _node(stage):
        await _listening(stage)
        yield


@asynccontextmanager
async def grammy_webhook(stage: Stage) -> AsyncIterator[None]:
    """Run the grammY gatekeeper behind its own webhook."""
    async with _node(stage, SECRET):
        yield


Runner = Callable[[Stage], AbstractAsyncContextManager[None]]
RUNNERS: dict[str, Runner] = {
    "aiogram-polling": aiogram_polling,
    "aiogram-webhook": aiogram_webhook,
    "python-telegram-bot-polling": telegram_polling,
    "python-telegram-bot-webhook": telegram_webhook,
    "grammY-polling": grammy_polling,
    "grammY-webhook": grammy_webhook,
}


def install_grammy() -> None:
    """Fetch grammY as locked, unless it is there; fail when Node is not."""
    assert shutil.which("node"), "These tests run a grammY bot: install Node 20 or newer."
    assert shutil.which("npm"), "These tests run a grammY bot: install npm."
    with (GRAMMY / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (GRAMMY / "node_modules" / "grammy").is_dir():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=GRAMMY, check=True, timeout=120)


async def _listening(stage: Stage) -> None:
    await eventually(lambda: "chat_member" in stage.mailbox.allowed)


def _queueing(application: TelegramApplication) -> Callable[[web.BaseRequest], Awaitable[web.Response]]:
    async def handle(request: web.BaseRequest) -> web.Response:
        assert request.headers["X-Telegram-Bot-Api-Secret-Token"] == SECRET
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return web.Response()

    return handle


@asynccontextmanager
async def _served(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/", handle)
    # A connection accepted while aiohttp shuts down is waited for until the time-out.
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _node(stage: Stage, *extra: str) -> AsyncIterator[None]:
    arguments = [TOKEN, stage.simulator.url, str(stage.channel), *extra]
    process = await asyncio.create_subprocess_exec(
        "node", "gatekeeper.mjs", *arguments, cwd=GRAMMY, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        assert line == b"ready\n", "the grammY bot did not start"
        yield
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
