"""Packages of npm as a browser takes them: files as they are, CommonJS made into modules."""

import json
import mimetypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from django.conf import settings

MODULES = Path(settings.BASE_DIR) / "node_modules"
_MODULE = re.compile(r"^(import|export)\b", re.MULTILINE)
_FROM = re.compile(r"""(\bfrom |\bimport |\brequire\()(["'])([^"']+)\2""")


@contextmanager
def served() -> Iterator[str]:
    """Serves `node_modules` to any page; gives the address of the folder, without a slash at its end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = MODULES / self.path.partition("?")[0].removeprefix("/")
        own = file.suffix != ".js" or "dist" in file.parts
        body = file.read_bytes() if own else _as_module(file).encode()
        self.send_response(200)
        self.send_header("Content-Type", mimetypes.guess_type(file.name)[0] or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _as_module(file: Path) -> str:
    text = _FROM.sub(lambda found: found[1] + json.dumps(_address(found[3], file)), file.read_text())
    if _MODULE.search(text):
        return text
    names = list(dict.fromkeys(found[3] for found in _FROM.finditer(text) if found[1] == "require("))
    imports = "\n".join(f"import m{number} from {json.dumps(name)};" for number, name in enumerate(names))
    known = ", ".join(f"{json.dumps(name)}: m{number}" for number, name in enumerate(names))
    return (
        f"{imports}\nconst module = {{exports: {{}}}}, exports = module.exports, known = {{{known}}};\n"
        f"const require = (name) => known[name];\n{text}\nexport default module.exports;"
    )


def _address(name: str, file: Path) -> str:
    """Where the named module is, as Node finds it."""
    start = file.parent / name if name.startswith(".") else MODULES / name
    for path in (start, start.with_name(f"{start.name}.js"), start / "lib/index.js", start / "index.js"):
        if path.is_file():
            return f"/{path.resolve().relative_to(MODULES.resolve())}"
    raise FileNotFoundError(name)
