"""A small TrueType face with the characters of one document.

The Chinese type that ships (Noto Sans CJK, OFL-1.1) has cubic outlines in a collection, and PDF
makers of Python embed quadratic TrueType outlines only. So the glyphs that a document needs, some
hundred of them, are drawn anew as quadratic curves within one unit of a thousand.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import cache

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from noto_cjk_sans_otc import FONT_PATH

FAMILY = "Noto Sans CJK SC"
MAX_ERROR = 1.0  # units of the em's thousand
_SIMPLIFIED = 2  # the collection's face with the forms of mainland China
_NOTDEF = ".notdef"
_MADE = 3_786_825_600  # 1 January 2024 in seconds since 1904: the same text is the same file


@cache
def _source() -> TTFont:
    face = TTFont(FONT_PATH, fontNumber=_SIMPLIFIED, lazy=True)
    if face["name"].getDebugName(4) != FAMILY:
        raise RuntimeError("the font collection is not in the expected order")
    return face


def face_for(text: Iterable[str]) -> bytes:
    """A TrueType file with the glyphs of these characters; one that the type lacks is a box."""
    source = _source()
    known = source.getBestCmap()
    wanted = {ord(char): known[ord(char)] for char in sorted(set(text)) if ord(char) in known}
    names = [_NOTDEF, *dict.fromkeys(wanted.values())]
    outlines, widths = source.getGlyphSet(), source["hmtx"]
    glyphs = {}
    for name in names:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    header = source["hhea"]
    builder = FontBuilder(source["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(wanted)
    builder.setupGlyf(glyphs)
    metrics = {name: (widths[name][0], glyphs[name].xMin or 0) for name in names}
    builder.setupHorizontalMetrics(metrics)
    builder.setupHorizontalHeader(ascent=header.ascent, descent=header.descent)
    builder.setupNameTable({"familyName": FAMILY, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=header.ascent, sTypoDescender=header.descent, sCapHeight=733)
    builder.setupPost()
    builder.updateHead(created=_MADE, modified=_MADE)
    builder.font.recalcTimestamp = False
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()
