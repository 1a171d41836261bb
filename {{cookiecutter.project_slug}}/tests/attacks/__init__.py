"""Attacks on the API, one file for each kind. Every test shows that one of them is refused."""
