"""One statement's answer: an Arrow stream that is read from the socket as it is asked for."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, Iterator, List, Optional

import pyarrow as pa

from ._http import BROKEN, Response
from ._session import JSON, Session, segment
from ._values import Row, RowMaker, describe
from .errors import (
    ConnectionLost,
    Error,
    InterfaceError,
    QueryCancelled,
    RequestTimeout,
    from_statement,
)

ARROW = "application/vnd.apache.arrow.stream"
_SMALL = 16 * 1024  # bytes up to which a read is not worth memory of Arrow's own
_ROWS = 8192  # rows that are made into Python objects at once


class _Body:
    """What pyarrow reads from: bytes go from the socket into Arrow's memory, copied once."""

    def __init__(self, response: Response) -> None:
        self._raw = response.raw
        self.closed = False
        self.bytes = 0
        self.error: Optional[BaseException] = None

    def read(self, size: int) -> Any:
        try:
            if size <= _SMALL:
                piece = self._raw.read(size)
                self.bytes += len(piece)
                return piece
            buffer = pa.allocate_buffer(size)
            view = memoryview(buffer)
            got = 0
            while got < size:
                n = self._raw.readinto(view[got:])
                if n == 0:
                    break
                got += n
            self.bytes += got
            return buffer if got == size else buffer.slice(0, got)
        except BROKEN as error:
            self.error = error
            raise

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


class Result:
    """Rows and batches of one statement, in order; each is given out once. One thread at a time."""

    def __init__(self, session: Session, response: Response, query_id: str) -> None:
        self._session, self._response = session, response
        self.query_id = query_id
        self.rows_read = 0  # received
        self.given = 0  # given out as Python rows
        self.ended = False
        self.exhausted = False  # received to its end
        self._told = 0
        self._closed_why = ""
        self._batch: Optional[pa.RecordBatch] = None
        self._offset = 0  # rows of it that were given out or made into _page
        self._page: List[Row] = []
        self._page_at = 0
        self._body = _Body(response)
        self._reader = self._guarded(lambda: pa.ipc.open_stream(self._body))
        self.schema: pa.Schema = self._reader.schema
        self.description = describe(self.schema)
        self._maker = RowMaker(self.schema)

    @property
    def bytes_read(self) -> int:
        return self._body.bytes

    def _guarded(self, action: Any) -> Any:
        try:
            return action()
        except Error:
            raise
        except Exception as error:
            self._end("the statement failed")
            self._response.close()
            raise self._reason(self._body.error or error) from error
        except BaseException:  # Ctrl-C: the rest of the stream cannot be told any more
            self.close("it was interrupted")
            raise

    def _reason(self, error: BaseException) -> Error:
        """Why a stream ended early: the server keeps each statement's end in its history."""
        if isinstance(error, TimeoutError):
            return RequestTimeout(
                f"{self._session.url} sent nothing for too long.", query_id=self.query_id
            )
        item: Dict[str, Any] = {}
        for _ in range(10):
            try:
                found = self._session.call("GET", "queries/" + segment(self.query_id))
                item = found if isinstance(found, dict) else {}
            except Error:
                item = {}
            if item.get("state") in ("failed", "cancelled"):
                told = item.get("error") or {}
                if told.get("id") == "query.cancelled" or item["state"] == "cancelled":
                    return QueryCancelled(
                        "The query was cancelled.", id="query.cancelled", query_id=self.query_id
                    )
                return from_statement(told.get("id", ""), told.get("detail", ""), self.query_id)
            if item.get("state") != "running":
                break
            time.sleep(0.05)
        return ConnectionLost(
            f"The result broke off ({error}). The connection or the server was lost.",
            query_id=self.query_id,
        )

    def _end(self, why: str) -> None:
        self.ended = True
        self._closed_why = why
        self._batch, self._page, self._page_at = None, [], 0
        self._body.close()

    def close(self, why: str) -> None:
        """Gives the rest up. What was not fetched is gone; the server stops its work."""
        if not self.ended:
            self._response.close()
        self._end(self._closed_why or why)

    def shut(self) -> None:
        """From another thread: ends the stream under its reader."""
        self._response.shut()

    def _check(self) -> None:
        if self._closed_why:
            raise InterfaceError(f"The result cannot be read any more: {self._closed_why}.")

    def next_batch(self) -> Optional[pa.RecordBatch]:
        """What is left of the batch that rows were taken from, then whole ones; None at the end."""
        self._check()
        if self._page_at < len(self._page):
            self._offset -= len(self._page) - self._page_at
        self._page, self._page_at = [], 0
        self._drop_read_batch()
        batch = self._batch if self._batch is not None else self._read()
        if batch is None:
            return None
        rest = batch.slice(self._offset) if self._offset else batch
        self._batch, self._offset = None, 0
        return rest

    def _read(self) -> Optional[pa.RecordBatch]:
        """The next batch with rows in it."""
        while not self.ended:
            batch = self._guarded(self._read_one)
            if batch is None:
                self.ended = self.exhausted = True
                self._response.finish()
            elif batch.num_rows:
                self.rows_read += batch.num_rows
                return batch
        return None

    def _read_one(self) -> Optional[pa.RecordBatch]:
        try:
            return self._reader.read_next_batch()
        except StopIteration:
            return None

    def batches(self) -> Iterator[pa.RecordBatch]:
        while True:
            batch = self.next_batch()
            if batch is None:
                return
            yield batch

    def _fill(self) -> bool:
        """Makes the next rows; False at the end."""
        if self._batch is None:
            self._batch, self._offset = self._read(), 0
            if self._batch is None:
                return False
        part = self._batch.slice(self._offset, _ROWS)
        self._page, self._page_at = self._maker.rows(part), 0
        self._offset += part.num_rows
        return True

    def row(self) -> Optional[Row]:
        self._check()
        while self._page_at >= len(self._page):
            self._drop_read_batch()
            if not self._fill():
                return None
        row = self._page[self._page_at]
        self._page_at += 1
        self.given += 1
        return row

    def unread_row(self) -> None:
        """Takes the last row() back."""
        self._page_at -= 1
        self.given -= 1

    def take_news(self) -> bool:
        """Whether rows have arrived since the last call."""
        news, self._told = self.rows_read != self._told, self.rows_read
        return news

    def rows(self, most: Optional[int]) -> List[Row]:
        """The next `most` rows, or all."""
        self._check()
        out: List[Row] = []
        while most is None or len(out) < most:
            if self._page_at >= len(self._page):
                self._drop_read_batch()
                if not self._fill():
                    break
            end = len(self._page) if most is None else self._page_at + most - len(out)
            taken = self._page[self._page_at : end]
            out += taken
            self._page_at += len(taken)
        self.given += len(out)
        return out

    def _drop_read_batch(self) -> None:
        if self._batch is not None and self._offset >= self._batch.num_rows:
            self._batch = None


def query_body(
    sql: str,
    parameters: Any,
    query_id: str,
    options: Dict[str, Any],
) -> bytes:
    body = {"sql": sql, "query_id": query_id, **options}
    if parameters is not None:
        body["parameters"] = parameters
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")


def query_headers() -> Dict[str, str]:
    return {"Content-Type": JSON, "Accept": ARROW}
