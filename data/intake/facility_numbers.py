"""A facility's own number: the letter F, six characters, and one that checks them.

Characters are digits and capitals without I, L, O and U (Crockford's base 32), so that a number can be
read aloud; the first letter keeps a spreadsheet from reading it as a figure. The last character is Luhn's
check for 32 characters: one wrong character, or two neighbours exchanged, is noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 6


def new_facility_id(taken: Collection[str], seed: str) -> str:
    """A number that is not taken; the same for the same `seed`, so that a preview says what will be given."""
    tried = 0
    while True:
        digest = hashlib.sha256(f"{seed}|{tried}".encode()).digest()
        body = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:_LENGTH])
        found = f"F{body}{_check(body)}"
        if found not in taken:
            return found
        tried += 1


def is_facility_id(word: str) -> bool:
    """Whether a word is such a number.

    >>> is_facility_id("F" + "000000" + "0"), is_facility_id("F0000010"), is_facility_id("F123")
    (True, False, False)
    """
    word = word.strip().upper()
    body = word[1:-1]
    if len(word) != _LENGTH + 2 or word[0] != "F" or not set(body) <= set(ALPHABET):
        return False
    return word[-1] == _check(body)


def _check(body: str) -> str:
    total = 0
    for position, character in enumerate(reversed(body)):
        value = ALPHABET.index(character) * (2 if position % 2 == 0 else 1)
        total += value // len(ALPHABET) + value % len(ALPHABET)
    return ALPHABET[-total % len(ALPHABET)]
