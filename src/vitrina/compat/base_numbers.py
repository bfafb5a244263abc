"""Numbers written with other digits, as sign-in plugins store expiry times."""

from __future__ import annotations

import string


class BaseConverter:
    """Writes whole numbers with ``digits``, the most significant first."""

    decimal_digits = string.digits

    def __init__(self, digits: str) -> None:
        self.digits = digits

    def encode(self, number: int) -> str:
        """The number's text. Raises ValueError below 0."""
        left = int(number)
        if left < 0:
            raise ValueError("Only numbers from 0 on can be written")
        text = ""
        while True:
            left, digit = divmod(left, len(self.digits))
            text = self.digits[digit] + text
            if not left:
                return text

    def decode(self, text: str) -> int:
        """The number of a text. Raises ValueError for a character that is no digit."""
        number = 0
        for character in text:
            number = number * len(self.digits) + self.digits.index(character)
        return number


bin = BaseConverter("01")
hexconv = BaseConverter("0123456789ABCDEF")
base62 = BaseConverter(string.ascii_uppercase + string.digits + string.ascii_lowercase)
