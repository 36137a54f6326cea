"""The reference chat service: real in every part, and able to misbehave on demand."""

__version__ = "0.1.0"
