"""What every test finds, however the tests themselves were started."""

import signal

from hypothesis import settings

# A shell that starts us in the background ignores SIGINT for us, and we would hand that on to what we interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
