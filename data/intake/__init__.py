"""Facility lists as district offices really send them → accepted facilities and findings."""

from data.intake.datum.coordinates import DatumDecision, Evidence
from data.intake.findings import Finding
from data.intake.intake import Intake
from data.intake.read import read_facilities

__all__ = ["DatumDecision", "Evidence", "Finding", "Intake", "read_facilities"]
