"""What several tests share. A plugin here (fixtures, checks) is named in tests/conftest.py."""
