"""Mutants that change no verdict, each with the reason why; `python -m tests.mutation` holds the list to the code."""

from __future__ import annotations

EQUIVALENT: dict[str, str] = {}
