"""Residents from points, polygons or a raster → a checked `PopulationGrid`."""

from data.population.read import NoPlacesError, PopulationFile, is_raster, offered, read_population
from data.population.reading import Reading

__all__ = ["NoPlacesError", "PopulationFile", "Reading", "is_raster", "offered", "read_population"]
