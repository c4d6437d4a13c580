"""Keys of rows as they come in addresses and forms."""


def is_key(written: str) -> bool:
    """Whether it can be the key of a row: digits, and no more of them than the database counts to."""
    return written.isascii() and written.isdigit() and len(written) < 19
