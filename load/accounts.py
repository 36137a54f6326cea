"""A file of accounts that an operator hands in: CSV with `email` and `password`, or `api_key`, in its first line."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from gonogo.sections import Account
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from gonogo.profile import Profile

NAMED_BY = "GONOGO_ACCOUNTS"
"""The environment variable that names the file to every process of a load."""
COLUMNS = ({"email", "password"}, {"api_key"})


def read_accounts(name: str) -> tuple[Account, ...]:
    """The accounts in a file. Raises UsageError, with the line, for a file that is none of accounts."""
    try:
        with Path(name).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not any(columns <= set(rows.fieldnames or ()) for columns in COLUMNS):
                raise UsageError(f"{name} line 1: the columns 'email,password' or 'api_key' are wanted")
            accounts = tuple(account_in(row, f"{name} line {rows.line_num}") for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{name}: no accounts can be read there: {error}") from error
    if not accounts:
        raise UsageError(f"{name}: there is no account in it")
    return accounts


def account_in(row: dict[str, str], where: str) -> Account:
    """The account of a line. Raises UsageError."""
    found = {name: (row.get(name) or "").strip() for name in ("email", "password", "api_key")}
    if not found["api_key"] and not (found["email"] and found["password"]):
        raise UsageError(f"{where}: an account has an email and a password, or an api_key")
    return Account(**{name: value for name, value in found.items() if value})


def with_accounts(profile: Profile, name: str) -> Profile:
    """The profile, lent the accounts of a file where one is named."""
    if not name:
        return profile
    identity = profile.identity.model_copy(update={"sign_up": "accounts", "accounts": read_accounts(name)})
    return profile.model_copy(update={"identity": identity})


def members_of(profile: Profile, users: int) -> int:
    """How many members so many people are to the target: each is one of their own, as far as there are accounts."""
    identity = profile.identity
    return users if identity.sign_up == "harness" else min(users, len(identity.accounts))
