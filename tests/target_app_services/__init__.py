"""The tests of the reference service on PostgreSQL and Redis, which they start."""
