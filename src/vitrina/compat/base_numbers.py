"""Numbers written with other digits, as sign-in plugins store expiry times."""

from __future__ import annotations

import string


class BaseConverter:
    """Writes whole numbers with ``digits``, the most significant first."""

    decimal_digits = string.digits

    def __init__(self, digits: str) -> None:
        self.digits = digits

    def encode(self, number: int) -> str:
        """The number's text, with a minus sign below 0."""
        sign, left = ("-", -int(number)) if int(number) < 0 else ("", int(number))
        text = ""
        while True:
            left, digit = divmod(left, len(self.digits))
            text = self.digits[digit] + text
            if not left:
                return sign + text

    def decode(self, text: str) -> int:
        """The number of a text. Raises ValueError for a character that is no digit."""
        sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
        number = 0
        for character in digits:
            number = number * len(self.digits) + self.digits.index(character)
        return sign * number

    @staticmethod
    def convert(number: object, fromdigits: str, todigits: str) -> str:
        """A number that is written with ``fromdigits``, written with ``todigits``."""
        return BaseConverter(todigits).encode(BaseConverter(fromdigits).decode(str(number)))


bin = BaseConverter("01")
hexconv = BaseConverter("0123456789ABCDEF")
base62 = BaseConverter(string.ascii_uppercase + string.digits + string.ascii_lowercase)
