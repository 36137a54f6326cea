"""
The locustfile: people who chat.

    locust -f load/chat.py --host https://chat.example.com     with the web UI, or --headless
    locust -f load/chat.py                                     starts the reference service
    python -m gonogo gate --suite load --load gate             the same without Locust's words

Without `-u`, `-r` and `-t` the load profile says how many people come, how fast, and for how long. The exit code is
that of the verdict, also with --processes and with --master.
"""

from __future__ import annotations

from locust import events

from load.person import Person
from load.stage import add_arguments, begin, finish, prepare


class ChatUser(Person):
    """Somebody who chats, reads, lists and searches."""


events.init_command_line_parser.add_listener(add_arguments)
events.init.add_listener(prepare)
events.test_start.add_listener(begin)
events.quitting.add_listener(finish)
