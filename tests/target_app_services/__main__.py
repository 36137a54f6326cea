"""`python -m tests.target_app_services [pytest's arguments]`: the service's tests, on PostgreSQL and Redis."""

import os
import signal
import subprocess
import sys

from tests.target_app_services.services import Missing, services

EVERYTHING = ["-n", "2", "--dist", "loadfile", "tests/target_app", "tests/target_app_services"]


def main(arguments: list[str]) -> int:
    """Start both services, run the tests on them, and stop the services; return pytest's exit code."""
    # So that the services are stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with services() as (database_url, redis_url):
            environment = {**os.environ, "SERVICES_DATABASE_URL": database_url, "SERVICES_REDIS_URL": redis_url}
            command = [sys.executable, "-m", "pytest", *(arguments or EVERYTHING)]
            return subprocess.run(command, env=environment, check=False).returncode
    except Missing as missing:
        sys.stderr.write(f"{missing}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
