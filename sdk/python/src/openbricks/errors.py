"""The exceptions of PEP 249, with the server's stable ids, and the finer ones below them."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple, Type


class Warning(Exception):  # noqa: A001 - PEP 249 names it so
    """Something important that is not an error. This package raises none."""


class Error(Exception):
    """The base of all errors here.

    Attributes:
        id: the server's stable id, such as ``catalog.tableNotFound``; empty for errors of the
            client itself.
        status: the HTTP status; 0 when there was no answer.
        detail: what is wrong and how to mend it.
        request_id: names the request in the server's log; empty when there was none.
        query_id: the statement's id, where there was one.
        fields: wrong fields of the request, as ``(path, problem)``.
        retry_after: seconds after which the server asks to be tried again; None: it did not say.
    """

    def __init__(
        self,
        detail: str = "",
        *,
        id: str = "",  # noqa: A002 - the server's word
        status: int = 0,
        request_id: str = "",
        query_id: str = "",
        fields: Tuple[Tuple[str, str], ...] = (),
        retry_after: Optional[float] = None,
    ) -> None:
        self.detail = detail
        self.id = id
        self.status = status
        self.request_id = request_id
        self.query_id = query_id
        self.fields = fields
        self.retry_after = retry_after
        text = detail
        if fields:
            text += " (" + "; ".join(f"{path}: {problem}" for path, problem in fields) + ")"
        if id:
            text += f" [{id}]"
        super().__init__(text)

    def __reduce__(self) -> Tuple[Any, ...]:  # keyword arguments survive pickling
        return (_rebuild, (type(self), self.detail, dict(self.__dict__)))


def _rebuild(kind: Type[Error], detail: str, state: Dict[str, Any]) -> Error:
    state = {k: v for k, v in state.items() if k != "detail"}
    return kind(detail, **state)


class InterfaceError(Error):
    """This package is used wrongly: a closed cursor, no sign-in, a bad setting."""


class DatabaseError(Error):
    """The server, or what it stores, gave the error."""


class DataError(DatabaseError):
    """A value is wrong or does not fit: out of range, not convertible, a damaged file."""


class OperationalError(DatabaseError):
    """Not the statement's fault: connection, sign-in, time, memory, load."""


class IntegrityError(DatabaseError):
    """A constraint of a table would be broken."""


class InternalError(DatabaseError):
    """A fault of the server; its log has the reason under `request_id`."""


class ProgrammingError(DatabaseError):
    """The statement or the request is wrong: syntax, unknown names, parameters, rights."""


class NotSupportedError(DatabaseError):
    """The server does not do this."""


class AuthenticationError(OperationalError):
    """The token, key or password is wrong, or the sign-in has ended."""


class ServerUnavailable(OperationalError):
    """The server cannot be reached, or is not ready. Nothing was done."""


class ConnectionLost(OperationalError):
    """The connection ended before the whole answer. Whether the server did it is not known."""


class RequestTimeout(OperationalError):
    """No answer in time. Whether the server did it is not known."""


class QueryTimeout(OperationalError):
    """The statement took longer than its time limit and was stopped."""


class QueryCancelled(OperationalError):
    """The statement was cancelled."""


class TooManyRequests(OperationalError):
    """The server is busy; `retry_after` tells when to try again. Nothing was done."""


class Conflict(OperationalError):
    """Somebody else changed the same thing at the same time; try again."""


class AlreadyExists(ProgrammingError):
    """There is one of that name already."""


class NotFound(ProgrammingError):
    """It does not exist, or you may not see it."""


class PermissionDenied(ProgrammingError):
    """You may not do this."""


_BY_ID: Dict[str, Type[Error]] = {
    "query.timeout": QueryTimeout,
    "query.cancelled": QueryCancelled,
    "query.idTaken": ProgrammingError,
    "query.memory": OperationalError,
    "sql.value": DataError,
    "sql.constraint": IntegrityError,
    "sql.io": DataError,
    "sql.encoding": DataError,
    "sql.unsupported": NotSupportedError,
    "sql.notSupportedYet": NotSupportedError,
    "sql.statementNotAllowed": NotSupportedError,
    "sql.functionNotAllowed": NotSupportedError,
    "delta.unsupportedFeature": NotSupportedError,
    "delta.schemaMismatch": DataError,
    "storage.wrongLength": DataError,
    "storage.wrongDigest": DataError,
    "delta.unknownOutcome": ConnectionLost,
    "db.commitUnknown": ConnectionLost,
}
_BY_STATUS: Dict[int, Type[Error]] = {
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    408: RequestTimeout,
    409: Conflict,
    429: TooManyRequests,
    499: QueryCancelled,
    500: InternalError,
    501: NotSupportedError,
    502: ServerUnavailable,
    503: ServerUnavailable,
    504: ServerUnavailable,
    507: OperationalError,
}


def _kind(status: int, id: str) -> Type[Error]:  # noqa: A002
    if id in _BY_ID:
        return _BY_ID[id]
    last = id.rpartition(".")[2].lower()
    if last.endswith(("exists", "taken")):
        return AlreadyExists
    if "constraint" in last or last in ("notnull", "nullvalue"):
        return IntegrityError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if id.startswith("file."):
        return DataError
    return OperationalError if status >= 500 else ProgrammingError


def from_problem(
    status: int,
    problem: Mapping[str, Any],
    *,
    query_id: str = "",
    retry_after: Optional[float] = None,
) -> Error:
    """The exception for an ``application/problem+json`` answer."""
    id = str(problem.get("id") or "")  # noqa: A001
    detail = str(problem.get("detail") or problem.get("title") or "")
    if not detail:
        detail = f"The server answered with status {status} and no reason."
    fields: List[Tuple[str, str]] = []
    for entry in problem.get("errors") or ():
        if isinstance(entry, Mapping):
            fields.append((str(entry.get("field", "")), str(entry.get("problem", ""))))
    return _kind(status, id)(
        detail,
        id=id,
        status=status,
        request_id=str(problem.get("request_id") or ""),
        query_id=query_id,
        fields=tuple(fields),
        retry_after=retry_after,
    )


def from_statement(id: str, detail: str, query_id: str) -> Error:  # noqa: A002
    """The exception for a failed statement in the server's history."""
    kind = _kind(404 if id.endswith("NotFound") else 400, id)
    return kind(detail or "The statement failed.", id=id, query_id=query_id)
