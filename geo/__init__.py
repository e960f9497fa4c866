"""Coordinates, the walking network and reach. Pure: no files, no screen."""
