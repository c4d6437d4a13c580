"""Requests a second: with wrk where it is installed, else with a client of our own."""

import asyncio
import re
import shutil
import subprocess
import time

CONNECTIONS = 16
THREADS = 2
PATIENCE = 60  # seconds for one answer
HEADERS = {"Accept-Encoding": "gzip", "Host": "127.0.0.1"}


def program() -> str:
    """What asks, in words."""
    return "wrk" if shutil.which("wrk") else "our own client (apt-get install wrk for a faster one)"


def requests_a_second(address: str, seconds: int) -> float:
    """Answers a second over so many seconds, all connections kept busy; any answer but 200 ends the run."""
    if wrk := shutil.which("wrk"):
        return _wrk(wrk, address, seconds)
    return asyncio.run(_many(address, seconds))


def _wrk(wrk: str, address: str, seconds: int) -> float:
    command = [
        wrk, f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", f"--timeout={PATIENCE}s",
        "-H", "Accept-Encoding: gzip", address,
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or not (found := re.search(r"Requests/sec: +([0-9.]+)", said)):
        raise SystemExit(f"{address} was not answered as it should:\n{said}")
    return float(found[1])


async def _many(address: str, seconds: int) -> float:
    host, port, path = re.fullmatch(r"http://([^:/]+):(\d+)(/.*)", address).groups()  # type: ignore[union-attr]
    began = time.perf_counter()
    asked = [_one(host, int(port), path, began + seconds) for _ in range(CONNECTIONS)]
    counts = await asyncio.gather(*asked)
    return sum(counts) / (time.perf_counter() - began)


async def _one(host: str, port: int, path: str, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    heads = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    request = f"GET {path} HTTP/1.1\r\n{heads}\r\n".encode()
    count = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if not head.startswith(b"HTTP/1.1 200") or not length:
            raise SystemExit(f"{path} was not answered as it should:\n{head.decode()}")
        await reader.readexactly(int(length[1]))
        count += 1
    writer.close()
    return count
