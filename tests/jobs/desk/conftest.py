"""A store with the small city: the offices 西苑社区 and 东庄村."""

from tests.jobs.collect.conftest import store

__all__ = ["store"]
