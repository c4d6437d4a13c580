"""The timeline as a folder of files, for those without a server: the same pages, led to each other by file.

`places` knows which addresses of the site are in the copy and as which file, `markup` leads a page's links
there, `pages` makes the pages one by one, `folder` sees that no half of a copy ever stands.
"""

from timeline.publishing.folder import Occupied, check, replacing
from timeline.publishing.pages import Publication
from timeline.publishing.places import FRONT, NotFiltered, chosen

__all__ = ["FRONT", "NotFiltered", "Occupied", "Publication", "check", "chosen", "replacing"]
