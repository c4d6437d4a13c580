"""Which lane each event stands in, however many there are."""

import numpy as np
from django_countries import countries
from numpy.typing import NDArray

from timeline.charts.counting import Entries
from timeline.charts.layout import LANES, OTHERS
from timeline.columns import COUNTRIES, KINDS, Columns
from timeline.models import Actor, Kind


def entries(known: Columns, rows: NDArray[np.int32], group: str) -> tuple[Entries, list[str]]:
    """Dated events by their rows of the columns, in lanes as `lanes_by` has them; and the lanes' names."""
    if group == "actor":
        rows, lane, names = _by_actor(known, rows)
    elif group == "country":
        lane = known.country[rows].astype(np.int32)
        names = [countries.name(code) or "Country unknown" for code in COUNTRIES]
    else:
        lane = known.kind[rows].astype(np.int32)
        names = [str(Kind(kind).label) for kind in KINDS]
    return Entries(
        known.first[rows], known.last[rows], known.kind[rows], known.status[rows], lane, rows
    ), names


def _by_actor(
    known: Columns, rows: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], list[str]]:
    """Each event once a lane: those of the actors with most events, of all others, and of no actor."""
    chosen = np.zeros(len(known), dtype=bool)
    chosen[rows] = True
    inside = chosen[known.part_row]
    of_row, actors = known.part_row[inside], known.part_actor[inside]
    counts = np.bincount(actors, minlength=1)
    busiest = np.argsort(-counts, kind="stable")[: LANES - 2]
    busiest = busiest[counts[busiest] > 0]
    names = dict(Actor.objects.filter(pk__in=busiest.tolist()).values_list("pk", "name"))
    lane_of = np.full(len(counts), len(busiest), dtype=np.int32)
    lane_of[busiest] = np.arange(len(busiest))
    others = np.zeros(len(known), dtype=bool)
    others[of_row[lane_of[actors] == len(busiest)]] = True
    chosen[of_row] = False
    named = lane_of[actors] < len(busiest)
    stands = [of_row[named], np.flatnonzero(others).astype(np.int32), np.flatnonzero(chosen).astype(np.int32)]
    lanes = [
        lane_of[actors[named]],
        np.full(len(stands[1]), len(busiest), np.int32),
        np.full(len(stands[2]), len(busiest) + 1, np.int32),
    ]
    labels = [*(names.get(key, "") for key in busiest.tolist()), OTHERS, "No actor named"]
    return np.concatenate(stands), np.concatenate(lanes), labels
