"""Records of a file, kept outside of the memory and of the database until all files are read.

A file is parsed without any lock held; what it gave waits here, and is then applied in one short transaction.
"""

import pickle
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from outreach.directory.importers.records import Problem, Record

CHUNK = 300


class Spool:
    """Owns a scratch file that only this process can reach, and that is gone when the spool is closed.

    Records come back in the order they were put in, in batches of one kind, at most `CHUNK` in each, with the
    problems that stood among them.
    """

    def __init__(self) -> None:
        # Python's own format is safe here: nobody but this object writes the file or reads it.
        self._file = tempfile.TemporaryFile(prefix="outreach-import-")  # noqa: SIM115
        self._waiting: list[Record] = []
        self._kind: type[Record] | None = None
        self.batches_count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, record: Record) -> None:
        """Add a record."""
        kind = None if isinstance(record, Problem) else type(record)
        if len(self._waiting) >= CHUNK or (kind and self._kind and kind is not self._kind):
            self.flush()
        self._kind = kind or self._kind
        self._waiting.append(record)

    def flush(self) -> None:
        """Write what waits; called once all records are put in."""
        if self._waiting:
            pickle.dump(self._waiting, self._file, pickle.HIGHEST_PROTOCOL)
            self._waiting, self._kind = [], None
            self.batches_count += 1

    def batches(self) -> Iterator[list[Record]]:
        """All records from the beginning. One reading at a time."""
        self._file.seek(0)
        for _ in range(self.batches_count):
            yield pickle.load(self._file)
