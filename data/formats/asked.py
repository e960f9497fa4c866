"""Questions that a file leaves open, and which option answers them."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import InputError
from core.text import Text


class OpenQuestionError(InputError):
    """Several readings could be meant. `question` names the file and all of them.

    `option` is the command line's ("--population-column"), `field` the field of `Answers` that the
    answer goes to, `choices` what may be answered (empty: anything). In a script the question is
    refused as it stands; at a terminal and on the page it is asked.
    """

    def __init__(self, question: Text, *, option: str, field: str, choices: Sequence[str]) -> None:
        super().__init__(question)
        self.option, self.field, self.choices = option, field, tuple(choices)
