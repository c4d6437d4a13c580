"""What curators decide: each decision one function, checked, carried out, and recorded to be undone.

Pages and tests call these and nothing else to change what was read. A decision takes whom it is `by`, a
`reason`, and what the curator had `seen` (the `token` of the event): if somebody, or a load, has changed the
event since, it is refused with a Conflict, and nothing is changed.
"""

from timeline.curating.actors import (
    actor_token,
    add_actor,
    correct_actor,
    hold_actors,
    merge_actors,
    namesake,
    preview_merge_actors,
)
from timeline.curating.events import (
    Preview,
    add,
    correct,
    give_back,
    keep,
    merge,
    move,
    preview_merge,
    preview_move,
    preview_split,
    review,
    split,
)
from timeline.curating.holding import Conflict, Unsuitable, hold, standing, token
from timeline.curating.passages import add_mention, correct_mention
from timeline.curating.undoing import restore, undo

__all__ = [
    "Conflict",
    "Preview",
    "Unsuitable",
    "actor_token",
    "add",
    "add_actor",
    "add_mention",
    "correct",
    "correct_actor",
    "correct_mention",
    "give_back",
    "hold",
    "hold_actors",
    "keep",
    "merge",
    "merge_actors",
    "move",
    "namesake",
    "preview_merge",
    "preview_merge_actors",
    "preview_move",
    "preview_split",
    "restore",
    "review",
    "split",
    "standing",
    "token",
    "undo",
]
