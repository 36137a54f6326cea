"""Accounts that are handed in are read as meant, or refused in a sentence; people share what there is of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo.embedded import STAND_IN
from gonogo.profile import load_profile
from gonogo.trouble import UsageError
from load.accounts import members_of, read_accounts, with_accounts
from load.limits import pace_s
from load.profiles import PROFILES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "email,password\nada@example.com,one\nbob@example.com, two \n",
            [("ada@example.com", "one", None), ("bob@example.com", "two", None)],
        ),
        ("\ufeffname,api_key\nx,key-1\n", [(None, None, "key-1")]),
        ('email,password\n"a,b@example.com","p""q"\n', [("a,b@example.com", 'p"q', None)]),
    ],
)
def test_a_file(tmp_path: Path, text: str, found: list[tuple[str | None, ...]]) -> None:
    """Columns are known by their names, in whatever order, with quotes and a mark as spreadsheets write them."""
    file = tmp_path / "accounts.csv"
    file.write_text(text, encoding="utf-8")
    assert [(one.email, one.password, one.api_key) for one in read_accounts(str(file))] == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the columns 'email,password' or 'api_key' are wanted"),
        ("mail,word\na,b\n", "line 1: the columns 'email,password' or 'api_key' are wanted"),
        ("email,password\n", "there is no account in it"),
        (
            "email,password\na@example.com,x\nb@example.com,\n",
            "line 3: an account has an email and a password, or an api_key",
        ),
    ],
)
def test_no_file_of_accounts(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong is one sentence, with the line."""
    file = tmp_path / "accounts.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read_accounts(str(file))
    assert str(refused.value).endswith(said)
    with pytest.raises(UsageError, match="no accounts can be read there"):
        read_accounts(str(tmp_path))


def test_people_share_the_accounts_that_there_are(tmp_path: Path) -> None:
    """Ten people who are two members act a fifth as often as a limit on each member lets through."""
    reference = load_profile("reference", STAND_IN, base_url="https://127.0.0.1:1", environment="local")
    file = tmp_path / "accounts.csv"
    file.write_text("email,password\na@example.com,x\nb@example.com,y\n", encoding="utf-8")
    lent = with_accounts(reference, str(file))
    assert (members_of(reference, 10), members_of(lent, 10), members_of(lent, 1)) == (10, 2, 1)
    assert with_accounts(reference, "") is reference
    alone = pace_s(reference, PROFILES["smoke"], 10, 10, 10)
    assert alone == PROFILES["smoke"].every_s
    assert pace_s(lent, PROFILES["smoke"], 10, 10, 2) == pytest.approx(5 * 60 / 90)
