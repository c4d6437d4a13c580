"""What every answer tells the browser, whatever became of the request: what it may do with it.

The policies of pages stand in the settings. These are for what no setting of Django's or of a package's is
there for, and for answers that are given before the middleware that has one comes to it.
"""

import re
from collections.abc import Callable

from csp.constants import HEADER as POLICY
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

# All that browsers would let a page ask its reader for: none of it is needed.
FEATURES = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock",
    "serial", "storage-access", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip
EVERYWHERE = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES),
    # What says nothing of it is an error, a redirect or large: all three are asked for anew.
    "Cache-Control": "private, no-store",
}
# What is no page needs nothing and runs nothing, also where somebody opens it by itself.
OF_DATA = "default-src 'none'; frame-ancestors 'none'; sandbox"


class Headers:
    """Middleware around all that gives an answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # Django's own stands further in: some are answered before it comes to them.
        self.security = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.security.process_response(request, self.get_response(request))
        for name, value in EVERYWHERE.items():
            response.headers.setdefault(name, value)
        if response.headers.get("Content-Type", "text/html").partition(";")[0] != "text/html":
            response.headers[POLICY] = OF_DATA
        shared = re.search(settings.SHARED_URLS_REGEX, request.path_info)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if shared else "same-origin"
        return response
