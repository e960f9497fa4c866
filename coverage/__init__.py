"""The subject: standards, measures, gaps, siting and assessments. Pure: no files, no screen."""
