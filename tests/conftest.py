"""What every test finds, however the tests themselves were started."""

import signal

# A shell that starts us in the background ignores SIGINT for us, and we would hand that on to what we interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
