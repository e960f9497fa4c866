"""An assessment as plain tables: what folders hold and what maps, reports and pages show."""

from coverage.publish.districts import district_names, of_districts, own_facilities
from coverage.publish.make import results_of, unit_table
from coverage.publish.plan import plan_tables
from coverage.publish.tables import About, PlanTables, Results

__all__ = [
    "About",
    "PlanTables",
    "Results",
    "district_names",
    "of_districts",
    "own_facilities",
    "plan_tables",
    "results_of",
    "unit_table",
]
