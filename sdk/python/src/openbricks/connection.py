"""Connections of PEP 249."""

from __future__ import annotations

import ssl
import weakref
from types import TracebackType
from typing import Any, Dict, Optional, Type

from . import errors
from ._session import Session
from ._sql import Parameters
from .client import Client
from .cursor import Cursor, ProgressCallback


class Connection:
    """One server and one identity; threads may share it, each with cursors of its own.

    Every statement is a transaction of its own. HTTP connections are made when they are needed and
    kept for the next statement.
    """

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    def __init__(
        self, session: Session, catalog: Optional[str] = None, schema: Optional[str] = None
    ) -> None:
        self._session = session
        self._defaults: Dict[str, Any] = {}
        if catalog is not None:
            self._defaults["catalog"] = catalog
        if schema is not None:
            self._defaults["schema"] = schema
        self._closed = False
        self._cursors: "weakref.WeakSet[Cursor]" = weakref.WeakSet()
        self.client = Client.of(self)

    @property
    def url(self) -> str:
        return self._session.url

    @property
    def session(self) -> Session:
        return self._session

    @property
    def catalog(self) -> str:
        """The catalog of names that name none."""
        return str(self._defaults.get("catalog", "main"))

    @property
    def schema(self) -> str:
        """The schema of names that name none."""
        return str(self._defaults.get("schema", "default"))

    @property
    def closed(self) -> bool:
        return self._closed

    def check_open(self) -> None:
        if self._closed:
            raise errors.InterfaceError("The connection is closed.")

    def cursor(self) -> Cursor:
        self.check_open()
        cursor = Cursor(self, self._session, self._defaults)
        self._cursors.add(cursor)
        return cursor

    def execute(
        self,
        operation: str,
        parameters: Optional[Parameters] = None,
        *,
        timeout: Optional[float] = None,
        row_limit: Optional[int] = None,
        progress: Optional[ProgressCallback] = None,
        cache: Optional[bool] = None,
    ) -> Cursor:
        """`Cursor.execute` on a new cursor."""
        return self.cursor().execute(
            operation,
            parameters,
            timeout=timeout,
            row_limit=row_limit,
            progress=progress,
            cache=cache,
        )

    def commit(self) -> None:
        """Does nothing: each statement has committed by itself."""
        self.check_open()

    def rollback(self) -> None:
        """Raises NotSupportedError: each statement has committed by itself."""
        self.check_open()
        raise errors.NotSupportedError("There are no transactions over several statements.")

    def close(self) -> None:
        """Closes its cursors too; what they had not fetched is given up."""
        if self._closed:
            return
        for cursor in list(self._cursors):
            cursor.close()
        self._closed = True
        self._session.close()

    def __enter__(self) -> "Connection":
        self.check_open()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


def connect(
    url: Optional[str] = None,
    token: Optional[str] = None,
    email: Optional[str] = None,
    password: Optional[str] = None,
    *,
    catalog: Optional[str] = None,
    schema: Optional[str] = None,
    timeout: float = 60.0,
    connect_timeout: float = 10.0,
    retries: int = 3,
    ssl_context: Optional[ssl.SSLContext] = None,
) -> Connection:
    """A connection. Nothing is sent until the first statement.

    Args:
        url: of the server; else ``OPENBRICKS_URL``, else that of the last ``openbricks login``,
            else ``http://127.0.0.1:8080``.
        token: an API key or access token; else `email` and `password`; else ``OPENBRICKS_TOKEN``;
            else what ``openbricks login`` keeps, renewed in turn with the command line.
        email, password: signed in with at the first statement, and renewed by itself.
        catalog, schema: of names in statements that name none [main, default].
        timeout: seconds that an answer may be silent; statements have their own limit.
        connect_timeout: seconds to reach the server.
        retries: how often a refused connection, a broken GET or an answer "too many requests" is
            tried again. Nothing else is ever sent twice.
        ssl_context: for https; by default the system's certificate authorities.

    Raises:
        InterfaceError: there is no sign-in, or an argument is wrong.
    """
    session = Session(
        url,
        token,
        email,
        password,
        timeout=timeout,
        connect_timeout=connect_timeout,
        retries=retries,
        ssl_context=ssl_context,
    )
    return Connection(session, catalog, schema)
