"""Several of dropout's random values from each random number."""

from fractions import Fraction
from typing import Tuple

BITS = 32  # of a random number
COMBINATIONS = 2**10  # at most, of the digits that are taken from one number
DIGITS = 8  # at most


def base_and_digits(rate: float) -> Tuple[int, int]:
    """Find the base in which a rate is one digit after the point, and how many digits to take from a number.

    0.2 is 0.1 in base 5, 0.25 is 0.1 in base 4. In such a base the digits of a random number between 0 and 1
    are independent, and each decides whether another value is dropped. With 32 bits the probability of each
    combination of them is right to 2^-22 of it; a float32 has steps of 2^-23. Where there is no such base,
    a number decides on one value.

    The bits of an unsigned integer stand after the point. Times the base, its first digit overflows, and the
    next one leads: a value is dropped where what is left is less than rate * 2^32.
    """
    base = Fraction(rate).limit_denominator(COMBINATIONS).denominator
    if abs(round(base * rate) / base - rate) * 2**BITS > 1:
        return 1, 1
    digits = 1
    while 2 * digits <= DIGITS and base ** (2 * digits) <= COMBINATIONS:
        digits *= 2
    return base, digits
