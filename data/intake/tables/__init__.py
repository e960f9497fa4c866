"""Sheets of cells → tables: where they are, what their columns mean, what is written in their cells."""
