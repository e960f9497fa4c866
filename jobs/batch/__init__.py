"""Many areas in one run: a plan, a task for each area, and the tables that put them side by side."""
