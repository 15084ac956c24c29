"""OpenBricks from Python: DB-API 2.0 with streamed Arrow, and tables, files and keys.

import openbricks

with openbricks.connect(url="http://127.0.0.1:8080", token="obk_…") as connection:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM orders WHERE day = ?", [datetime.date(2026, 1, 2)])
        print(cursor.fetch_pandas())
    connection.client.tables.append("orders", more)
"""

from ._login import login
from ._version import __version__
from .client import Client
from .connection import Connection, connect
from .cursor import Cursor, ProgressCallback, QueryProgress
from .errors import (
    AlreadyExists,
    AuthenticationError,
    Conflict,
    ConnectionLost,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotFound,
    NotSupportedError,
    OperationalError,
    PermissionDenied,
    ProgrammingError,
    QueryCancelled,
    QueryTimeout,
    RequestTimeout,
    ServerUnavailable,
    TooManyRequests,
    Warning,
)
from .files import Upload
from .models import Column
from .types import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Interval,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)
from .upload_jobs import JobProgress, UploadFailed, UploadJob

apilevel = "2.0"
threadsafety = 2  # threads may share the module and connections, not cursors
paramstyle = "qmark"  # also numeric ($1) and named (:name, $name)

__all__ = [
    "AlreadyExists",
    "AuthenticationError",
    "BINARY",
    "Binary",
    "Client",
    "Column",
    "Conflict",
    "Connection",
    "ConnectionLost",
    "Cursor",
    "DATETIME",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "Interval",
    "JobProgress",
    "NUMBER",
    "NotFound",
    "NotSupportedError",
    "OperationalError",
    "PermissionDenied",
    "ProgrammingError",
    "ProgressCallback",
    "QueryCancelled",
    "QueryProgress",
    "QueryTimeout",
    "ROWID",
    "RequestTimeout",
    "STRING",
    "ServerUnavailable",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "TooManyRequests",
    "Upload",
    "UploadFailed",
    "UploadJob",
    "Warning",
    "__version__",
    "apilevel",
    "connect",
    "login",
    "paramstyle",
    "threadsafety",
]
