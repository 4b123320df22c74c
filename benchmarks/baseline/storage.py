"""What the plain bot stores: which channel a group requires, and who is muted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import BigInteger, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Every table."""


class Group(Base):
    """A guarded group."""

    __tablename__ = "plain_groups"
    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    channel_id: Mapped[int] = mapped_column(BigInteger, index=True)
    title: Mapped[str]


class Muted(Base):
    """Somebody who may not speak."""

    __tablename__ = "plain_muted"
    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class Places(Protocol):
    """Groups and the channels that they require, by number."""

    @property
    def groups(self) -> int:
        """How many groups there are."""
        ...

    def group_id(self, home: int, /) -> int:
        """Return a group's id."""
        ...

    def channel_id(self, home: int, /) -> int:
        """Return its channel's id."""
        ...


class Storage:
    """The database, asked anew each time."""

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(url)
        self._session = async_sessionmaker(self._engine, expire_on_commit=False)

    def session(self) -> AsyncSession:
        """Return a session of one's own."""
        return self._session()

    async def group(self, chat_id: int) -> Group | None:
        """Return a guarded group."""
        async with self.session() as session:
            return await session.get(Group, chat_id)

    async def requiring(self, channel_id: int) -> Sequence[Group]:
        """Return the groups that require a channel."""
        async with self.session() as session:
            found = await session.scalars(select(Group).where(Group.channel_id == channel_id))
            return found.all()

    async def is_muted(self, chat_id: int, user_id: int) -> bool:
        """Whether somebody was muted by the bot."""
        async with self.session() as session:
            return await session.get(Muted, (chat_id, user_id)) is not None

    async def mute(self, chat_id: int, user_id: int) -> None:
        """Remember that somebody is muted."""
        async with self.session() as session:
            await session.merge(Muted(chat_id=chat_id, user_id=user_id))
            await session.commit()

    async def free(self, chat_id: int, user_id: int) -> None:
        """Remember that somebody is free."""
        async with self.session() as session:
            muted = await session.get(Muted, (chat_id, user_id))
            if muted is not None:
                await session.delete(muted)
                await session.commit()

    async def create(self) -> None:
        """Make the tables."""
        async with self._engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


async def prepare(url: str, town: Places) -> None:
    """Make the tables and protect every group of a town."""
    storage = Storage(url)
    await storage.create()
    async with storage.session() as session:
        session.add_all(
            Group(chat_id=town.group_id(n), channel_id=town.channel_id(n), title=f"Group {n}")
            for n in range(town.groups)
        )
        await session.commit()
    await storage.close()
