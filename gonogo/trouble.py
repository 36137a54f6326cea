"""
Whose fault is it? The top split of the exceptions says who broke the rules.

Trouble
├── UsageError        the user's: a bad profile, URL or argument; one sentence, exit code 2
├── TargetTrouble     theirs: the target did not do what the profile promises; recorded as a finding
│   └── OperationFailed
└── HarnessTrouble    ours: we cannot judge; recorded as an error, never as a finding
    └── NotEvaluable  a check found nothing to look at, or its twin failed
"""


class Trouble(Exception):
    """Anything that this project raises on purpose."""


class UsageError(Trouble):
    """The user asked for something that cannot be; the message is one sentence with the way out."""


class TargetTrouble(Trouble):
    """The target broke a rule, while the runner itself was fine."""


class OperationFailed(TargetTrouble):
    """A step did not get its answer; what stands behind it cannot be reached."""


class HarnessTrouble(Trouble):
    """We could not judge, and the target is not to blame."""


class NotEvaluable(HarnessTrouble):
    """A check cannot say anything about what it was shown."""
