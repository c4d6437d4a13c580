"""Fuzzing: what may come in from anywhere, and what must hold of it whatever it is (docs/fuzzing.md)."""
