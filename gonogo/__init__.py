"""The machinery: profile, service client, evidence, what a check is, the verdict, the command line."""

__version__ = "0.1.0"
