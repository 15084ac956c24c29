"""Uploads in the background: one file or a whole folder, with progress, waiting and cancelling."""

from __future__ import annotations

import os
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Dict, List, Optional, Tuple, Union

from . import models
from .errors import Error, InterfaceError

if TYPE_CHECKING:
    from .files import Files


@dataclass(frozen=True)
class JobProgress:
    """How far a job is.

    Attributes:
        files_done, files: files that are on the server, and in all.
        bytes_done, bytes: bytes that were sent, and in all.
        failed: files that could not be sent.
    """

    files_done: int
    files: int
    bytes_done: int
    bytes: int
    failed: int


class UploadFailed(Error):
    """Some files of a job could not be sent; the others are on the server.

    Attributes:
        failures: local path of each such file and why.
    """

    def __init__(self, failures: Dict[str, BaseException]) -> None:
        first = next(iter(failures.items()))
        more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
        super().__init__(f"{first[0]}{more} could not be uploaded: {first[1]}")
        self.failures = failures


class _Stopped(Exception):
    pass


class UploadJob:
    """Files on their way to the server, several at a time, while the program goes on.

    Made by `files.upload_job`. Large files are resumable uploads: the same job begun again, also in
    a new process, goes on where it was. As a context manager it waits at the end, and cancels when
    an exception ends the block.
    """

    def __init__(
        self,
        files: "Files",
        pairs: List[Tuple[Path, str]],
        *,
        overwrite: bool,
        parallel: int,
        progress: Optional[Callable[[JobProgress], None]],
    ) -> None:
        if not 1 <= parallel <= 32:
            raise InterfaceError("parallel is 1 to 32 files at a time.")
        self._files, self._overwrite, self._progress = files, overwrite, progress
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._sent = {local: 0 for local, _ in pairs}
        self._bytes = sum(local.stat().st_size for local, _ in pairs)
        self._done = self._failed = 0
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="openbricks-upload")
        self._futures: Dict[Path, "Future[models.File]"] = {
            local: self._pool.submit(self._send, local, path) for local, path in pairs
        }
        self._pool.shutdown(wait=False)

    @property
    def progress(self) -> JobProgress:
        with self._lock:
            return JobProgress(
                self._done, len(self._sent), sum(self._sent.values()), self._bytes, self._failed
            )

    @property
    def done(self) -> bool:
        """Whether nothing is on its way any more."""
        return all(future.done() for future in self._futures.values())

    def wait(self, timeout: Optional[float] = None) -> List[models.File]:
        """Waits until all files are on the server; gives them in the order of their names.

        Raises:
            TimeoutError: it takes longer than `timeout` seconds; the job goes on.
            UploadFailed: some files could not be sent.
            concurrent.futures.CancelledError: the job was cancelled.
        """
        if wait(self._futures.values(), timeout).not_done:
            raise TimeoutError(f"The upload is not done after {timeout} seconds; it goes on.")
        if self._stop.is_set():
            raise CancelledError("The upload was cancelled.")
        failures = {
            str(local): error
            for local, future in self._futures.items()
            if (error := future.exception()) is not None
        }
        if failures:
            raise UploadFailed(failures)
        return [future.result() for future in self._futures.values()]

    def cancel(self) -> None:
        """Sends no more. Files that have arrived stay, others do not become visible."""
        self._stop.set()
        for future in self._futures.values():
            future.cancel()
        wait(self._futures.values())

    def __enter__(self) -> "UploadJob":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.wait()
        else:
            self.cancel()

    def _send(self, local: Path, path: str) -> models.File:
        def sent(count: int, _: Optional[int]) -> None:
            if self._stop.is_set():
                raise _Stopped
            with self._lock:
                self._sent[local] = count
            self._tell()

        try:
            file = self._files.upload(local, path, overwrite=self._overwrite, progress=sent)
        except BaseException:
            with self._lock:
                self._sent[local] = 0
                self._failed += 1
            self._tell()
            raise
        with self._lock:
            self._done += 1
        self._tell()
        return file

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.progress)


def pairs_of(source: Union[str, "os.PathLike[str]"], path: str) -> List[Tuple[Path, str]]:
    """Local files and where they go: of a folder all below it, under the same names.

    Links are followed to files, not to folders. Raises FileNotFoundError.
    """
    local = Path(source)
    if local.is_file():
        return [(local, path)]
    if not local.is_dir():
        raise FileNotFoundError(f"There is no file or folder {local}.")
    found = sorted(Path(folder) / name for folder, _, names in os.walk(local) for name in names)
    target = path.rstrip("/")
    return [
        (file, f"{target}/{file.relative_to(local).as_posix()}") for file in found if file.is_file()
    ]
