"""
Whether two questions ask the same: a deterministic embedding of hashed n-grams, and what it cannot see.

An embedding of letters takes "in 2024" for "in 2025". So words that carry meaning must be the same in both, in
one form or another; and a prompt that hands over text, to be repeated or worked on, is like no other.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BUCKETS = 2**18
GRAM = 3
STEM = 5
# Words that ask or are polite, and change nothing about what is asked.
EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the is are am was were be do does did can could will would shall should may me us you i we it its s "
        "what which of to in on at for and please kindly hi hello hey thanks thank tell say show give explain about "
        "know want like need",
    )
)
HANDS_OVER = re.compile(r"[:\"'`“”„«»<>{}\[\]\n]")


def words(text: str) -> list[str]:
    """Give the words of a text, without case and accents' different spellings."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("what's", "what is")
    return re.findall(r"\w+", plain)


def embed(text: str) -> dict[int, float]:
    """Give the direction of a text: hashed words and their letter triples, with length 1."""
    grams: Counter[int] = Counter()
    for word in words(text):
        padded = f"^{word}$"
        grams[_bucket(word)] += 1
        for start in range(len(padded) - GRAM + 1):
            grams[_bucket(padded[start : start + GRAM])] += 1
    length = math.sqrt(sum(count * count for count in grams.values()))
    return {bucket: count / length for bucket, count in grams.items()}


def _bucket(gram: str) -> int:
    return zlib.crc32(gram.encode()) % BUCKETS


def similarity(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    """Give the cosine of two directions, from 0 to 1."""
    return sum(weight * other.get(bucket, 0.0) for bucket, weight in one.items())


def can_be_alike(text: str) -> bool:
    """Tell whether a prompt may be taken for another one at all."""
    return not HANDS_OVER.search(text.strip().replace("what's", "").replace("What's", "")) and bool(_matters(text))


def alike(one: str, other: str, threshold: float) -> bool:
    """Tell whether two prompts ask the same."""
    same = can_be_alike(one) and can_be_alike(other) and _matters(one) == _matters(other)
    return same and similarity(embed(one), embed(other)) >= threshold


def _matters(text: str) -> Counter[str]:
    """Count the words that carry meaning, each cut to its stem; numbers are whole."""
    return Counter(
        word if any(letter.isdigit() for letter in word) else word[:STEM]
        for word in words(text)
        if word not in EMPTY_WORDS
    )
