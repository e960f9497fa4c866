"""Coordinates, the walking network and reach. Pure: no files, no screen."""

__version__ = "0.1.0"
