"""One briefing of a result: the model that every form is drawn from, and its Markdown form."""

from reports.briefing.make import Cover, briefing_of
from reports.briefing.model import Briefing

__all__ = ["Briefing", "Cover", "briefing_of"]
