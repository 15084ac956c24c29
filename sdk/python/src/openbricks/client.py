"""The API beyond SQL: catalogs, schemas, volumes, tables, files, keys, statements."""

from __future__ import annotations

import datetime
import ssl
from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Tuple, Type

from . import models
from ._session import Session, segment
from .errors import InterfaceError, NotFound
from .files import Files
from .tables import Tables

if TYPE_CHECKING:
    from .connection import Connection


class Client:
    """One server and one identity; thread-safe. Arguments are those of `openbricks.connect`.

    Attributes:
        tables: list, get, create, append, overwrite, drop, undrop, history, preview.
        files: upload, download, list, delete and more, in volumes.
        catalogs, schemas, volumes: list, get, create, drop.
        keys: API keys of one's own.
        queries: running and past statements.
    """

    def __init__(
        self,
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
    ) -> None:
        from .connection import connect

        connection = connect(
            url,
            token,
            email,
            password,
            catalog=catalog,
            schema=schema,
            timeout=timeout,
            connect_timeout=connect_timeout,
            retries=retries,
            ssl_context=ssl_context,
        )
        self._set_up(connection)
        connection.client = self

    @classmethod
    def of(cls, connection: "Connection") -> "Client":
        """The client beside a connection; it ends with it."""
        client = cls.__new__(cls)
        client._set_up(connection)
        return client

    def _set_up(self, connection: "Connection") -> None:
        self.connection = connection
        session = connection.session
        self._session = session
        self.catalogs = Catalogs(session)
        self.schemas = Schemas(session)
        self.volumes = Volumes(session)
        self.files = Files(session)
        self.tables = Tables(connection, self.files, self.volumes)
        self.keys = Keys(session)
        self.queries = Queries(session)

    @property
    def url(self) -> str:
        return self._session.url

    def me(self) -> models.User:
        """Who the token belongs to."""
        return models.decode(models.User, self._session.call("GET", "auth/me"))

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


def _two_names(name: str) -> Tuple[str, str]:
    catalog, dot, schema = name.partition(".")
    if not dot or not catalog or not schema or "." in schema:
        raise InterfaceError(f"{name!r} is not a schema's name: write catalog.schema.")
    return catalog, schema


class Catalogs:
    def __init__(self, session: Session) -> None:
        self._session = session

    def list(self) -> List[models.Catalog]:
        return [models.decode(models.Catalog, i) for i in self._session.items("catalogs")]

    def get(self, name: str) -> models.Catalog:
        """Raises NotFound."""
        return models.decode(models.Catalog, self._session.call("GET", "catalogs/" + segment(name)))

    def create(self, name: str, comment: str = "") -> models.Catalog:
        """Raises AlreadyExists, PermissionDenied."""
        body = {"name": name, "comment": comment}
        return models.decode(models.Catalog, self._session.call("POST", "catalogs", body))

    def drop(self, name: str, *, cascade: bool = False, if_exists: bool = False) -> None:
        """With all that is in it where `cascade`; else it has to be empty."""
        _drop(self._session, "catalogs/" + segment(name), if_exists, {"cascade": cascade})


class Schemas:
    """Names are ``catalog.schema``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def list(self, catalog: str = "main") -> List[models.Schema]:
        path = f"catalogs/{segment(catalog)}/schemas"
        return [models.decode(models.Schema, i) for i in self._session.items(path)]

    def get(self, name: str) -> models.Schema:
        """Raises NotFound."""
        return models.decode(models.Schema, self._session.call("GET", schema_path(name)))

    def create(self, name: str, comment: str = "") -> models.Schema:
        """Raises AlreadyExists, PermissionDenied."""
        catalog, schema = _two_names(name)
        body = {"name": schema, "comment": comment}
        answer = self._session.call("POST", f"catalogs/{segment(catalog)}/schemas", body)
        return models.decode(models.Schema, answer)

    def drop(self, name: str, *, cascade: bool = False, if_exists: bool = False) -> None:
        """With all that is in it where `cascade`; else it has to be empty."""
        _drop(self._session, schema_path(name), if_exists, {"cascade": cascade})


class Volumes:
    """Places of files; names are ``catalog.schema.volume``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def list(self, schema: str = "main.default") -> List[models.Volume]:
        path = schema_path(schema) + "/volumes"
        return [models.decode(models.Volume, i) for i in self._session.items(path)]

    def get(self, name: str) -> models.Volume:
        """Raises NotFound."""
        return models.decode(models.Volume, self._session.call("GET", _volume_path(name)))

    def create(self, name: str, comment: str = "") -> models.Volume:
        """Raises AlreadyExists, PermissionDenied."""
        schema, _, volume = name.rpartition(".")
        body = {"name": volume, "comment": comment}
        answer = self._session.call("POST", schema_path(schema) + "/volumes", body)
        return models.decode(models.Volume, answer)

    def drop(self, name: str, *, if_exists: bool = False) -> None:
        """With its files."""
        _drop(self._session, _volume_path(name), if_exists, None)


class Keys:
    """API keys, for programs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def list(self) -> List[models.Key]:
        return [models.decode(models.Key, i) for i in self._session.items("keys")]

    def create(self, name: str, expires_at: Optional[datetime.datetime] = None) -> models.Key:
        """The answer's `key` is shown only now. Without `expires_at` it lives until it is deleted."""
        body: Dict[str, Any] = {"name": name}
        if expires_at is not None:
            if expires_at.utcoffset() is None:
                raise InterfaceError("expires_at needs a time zone.")
            in_utc = expires_at.astimezone(datetime.timezone.utc).replace(tzinfo=None)
            body["expires_at"] = in_utc.isoformat() + "Z"
        return models.decode(models.Key, self._session.call("POST", "keys", body))

    def delete(self, id: str) -> None:  # noqa: A002 - the server's word
        self._session.call("DELETE", "keys/" + segment(id))


class Queries:
    """Statements: one's own; of everybody for administrators."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def list(
        self, state: Optional[str] = None, limit: Optional[int] = 100
    ) -> Iterator[models.Statement]:
        """Newest first; `state` is running, finished, failed or cancelled; None: any."""
        for item in self._session.items("queries", {"state": state}, limit):
            yield models.decode(models.Statement, item)

    def get(self, id: str) -> models.Statement:  # noqa: A002
        """Raises NotFound."""
        return models.decode(models.Statement, self._session.call("GET", "queries/" + segment(id)))

    def cancel(self, id: str) -> None:  # noqa: A002
        """Does nothing when it has ended; raises NotFound for a statement not one's own."""
        self._session.call("POST", f"queries/{segment(id)}/cancel")


def schema_path(name: str) -> str:
    catalog, schema = _two_names(name)
    return f"catalogs/{segment(catalog)}/schemas/{segment(schema)}"


def _volume_path(name: str) -> str:
    schema, _, volume = name.rpartition(".")
    return f"{schema_path(schema)}/volumes/{segment(volume)}"


def _drop(session: Session, path: str, if_exists: bool, query: Optional[Dict[str, Any]]) -> None:
    try:
        session.call("DELETE", path, query=query)
    except NotFound:
        if not if_exists:
            raise
