"""Very many inputs, drawn and mutated, for all that reads what strangers send (`make test-fuzz`).

`targets.py` names what is fuzzed, `engines.py` makes the inputs, `judge.py` says what is wrong.
"""
