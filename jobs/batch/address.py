"""Results at an address of fsspec (`s3://bucket/province`), for workers without a folder in common.

An area is made in a folder of the worker's own and then put there, each `provenance.json` last: what has one
is whole. Nothing at an address is locked or replaced at once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from fsspec.core import url_to_fs

from core.errors import InputError, SettingError
from data.whole_folder import PROVENANCE

_APART: Final = "://"
_FOLDERS: Final = ("file", "local")
# Every process has its own: what one worker keeps there nobody else finds.
_OF_ONE_PROCESS: Final = ("memory",)
# What fsspec's file systems make of their stores' errors.
_REFUSED: Final = (OSError, ValueError, RuntimeError, TimeoutError)


@dataclass(frozen=True)
class Address:
    """Where the files of a batch are put; the packages and keys are those of fsspec's own settings."""

    url: str

    def __str__(self) -> str:
        return self.url

    def names(self, below: str) -> set[str]:
        """The files below a folder, by their paths from there; none where there is no such folder."""
        files, root = self._opened()
        start = f"{root}/{below}/" if below else f"{root}/"
        try:
            files.invalidate_cache()
            found = files.find(start)
        except FileNotFoundError:
            return set()
        except _REFUSED as error:
            raise self._refused(error) from error
        return {f"/{name}".partition(f"/{start.lstrip('/')}")[2] for name in found}

    def get(self, below: str, names: Collection[str], to: Path) -> None:
        """Copies of files below a folder, those that are there."""
        files, root = self._opened()
        for name in names:
            try:
                content = files.cat_file(f"{root}/{below}/{name}" if below else f"{root}/{name}")
            except FileNotFoundError:
                continue
            except _REFUSED as error:
                raise self._refused(error) from error
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_bytes(content)

    def put(self, folder: Path, below: str = "") -> None:
        """All files of a folder in place of what is below there; beside it, where `below` is empty."""
        files, root = self._opened()
        target = f"{root}/{below}" if below else root
        made = {
            path.relative_to(folder).as_posix(): path
            for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }
        seals = [name for name in made if name.rpartition("/")[2] == PROVENANCE]
        there = self.names(below) if below else set()
        try:
            for name in sorted(there, key=lambda name: name.rpartition("/")[2] != PROVENANCE):
                if name in seals or name not in made:
                    files.rm_file(f"{target}/{name}")
            for name in (*sorted(made.keys() - set(seals)), *sorted(seals, key=len, reverse=True)):
                files.makedirs(f"{target}/{name}".rpartition("/")[0], exist_ok=True)
                files.pipe_file(f"{target}/{name}", made[name].read_bytes())
        except _REFUSED as error:
            raise self._refused(error) from error

    def put_file(self, path: Path, name: str) -> None:
        """One file in place of the one that is there."""
        files, root = self._opened()
        try:
            files.makedirs(root, exist_ok=True)
            files.pipe_file(f"{root}/{name}", path.read_bytes())
        except _REFUSED as error:
            raise self._refused(error) from error

    def _opened(self) -> tuple[Any, str]:
        try:
            files, root = url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise SettingError(
                "{address} cannot be opened: {problem}", address=self.url, problem=str(error)
            ) from error
        return files, str(root).rstrip("/")

    def _refused(self, error: Exception) -> InputError:
        said = str(error) or type(error).__name__
        return InputError("{address} cannot be used: {problem}", address=self.url, problem=said)


def folder_or_address(out: Path | str) -> Path | Address:
    """A folder of this machine, as a path or `file://…`, or an address. SettingError for one that cannot
    be."""
    said = str(out)
    kind = said.partition(_APART)[0] if _APART in said else ""
    if not kind or isinstance(out, Path):
        return Path(out)
    if kind in _FOLDERS:
        return Path(unquote(urlsplit(said).path))
    if kind in _OF_ONE_PROCESS:
        raise SettingError(
            "{address} is the memory of one process: what workers put there nobody else would find.",
            address=said,
        )
    address = Address(said.rstrip("/"))
    address.names("")
    return address
