"""Pages of the admin that Django has none of."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from timeline.admin.deciding import REASON


class OwnPages(admin.ModelAdmin):
    """For a ModelAdmin with views of its own."""

    def show(
        self, request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any
    ) -> TemplateResponse:
        """A page within the admin's frame, with what each has."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "longest": REASON}
        frame["title"] = title
        return TemplateResponse(request, f"admin/timeline/{template}", frame | context, status=status)
