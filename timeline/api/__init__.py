"""The timeline for programs: read only, over HTTP, under /api/v1/.

Events, sources and actors have the shape of `exports.evidence`, whatever asks for them; events are chosen by
the query string of the timeline's page (`filters`). docs/api.md tells how to use it.
"""
