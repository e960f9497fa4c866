"""Files by their SHA-256, each written whole or not at all, readable by nobody else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from data.files import clear_unfinished, write_bytes


@dataclass(frozen=True)
class StoredFiles:
    """The folder of a store's files: `ab/ab12…` for the SHA-256 ab12…"""

    folder: Path

    def make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """On disk when it returns, under its SHA-256, which is the answer."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if path.is_file() and path.stat().st_size == len(content):
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_bytes(path, content, mode=0o600)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes of a file. InputError where it is missing or is not what was stored."""
        try:
            content = self.path(sha256).read_bytes()
        except OSError as problem:
            raise InputError("The store lacks a file ({sha256}).", sha256=sha256[:12]) from problem
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InputError("A file of the store is damaged ({sha256}).", sha256=sha256[:12])
        return content

    def there(self) -> Iterator[str]:
        """The SHA-256 of every file there is."""
        for path in sorted(self.folder.glob("??/*")):
            if not path.name.startswith("."):
                yield path.name

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def clear_unfinished(self) -> int:
        """Remove what writers that were killed have left; to be called while nobody writes."""
        return sum(clear_unfinished(folder) for folder in self.folder.glob("??"))
