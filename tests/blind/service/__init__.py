"""
A chat service of another dialect than the reference service's: bearer tokens, and completions as OpenAI defined them.

`python -m tests.blind.service --port 8000 [--fault NAME]`. No cookie and no form; sign-up needs no mail; everything
lives in memory. `tests/blind/faults.py` tells what it can do wrong.
"""
