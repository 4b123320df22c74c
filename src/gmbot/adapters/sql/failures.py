"""What callers are told of a database's failure: its kind, never its text."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

from gmbot.adapters.sql.gathering import Spoilt
from gmbot.domain.errors import Unavailable

_ITS_OWN_FAULT: Final = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, OverflowError)
_ITS_OWN_CODES: Final = frozenset({"21", "22", "23"})
"""PostgreSQL's classes for values that cannot be stored, which are no outage."""

_REFUSALS: Final = frozenset({"28", "3D", "42"})
"""PostgreSQL's classes for a wrong user or password, a database that is not there, and no right to it."""


def sqlstate(error: BaseException) -> str | None:
    """Return PostgreSQL's code of an error, if it has one."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(origin, "sqlstate", None)
    return code if isinstance(code, str) else None


def unavailable(error: BaseException) -> Unavailable:
    """Return what callers see: the kind of the error, never its text, which may quote rows or addresses."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = sqlstate(error) or getattr(origin, "sqlite_errorname", None)
    kind = Spoilt if isinstance(origin, _ITS_OWN_FAULT) or (code or "")[:2] in _ITS_OWN_CODES else Unavailable
    return kind(f"the database failed: {type(origin).__name__}{f' {code}' if code else ''}")


def refuses(error: Unavailable) -> bool:
    """Whether PostgreSQL answered, and will never let this user into this database."""
    cause = error.__context__
    return cause is not None and (sqlstate(cause) or "")[:2] in _REFUSALS
