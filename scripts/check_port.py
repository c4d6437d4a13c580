#!/usr/bin/env python3
"""Say why the site can't be served on a port, before anything dear is done.

Usage: check_port.py PORT. Exit code 0 where the port of the loopback is free, else 1 and a message.
"""

import os
import socket
import sys

HOST = "127.0.0.1"


def check(port: str) -> None:
    """Raise SystemExit with a message where `port` isn't a free port of the loopback."""
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        sys.exit(f"PORT must be a number from 1 to 65535, not “{port}”. For example: make run PORT=8123")
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, int(port)))
            listener.listen()
        except OSError as error:
            sys.exit(
                f"Port {port} can't be used ({os.strerror(error.errno)}). Take another: make run PORT=8123"
            )


if __name__ == "__main__":
    check(sys.argv[1])
