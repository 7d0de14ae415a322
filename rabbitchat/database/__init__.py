"""What the log and the users need of a database: SQLite or PostgreSQL, through SQLAlchemy Core.

The reactor never waits for it: what is asked is done in threads (threads.py).
"""
