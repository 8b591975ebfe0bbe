"""Fuzzing: bytes and messages that nobody in their right mind would send.

``python -m tests.fuzz TARGET`` searches for new ones with atheris; the tests of this folder put
what was found before, and random bytes, through the same targets without it.
"""
