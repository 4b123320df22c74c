"""The client over TLS: the certificate must be the server's own, and of an authority that is trusted."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.fixtures.telegram import TOKEN

from gmbot.adapters.telegram.http import HttpPool
from gmbot.domain.errors import Unavailable

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}'
MADE = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=gmbot -addext subjectAltName=IP:127.0.0.1"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this machine and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    shown, key = tmp_path / "shown.pem", tmp_path / "key.pem"
    command = [openssl, *MADE.split(), "-out", str(shown), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return shown, key


@asynccontextmanager
async def server(certificate: tuple[Path, Path]) -> AsyncIterator[int]:
    """A server that answers every request with a yes; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            writer.write(ANSWER)
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


async def test_a_trusted_server_is_called_over_one_connection(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its certificate is the machine's to trust (SSL_CERT_FILE)."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    async with server(certificate) as port:
        pool = HttpPool(f"https://127.0.0.1:{port}")
        replies = [await pool.bot(TOKEN).post("getMe", b"{}", 5.0) for _ in range(2)]
        await pool.close()
    assert [reply.body for reply in replies] == [b'{"ok":true}'] * 2


async def test_a_server_that_nobody_vouches_for_learns_no_token(certificate: tuple[Path, Path]) -> None:
    """The handshake fails before anything is said."""
    async with server(certificate) as port:
        pool = HttpPool(f"https://127.0.0.1:{port}")
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            await pool.bot(TOKEN).post("getMe", b"{}", 5.0)
        await pool.close()
