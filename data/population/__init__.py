"""Residents from points, polygons or a raster → a checked `PopulationGrid`."""

from data.population.read import PopulationFile, read_population

__all__ = ["PopulationFile", "read_population"]
