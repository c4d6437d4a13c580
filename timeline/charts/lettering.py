"""Words in a picture: a font that is there, and of a text what the font has letters for."""

from functools import cache, lru_cache
from unicodedata import normalize

from PIL import ImageFont

FONT = "DejaVuSans.ttf"  # of the system, where it has it; else the one that Pillow brings, for English
JOINERS = "\u200c\u200d"  # which Persian and Indian words are spelt with
UNKNOWN = "▯"  # for letters that the font hasn't

Font = ImageFont.FreeTypeFont


@cache
def font(size: int) -> Font:
    """The font in this size, pixels."""
    try:
        return ImageFont.truetype(FONT, size)
    except OSError:
        built_in = ImageFont.load_default(size)
        assert isinstance(built_in, Font)  # noqa: S101  (Pillow's wheels have FreeType)
        return built_in


def line(text: str, most: int) -> str:
    """The text on one line, with nothing in it that can't be seen, and an ellipsis where it was cut.

    That takes away control characters and what turns the direction of all that follows.
    """
    text = " ".join("".join(sign if _seen(sign) else " " for sign in text[: 4 * most]).split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _seen(sign: str) -> bool:
    return sign.isprintable() or sign in JOINERS


def drawable(text: str) -> str:
    """The text as the font can draw it: letters without their accents, or boxes, for those that it hasn't."""
    return "".join(_letter(sign) for sign in text)


@lru_cache(maxsize=4096)
def _letter(sign: str) -> str:
    if sign.isspace():
        return " "
    if sign in JOINERS or _has(sign):
        return sign
    plain = "".join(part for part in normalize("NFKD", sign) if _has(part))
    return plain or SIMPLER.get(sign) or (UNKNOWN if _has(UNKNOWN) else "?")


SIMPLER = {
    "—": "-",
    "–": "-",
    "…": "...",
    "“": '"',
    "”": '"',
    "’": "'",
    "‘": "'",
    "·": ".",
    "ł": "l",
    "Ł": "L",
}


@lru_cache(maxsize=4096)
def _has(sign: str) -> bool:
    """Whether the font has this letter: one that it hasn't looks like a code that is no letter."""
    tried = font(20)
    return bytes(tried.getmask(sign)) != bytes(tried.getmask("\uffff"))


def lines(text: str, size: int, width: float, most: int) -> list[str]:
    """The text broken into so many lines at most, each no wider than `width` pixels."""
    letters = font(size)
    words = drawable(text).split()
    broken: list[str] = []
    while words and len(broken) < most:
        taken = _fitting(letters, words, width)
        broken.append(" ".join(words[:taken]) if taken else cut(words[0], size, width))
        words = words[max(1, taken) :]
    if words:
        broken[-1] = cut(f"{broken[-1]} {words[0]}", size, width)
    return broken


def _fitting(letters: Font, words: list[str], width: float) -> int:
    """How many of the words fit on one line."""
    taken = 0
    while taken < len(words) and letters.getlength(" ".join(words[: taken + 1])) <= width:
        taken += 1
    return taken


def cut(text: str, size: int, width: float) -> str:
    """The text with an ellipsis where it would be wider."""
    letters = font(size)
    text = drawable(text)
    if letters.getlength(text) <= width:
        return text
    dots = drawable("…")
    while text and letters.getlength(text + dots) > width:
        text = text[: int(len(text) * 0.95)] if len(text) > 40 else text[:-1]
    return text.rstrip() + dots
