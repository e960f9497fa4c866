"""The assessment folder, written and read back."""

from data.results.folder import read_results, write_results

__all__ = ["read_results", "write_results"]
