"""Statements and their results."""

from __future__ import annotations

import math
import threading
import time
import uuid
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Type,
)

import pyarrow as pa

from ._result import Result, query_body, query_headers
from ._session import Session, segment
from ._sql import Parameters, as_insert, bind, first_word, merged_inserts
from ._values import Description, Row, whole_where_it_fits
from .errors import InterfaceError, NotFound, ProgrammingError, QueryCancelled, RequestTimeout

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from .connection import Connection

_TICK = 0.5  # seconds between calls of a progress callback
_GRACE = 30.0  # seconds that the server may take beyond a statement's limit to say that it is over
_READS = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "SHOW", "DESCRIBE", "EXPLAIN"})


class QueryProgress(NamedTuple):
    """What a progress callback gets."""

    query_id: str
    state: str  # "running", or "fetching" while rows arrive
    percent: Optional[float]  # 0 to 100, where the server can tell
    elapsed: float  # seconds since the statement was sent
    rows: int  # received so far
    bytes: int  # received so far


ProgressCallback = Callable[[QueryProgress], None]


class Cursor:
    """Runs statements, one after the other, and gives out their rows.

    A cursor belongs to one thread; only `cancel()` may be called from others. Rows stream: memory
    stays constant however long a result is, unless it is fetched as a whole.

    Attributes:
        arraysize: rows that `fetchmany()` gives without a number.
    """

    def __init__(self, connection: "Connection", session: Session, defaults: Dict[str, Any]):
        self.connection = connection
        self.arraysize = 1
        self._session, self._defaults = session, defaults
        self._closed = False
        self._result: Optional[Result] = None
        self._affected: Optional[int] = None
        self._lock = threading.Lock()  # over what cancel() reads
        self._running_id = ""  # of a statement whose answer has not begun
        self._cancelled = False
        self._query_id = ""
        self._progress: Optional[ProgressCallback] = None
        self._started = 0.0

    # --- running

    def execute(
        self,
        operation: str,
        parameters: Optional[Parameters] = None,
        *,
        timeout: Optional[float] = None,
        row_limit: Optional[int] = None,
        progress: Optional[ProgressCallback] = None,
        cache: Optional[bool] = None,
        query_id: Optional[str] = None,
    ) -> "Cursor":
        """Runs one statement.

        Args:
            operation: SQL; parameters stand as ``?`` or ``$1``, or as ``:name`` or ``$name``.
            parameters: a sequence, or a mapping for names. They travel beside the statement and
                are never written into it.
            timeout: seconds, 1 to 86,400, after which the server stops it; None: its own limit.
            row_limit: rows beyond it are cut off.
            progress: called about twice a second until the answer begins, then with each batch, in
                this thread. An exception in it cancels the statement.
            cache: False always computes.
            query_id: a UUID that names the statement; made up where it is None.

        Returns:
            The cursor itself.

        Raises:
            ProgrammingError: the statement or its parameters are wrong, or a name is unknown.
            DataError: a value does not fit.
            QueryTimeout, QueryCancelled: it was stopped.
            ServerUnavailable: nothing was done.
            ConnectionLost: whether it was done is not known. It is never sent twice.
        """
        self._begin(progress)
        sql, values = bind(operation, parameters)
        self._run(sql, values, self._options(timeout, row_limit, cache), timeout, query_id)
        self._read_report(operation)
        return self

    def executemany(
        self,
        operation: str,
        seq_of_parameters: Iterable[Parameters],
        *,
        timeout: Optional[float] = None,
        progress: Optional[ProgressCallback] = None,
    ) -> "Cursor":
        """Runs a statement for each parameters of an iterable; `rowcount` is the sum.

        ``INSERT INTO t VALUES (?, ?)`` goes as many rows at a time, each such batch one version of
        the table. The statements before a failed one have taken effect. For a million rows
        `connection.client.tables.append` is the faster way. Arguments are as of `execute`.
        """
        self._begin(progress)
        options = self._options(timeout, None, None)
        insert = as_insert(operation)
        total, known = 0, True
        if insert is not None:
            for sql, values, _ in merged_inserts(insert, iter(seq_of_parameters)):
                self._run(sql, values, options, timeout, None)
                self._read_report(operation)
                total, known = total + (self._affected or 0), known and self._affected is not None
        else:
            for parameters in seq_of_parameters:
                sql, values = bind(operation, parameters)
                self._run(sql, values, options, timeout, None)
                if first_word(operation) in _READS:
                    self._close_result("executemany gives no rows")
                    raise ProgrammingError("executemany is not for statements that give rows.")
                self._read_report(operation)
                total, known = total + (self._affected or 0), known and self._affected is not None
        self._affected = total if known else None
        return self

    def _begin(self, progress: Optional[ProgressCallback]) -> None:
        self._check_open()
        self._close_result("the cursor has run another statement since")
        self._affected, self._progress = None, progress
        with self._lock:
            self._cancelled = False

    def _options(
        self, timeout: Optional[float], row_limit: Optional[int], cache: Optional[bool]
    ) -> Dict[str, Any]:
        options = dict(self._defaults)
        if timeout is not None:
            if not 0 < timeout <= 86_400:
                raise InterfaceError("timeout is in seconds, above 0 and at most 86400.")
            options["timeout_s"] = math.ceil(timeout)
        if row_limit is not None:
            if row_limit < 0:
                raise InterfaceError("row_limit is 0 or more.")
            options["row_limit"] = row_limit
        if cache is not None:
            options["cache"] = cache
        return options

    def _run(
        self,
        sql: str,
        values: Any,
        options: Dict[str, Any],
        timeout: Optional[float],
        query_id: Optional[str],
    ) -> None:
        self._close_result("the cursor has run another statement since")
        self._query_id = query_id or str(uuid.uuid4())
        body = query_body(sql, values, self._query_id, options)
        self._started = time.monotonic()
        with self._lock:
            if self._cancelled:
                raise QueryCancelled("The cursor was cancelled.", query_id=self._query_id)
            self._running_id = self._query_id
        try:
            response = self._session.send(
                "POST",
                "query",
                headers=query_headers(),
                body=body,
                query_id=self._query_id,
                wait=lambda readable: self._wait(readable, timeout),
                timeout=0,  # keep-alive probes tell of a vanished server
            )
        except BaseException as error:
            if not isinstance(error, Exception) or self._progress is not None:
                self._cancel_quietly()
            raise
        finally:
            with self._lock:
                self._running_id = ""
        result = Result(self._session, response, self._query_id)
        with self._lock:
            self._result = result

    def _wait(self, readable: Callable[[float], bool], timeout: Optional[float]) -> None:
        """Until the answer begins; calls the progress callback meanwhile."""
        deadline = None if timeout is None else self._started + timeout + _GRACE
        while not readable(_TICK if self._progress or deadline is not None else 3600):
            if deadline is not None and time.monotonic() > deadline:
                raise RequestTimeout(
                    f"{self._session.url} did not end the statement in time.",
                    query_id=self._query_id,
                )
            if self._progress is not None:
                self._tell("running", self._percent())

    def _percent(self) -> Optional[float]:
        try:
            item = self._session.call("GET", "queries/" + segment(self._query_id))
        except NotFound:
            return None  # it has not arrived yet
        percent = item.get("progress")
        return float(percent) if percent is not None and percent >= 0 else None

    def _tell(self, state: str, percent: Optional[float]) -> None:
        if self._progress is not None:
            rows = self._result.rows_read if self._result else 0
            received = self._result.bytes_read if self._result else 0
            elapsed = time.monotonic() - self._started
            self._progress(QueryProgress(self._query_id, state, percent, elapsed, rows, received))

    def _read_report(self, operation: str) -> None:
        """A statement that changes something answers one row, ``num_affected_rows`` in it."""
        result = self._result
        if result is None or "num_affected_rows" not in result.schema.names:
            return
        if first_word(operation) in _READS:
            return
        row = result.row()
        if row is not None:
            value = row[result.schema.names.index("num_affected_rows")]
            self._affected = None if value is None else int(value)
            result.unread_row()

    def cancel(self) -> None:
        """Stops the running statement, from any thread; its thread gets `QueryCancelled`.

        Does nothing when none is running.
        """
        with self._lock:
            self._cancelled = True
            running, result = self._running_id, self._result
        if not running and (result is None or result.ended):
            with self._lock:
                self._cancelled = False
            return
        query_id = running or (result.query_id if result is not None else "")
        for _ in range(40):  # it may be on its way to the server still
            try:
                self._session.call("POST", f"queries/{segment(query_id)}/cancel")
                return
            except NotFound:
                with self._lock:
                    if self._running_id != query_id:
                        return
                time.sleep(0.05)

    def _cancel_quietly(self) -> None:
        """The server sees the closed connection too; this is quicker."""
        try:
            self._session.call("POST", f"queries/{segment(self._query_id)}/cancel", timeout=5)
        except Exception:  # noqa: S110 - the error that is being raised says more
            return

    # --- results

    @property
    def description(self) -> Optional[List[Description]]:
        """A 7-tuple a column: name, SQL type, None, bytes, precision, scale, null_ok.

        None before the first statement. The SQL type is text, ``DECIMAL(10,2)``, and equals the
        type objects STRING, BINARY, NUMBER, DATETIME.
        """
        return None if self._result is None else self._result.description

    @property
    def rowcount(self) -> int:
        """Rows that the statement changed; of a query the rows received once all are, else -1."""
        if self._affected is not None:
            return self._affected
        if self._result is not None and self._result.exhausted:
            return self._result.rows_read
        return -1

    @property
    def query_id(self) -> str:
        """The UUID of the last statement, as in the server's history; empty before the first."""
        return self._query_id

    @property
    def rownumber(self) -> Optional[int]:
        """Rows given out by fetchone, fetchmany, fetchall and iteration so far; None: no result."""
        return None if self._result is None else self._result.given

    def fetchone(self) -> Optional[Row]:
        """The next row; None at the end."""
        row = self._current().row()
        self._told_batches()
        return row

    def fetchmany(self, size: Optional[int] = None) -> List[Row]:
        """The next `size` rows (arraysize), fewer at the end."""
        wanted = self.arraysize if size is None else size
        if wanted < 0:
            raise InterfaceError("fetchmany takes a number of rows from 0 up.")
        rows = self._current().rows(wanted)
        self._told_batches()
        return rows

    def fetchall(self) -> List[Row]:
        """All rows that are left."""
        rows = self._current().rows(None)
        self._told_batches()
        return rows

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def fetch_record_batches(self) -> Iterator[pa.RecordBatch]:
        """The rows that are left as Arrow batches of some 120,000 rows or 4 MB.

        One batch is in memory at a time. Batches and rows may be mixed: each row comes once. Where
        the cursor runs another statement or is closed, the iterator raises InterfaceError.
        """
        return self._batches(self._current())

    def _batches(self, result: Result) -> Iterator[pa.RecordBatch]:
        for batch in result.batches():
            self._told_batches()
            yield batch

    def fetch_arrow_reader(self) -> pa.RecordBatchReader:
        """As `fetch_record_batches`, for whatever takes a stream of Arrow."""
        result = self._current()
        return pa.RecordBatchReader.from_batches(result.schema, self._batches(result))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.fetch_arrow_reader().__arrow_c_stream__(requested_schema)

    def fetch_arrow_table(self) -> pa.Table:
        """The rows that are left as one Arrow table, in memory."""
        result = self._current()
        return pa.Table.from_batches(list(self._batches(result)), result.schema)

    def fetch_pandas(self, **options: Any) -> "pd.DataFrame":
        """The rows that are left as a pandas DataFrame.

        Sums of whole numbers (HUGEINT) become int64 where they fit. DECIMAL stays exact, as Python
        objects. Options are those of ``pyarrow.Table.to_pandas``.

        Raises:
            InterfaceError: pandas is not installed.
        """
        try:
            import pandas  # noqa: F401
        except ImportError:
            raise InterfaceError("This needs pandas: pip install 'openbricks[pandas]'.") from None
        frame: "pd.DataFrame" = whole_where_it_fits(self.fetch_arrow_table()).to_pandas(**options)
        return frame

    to_pandas = fetch_pandas

    def fetch_polars(self) -> "pl.DataFrame":
        """The rows that are left as a Polars DataFrame; HUGEINT as in `fetch_pandas`.

        Raises:
            InterfaceError: Polars is not installed.
        """
        try:
            import polars
        except ImportError:
            raise InterfaceError("This needs Polars: pip install 'openbricks[polars]'.") from None
        frame = polars.from_arrow(whole_where_it_fits(self.fetch_arrow_table()))
        assert isinstance(frame, polars.DataFrame)
        return frame

    to_polars = fetch_polars

    def _told_batches(self) -> None:
        """Tells the progress callback of newly arrived rows."""
        if self._progress is not None and self._result is not None:
            if self._result.take_news():
                self._tell("fetching", None)

    def _current(self) -> Result:
        self._check_open()
        if self._result is None:
            raise ProgrammingError("No statement has been run on this cursor.")
        return self._result

    # --- the rest of PEP 249

    def nextset(self) -> None:
        """There is one result a statement."""
        self._check_open()
        return None

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Does nothing: types come from the values."""

    def setoutputsize(self, size: int, column: Optional[int] = None) -> None:
        """Does nothing: values are never cut."""

    def close(self) -> None:
        """Gives the rest of the result up; the server stops the statement."""
        self._closed = True
        self._close_result("the cursor is closed")

    @property
    def closed(self) -> bool:
        return self._closed

    def _close_result(self, why: str) -> None:
        with self._lock:
            result, self._result = self._result, None
        if result is not None:
            result.close(why)

    def _check_open(self) -> None:
        if self._closed:
            raise InterfaceError("The cursor is closed.")
        self.connection.check_open()

    def __enter__(self) -> "Cursor":
        self._check_open()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def __del__(self) -> None:
        result = getattr(self, "_result", None)
        if result is not None:
            result.close("the cursor is gone")
