"""An assessment as plain tables: what folders hold and what maps, reports and pages show."""

from coverage.publish.make import results_of, unit_table
from coverage.publish.plan import plan_tables
from coverage.publish.tables import About, PlanTables, Results

__all__ = ["About", "PlanTables", "Results", "plan_tables", "results_of", "unit_table"]
