"""Files in volumes: ``/Volumes/catalog/schema/volume/path``."""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import uuid
from pathlib import Path
from typing import IO, Any, Callable, Iterator, Optional, Union

from . import models
from ._auth import user_folder, write_private_text
from ._http import BROKEN, PIECE, Response, Sized
from ._session import Session, segment, with_query
from .errors import (
    AuthenticationError,
    Conflict,
    ConnectionLost,
    Error,
    InterfaceError,
    InternalError,
    NotFound,
    RequestTimeout,
    ServerUnavailable,
)
from .upload_jobs import JobProgress, UploadJob, pairs_of

# (bytes so far, bytes in all; None where that is not known)
BytesProgress = Callable[[int, Optional[int]], None]
Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, IO[bytes]]

_SINGLE = 8 << 20  # up to this size a file goes in one request
_PART = 32 << 20
_ATTEMPTS = 6  # without a byte gained
_MENDED = (
    ConnectionLost,
    RequestTimeout,
    ServerUnavailable,
    Conflict,
    AuthenticationError,
    InternalError,
)


def encoded_path(path: str) -> str:
    """``/Volumes/c/s/v/a b`` as ``c/s/v/a%20b``."""
    parts = path.split("/")
    if parts[:2] != ["", "Volumes"] or len(parts) < 5 or not all(parts[2:5]):
        raise InterfaceError(
            f"{path!r} is not a place for files: write /Volumes/catalog/schema/volume/path."
        )
    rest = [part for part in parts[5:] if part]
    return "/".join(segment(part) for part in parts[2:5] + rest)


class Upload:
    """A resumable upload: bytes go in parts, and a lost connection costs only the last one.

    Made by `files.start_upload`. `run()` sends, and may be called again after an error, also in
    another process with `files.resume_upload(id)`. Unfinished uploads are kept for seven days.

    Attributes:
        id: names it on the server.
        path: where the file will be.
        bytes: of the whole file.
        offset: bytes that the server has.
    """

    def __init__(self, session: Session, item: Any) -> None:
        self._session = session
        self.id = str(item["id"])
        self.path = str(item["path"])
        self.bytes = int(item["bytes"])
        self.offset = int(item["offset"])

    def refresh(self) -> int:
        """Asks the server how far it is. Raises NotFound when it is finished or given up."""
        item = self._session.call("GET", "uploads/" + segment(self.id))
        self.offset = int(item["offset"])
        return self.offset

    def run(self, source: IO[bytes], progress: Optional[BytesProgress] = None) -> models.File:
        """Sends what is missing from a seekable source, and finishes."""
        failures = 0
        while self.offset < self.bytes:
            before = self.offset
            try:
                self._send_part(source, progress)
                failures = 0
            except _MENDED:
                # Lost connections, a restart, a part that came twice: mended by asking how far.
                failures += 1
                if failures == _ATTEMPTS:
                    raise
                time.sleep(min(0.1 * 2**failures, 5))
                try:
                    self.refresh()
                except ServerUnavailable:
                    self.offset = before
                if self.offset > before:
                    failures = 0
        return self._finish()

    def _finish(self) -> models.File:
        return models.decode(
            models.File, self._session.call("POST", f"uploads/{segment(self.id)}/finish", timeout=0)
        )

    def cancel(self) -> None:
        """Gives it up; the server forgets its bytes."""
        self._session.call("DELETE", "uploads/" + segment(self.id))

    def _send_part(self, source: IO[bytes], progress: Optional[BytesProgress]) -> None:
        start, length = self.offset, min(_PART, self.bytes - self.offset)
        source.seek(start)

        def sent(count: int) -> None:
            if progress is not None:
                progress(start + count, self.bytes)

        response = self._session.send(
            "PATCH",
            "uploads/" + segment(self.id),
            headers={
                "Upload-Offset": str(start),
                "Content-Type": "application/octet-stream",
            },
            body=Sized(source, length, sent),
        )
        response.read()
        reached = response.header("Upload-Offset")
        if not reached.isdigit():
            raise InternalError("The server did not say how far the upload is.")
        self.offset = int(reached)


class Files:
    """Files in volumes. Transfers are streamed: memory does not grow with a file's size."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def upload(
        self,
        source: Source,
        path: str,
        *,
        overwrite: bool = False,
        progress: Optional[BytesProgress] = None,
    ) -> models.File:
        """Sends a file to ``/Volumes/…``; it becomes visible as a whole.

        Args:
            source: a path, bytes, or an open binary file (from where it stands). More than 8 MB
                from a path or a seekable file go as a resumable upload; of a path, the same call
                after an interruption, also in a new process, goes on where it was.
            overwrite: replace a file that is there.
            progress: called with bytes so far and in all; an exception in it ends the upload.

        Raises:
            AlreadyExists, Conflict: there is one and `overwrite` is not set.
            NotFound: there is no such volume.
            OSError: the source cannot be read.
        """
        encoded_path(path)
        if isinstance(source, (bytes, bytearray, memoryview)):
            return self._upload_open(io.BytesIO(source), path, overwrite, progress)
        if isinstance(source, (str, os.PathLike)):
            return self._upload_local(Path(source), path, overwrite, progress)
        return self._upload_open(source, path, overwrite, progress)

    def upload_job(
        self,
        source: Union[str, "os.PathLike[str]"],
        path: str,
        *,
        overwrite: bool = False,
        parallel: int = 4,
        progress: Optional[Callable[[JobProgress], None]] = None,
    ) -> UploadJob:
        """Sends a file, or all files of a folder to below `path`, in the background.

        Args:
            parallel: files that are sent at a time.
            progress: called from other threads with what the job's `progress` is then.

        Raises:
            FileNotFoundError: there is no such file or folder here.
        """
        encoded_path(path)
        return UploadJob(
            self,
            pairs_of(source, path),
            overwrite=overwrite,
            parallel=parallel,
            progress=progress,
        )

    def start_upload(self, path: str, length: int, *, overwrite: bool = False) -> Upload:
        """Begins a resumable upload of `length` bytes."""
        encoded_path(path)
        body = {"path": path, "bytes": length, "overwrite": overwrite}
        return Upload(self._session, self._session.call("POST", "uploads", body))

    def resume_upload(self, id: str) -> Upload:  # noqa: A002 - the server's word
        """An upload that was begun before. Raises NotFound when the server does not know it."""
        return Upload(self._session, self._session.call("GET", "uploads/" + segment(id)))

    def _upload_open(
        self, source: IO[bytes], path: str, overwrite: bool, progress: Optional[BytesProgress]
    ) -> models.File:
        if not source.seekable():
            raise InterfaceError("The source cannot be sought in: write it to a file first.")
        start = source.tell()
        length = source.seek(0, os.SEEK_END) - start
        source.seek(start)
        if length <= _SINGLE:
            return self._put(source.read(length), path, overwrite, progress)
        upload = self.start_upload(path, length, overwrite=overwrite)
        return self._run_or_cancel(upload, _From(source, start), progress)

    def _run_or_cancel(
        self, upload: Upload, source: Any, progress: Optional[BytesProgress]
    ) -> models.File:
        try:
            return upload.run(source, progress)
        except BaseException:
            try:
                upload.cancel()
            except Error:
                pass  # the server forgets it by itself after seven days
            raise

    def _upload_local(
        self, local: Path, path: str, overwrite: bool, progress: Optional[BytesProgress]
    ) -> models.File:
        with open(local, "rb") as source:
            status = os.fstat(source.fileno())
            if status.st_size <= _SINGLE:
                return self._put(source.read(), path, overwrite, progress)
            key = f"{self._session.url}\n{local.resolve()}\n{status.st_size}\n{status.st_mtime_ns}"
            note = _note(f"{key}\n{path}\n{overwrite}")
            upload = self._noted(note, status.st_size, path)
            if upload is None:
                upload = self.start_upload(path, status.st_size, overwrite=overwrite)
                write_private_text(note, upload.id + "\n")
            done = upload.run(source, progress)
            note.unlink()
            return done

    def _noted(self, note: Path, length: int, path: str) -> Optional[Upload]:
        """The unfinished upload of the same file to the same place."""
        try:
            upload = self.resume_upload(note.read_text().strip())
        except (FileNotFoundError, NotFound):
            return None
        return upload if (upload.bytes, upload.path) == (length, path) else None

    def _put(
        self, content: bytes, path: str, overwrite: bool, progress: Optional[BytesProgress]
    ) -> models.File:
        response = self._session.send(
            "PUT",
            with_query("files/" + encoded_path(path), {"overwrite": overwrite or None}),
            headers={"Content-Type": "application/octet-stream"},
            body=content,
        )
        answer = _json_of(response)
        if progress is not None:
            progress(len(content), len(content))
        return models.decode(models.File, answer)

    def download(
        self,
        path: str,
        target: Union[str, "os.PathLike[str]", IO[bytes]],
        *,
        progress: Optional[BytesProgress] = None,
    ) -> int:
        """Gets a file; returns its bytes. A broken connection is mended by asking for the rest.

        Args:
            target: a path, which is replaced as a whole when all has come, or a binary file.

        Raises:
            NotFound: there is no such file.
            Conflict: the file was replaced on the server while it was fetched.
        """
        if not isinstance(target, (str, os.PathLike)):
            return self._fetch(path, target, progress)
        final = Path(target)
        partial = final.with_name(f".{final.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            with open(partial, "xb") as out:
                count = self._fetch(path, out, progress)
            os.replace(partial, final)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        return count

    def read(self, path: str) -> bytes:
        """A file's bytes, in memory."""
        out = io.BytesIO()
        self._fetch(path, out, None)
        return out.getvalue()

    def _fetch(self, path: str, out: IO[bytes], progress: Optional[BytesProgress]) -> int:
        got, total, etag, failures = 0, None, "", 0
        while True:
            headers = {"Range": f"bytes={got}-", "If-Range": etag} if got else {}
            response = self._session.send("GET", "files/" + encoded_path(path), headers=headers)
            if got and response.status != 206:
                response.close()
                raise Conflict(f"{path} was replaced while it was fetched. Fetch it again.")
            if not got:
                etag, total = response.header("ETag"), int(response.header("Content-Length", "0"))
            before = got
            try:
                for piece in _pieces(response):
                    out.write(piece)
                    got += len(piece)
                    if progress is not None:
                        progress(got, total)
            except BaseException:
                response.close()
                raise
            if got == total:
                response.finish()
                return got
            response.close()
            failures = 1 if got > before else failures + 1
            if failures == _ATTEMPTS:
                raise ConnectionLost(f"The connection broke {failures} times while {path} came.")
            time.sleep(min(0.1 * 2**failures, 5))

    def list(self, path: str) -> Iterator[models.Entry]:
        """What is in a directory or volume, by name. Raises NotFound."""
        for item in self._session.items("directories/" + _directory(path)):
            yield models.decode(models.Entry, item)

    def delete(self, path: str) -> None:
        """Deletes a file. Raises NotFound."""
        self._session.call("DELETE", "files/" + encoded_path(path))

    def move(self, source: str, target: str, *, overwrite: bool = False) -> None:
        """Moves or renames a file or directory."""
        body = {"from": source, "to": target, "overwrite": overwrite}
        self._session.call("POST", "files/move", body)

    def make_directory(self, path: str) -> models.Entry:
        answer = self._session.call("PUT", "directories/" + _directory(path))
        return models.decode(models.Entry, answer)

    def delete_directory(self, path: str, *, recursive: bool = False) -> None:
        """With all that is in it where `recursive`; else it has to be empty."""
        self._session.call(
            "DELETE", "directories/" + _directory(path), query={"recursive": recursive}
        )


class _From:
    """A file from a place on, as if it began there."""

    def __init__(self, source: IO[bytes], start: int) -> None:
        self._source, self._start = source, start

    def seek(self, offset: int) -> int:
        return self._source.seek(self._start + offset) - self._start

    def read(self, size: int) -> bytes:
        return self._source.read(size)


def _directory(path: str) -> str:
    """A volume's own root is its name with a slash."""
    encoded = encoded_path(path)
    return encoded + "/" if encoded.count("/") == 2 else encoded


def _pieces(response: Response) -> Iterator[bytes]:
    """Ends where the connection does, too."""
    while True:
        try:
            piece = response.raw.read(PIECE)
        except BROKEN:
            return
        if not piece:
            return
        yield piece


def _note(key: str) -> Path:
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return user_folder("XDG_STATE_HOME", ".local/state") / f"upload-python-{digest}"


def _json_of(response: Response) -> Any:
    return json.loads(response.read())
