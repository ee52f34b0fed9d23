"""Opening files of others: only formats named here one by one, each by a reader for that format alone, and
within bounds.

Pillow left to itself tries every format it knows, and runs Ghostscript on some. A file's first bytes say
which reader it gets, and the ending of its name must not say otherwise.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

import pikepdf
import pypdfium2
from defusedxml.ElementTree import fromstring
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from outreach.errors import UsageError
from outreach.letters.formats.document import is_svg

MAX_PIXELS = 80_000_000
MAX_PAGES = 200
_MAX_PDF_PICTURE_BYTES = 400_000_000
_MAX_STREAM_BYTES = 200_000_000
_STEP = 1_000_000
PDF = "application/pdf"


@dataclass(frozen=True)
class PictureFormat:
    """starts: the first bytes of such files.

    endings: of their names. reader: opens this format and no other.
    """

    name: str
    media_type: str
    starts: re.Pattern[bytes]
    endings: tuple[str, ...]
    reader: type[ImageFile]


_JPEG = PictureFormat(
    "JPEG", "image/jpeg", re.compile(rb"\xff\xd8\xff"), ("jpg", "jpeg", "jpe", "jfif"), JpegImageFile
)
_PNG = PictureFormat("PNG", "image/png", re.compile(rb"\x89PNG\r\n\x1a\n"), ("png",), PngImageFile)
PICTURES = (
    _PNG,
    _JPEG,
    PictureFormat("GIF", "image/gif", re.compile(rb"GIF8[79]a"), ("gif",), GifImageFile),
    PictureFormat("WebP", "image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL), ("webp",), WebPImageFile),
    PictureFormat(
        "TIFF", "image/tiff", re.compile(rb"II\x2a\x00|MM\x00\x2a"), ("tif", "tiff"), TiffImageFile
    ),
    PictureFormat("BMP", "image/bmp", re.compile(rb"BM"), ("bmp", "dib"), BmpImageFile),
)
"""What evidence may be, besides PDF."""
LOGOS = (_PNG, _JPEG)
"""What a logo may be, besides SVG."""


def kind_of(content: bytes, name: str) -> str:
    """The media type of a PDF or picture, by its first bytes. Raises: UsageError for any other file."""
    if content.startswith(b"%PDF-"):
        return PDF
    picture = _format_of(content, PICTURES)
    if picture is None:
        raise UsageError(
            f"{name} is neither a PDF nor a picture that can be read. Use one of these: PDF, "
            f"{_names(PICTURES)}."
        )
    return picture.media_type


def refuse_wrong_name(content: bytes, name: str) -> None:
    """Raises: UsageError for a PDF, a picture or an SVG whose name ends as that of something else."""
    ending = PurePath(name).suffix.lower().removeprefix(".")
    picture = _format_of(content, PICTURES)
    label: str
    endings: tuple[str, ...]
    label, endings = ("SVG", ("svg",)) if is_svg(content) else ("PDF", ("pdf",))
    if picture is not None:
        label, endings = picture.name, picture.endings
    if ending and ending not in endings:
        raise UsageError(
            f"{name} is named as something else than the {label} that it is. Name it "
            f"{PurePath(name).stem}.{endings[0]} and add it again."
        )


def _names(formats: tuple[PictureFormat, ...]) -> str:
    return ", ".join(f.name for f in formats)


def _format_of(content: bytes, formats: tuple[PictureFormat, ...]) -> PictureFormat | None:
    return next((f for f in formats if f.starts.match(content)), None)


def open_picture(
    content: bytes, name: str, formats: tuple[PictureFormat, ...] = PICTURES, *, size: tuple[int, int]
) -> Image.Image:
    """A picture, read whole and made no larger than size, in pixels, in RGB or with transparency in RGBA.

    Raises: UsageError for a file of no format given, one that is damaged, or one of too many pixels, which is
        not read then.
    """
    picture = _format_of(content, formats)
    if picture is None:
        raise UsageError(f"{name} is no picture that can be used. Use {_names(formats)}.")
    try:
        if picture.reader is WebPImageFile:
            _refuse_pixels(name, *_webp_size(content))  # its reader takes the memory before it tells the size
        with picture.reader(io.BytesIO(content)) as image:
            _refuse_pixels(name, *image.size)
            image.draft("RGB", size)
            image.load()
            has_transparency = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
            made = image.convert("RGBA" if has_transparency else "RGB")
            made.thumbnail(size)
            return made
    except UsageError:
        raise
    except Exception as error:  # readers of pictures raise whatever a damaged file makes them raise
        raise UsageError(
            f"{name} is damaged, and cannot be read as {picture.name}. Open it in another program and save "
            "it again."
        ) from error


def _webp_size(content: bytes) -> tuple[int, int]:
    """Width and height (RFC 9649, 2.5 to 2.7).

    Raises: struct.error, ValueError for a file that is too short or of another kind.
    """
    match content[12:16]:
        case b"VP8X":
            wide, high = content[24:27], content[27:30]
            return int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", content, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            wide_, high_ = struct.unpack_from("<HH", content, 26)
            return wide_ & 0x3FFF, high_ & 0x3FFF
        case _:
            raise ValueError("no WebP picture")


def _refuse_pixels(name: str, wide: int, high: int) -> None:
    if wide * high > MAX_PIXELS:
        raise UsageError(
            f"{name} has {wide:,} × {high:,} pixels, and {MAX_PIXELS // 1_000_000} million at most are "
            "read. Make it smaller."
        )


def check_pdf(content: bytes, name: str) -> None:
    """Look into a PDF without drawing it.

    Raises: UsageError for one that cannot be opened, has too many pages, or unpacks to more than the memory
        should hold.
    """
    try:
        with pypdfium2.PdfDocument(content) as document:
            pages = len(document)
    except pypdfium2.PdfiumError as error:
        raise UsageError(
            f"{name} cannot be opened as a PDF; it may be damaged, or want a password."
        ) from error
    if pages > MAX_PAGES:
        raise UsageError(
            f"{name} has {pages} pages, and {MAX_PAGES} at most go into a pack. Give the part that matters."
        )
    try:
        with pikepdf.open(io.BytesIO(content)) as opened:
            is_huge = any(_is_huge(x) for x in opened.objects if isinstance(x, pikepdf.Stream))
    except pikepdf.PdfError as error:
        raise UsageError(
            f"{name} cannot be opened as a PDF; it may be damaged, or want a password."
        ) from error
    if is_huge:
        raise UsageError(
            f"{name} holds a picture or a page that is too large to be drawn. Print it to a new PDF, or "
            "give the part that matters."
        )


def _is_huge(stream: pikepdf.Stream) -> bool:
    if stream.get("/Subtype") == "/Image":
        bits = 1 if stream.get("/ImageMask") else _number(stream.get("/BitsPerComponent"), 8)
        parts = 1 if bits == 1 or stream.get("/ColorSpace") == "/DeviceGray" else 4
        size = _number(stream.get("/Width"), 0) * _number(stream.get("/Height"), 0)
        if size * bits * parts > _MAX_PDF_PICTURE_BYTES * 8:
            return True
    filters = stream.get("/Filter")
    names = (
        [str(f) for f in filters]
        if isinstance(filters, pikepdf.Array)
        else [str(filters)]
        if filters is not None
        else []
    )
    packed = sum(f in {"/FlateDecode", "/Fl", "/LZWDecode", "/LZW"} for f in names)
    if packed > 1:
        return True  # packed twice, a few bytes can be as many millions, and no program writes that
    if not packed or names[0] not in {"/FlateDecode", "/Fl"}:
        return False
    return any(size > _MAX_STREAM_BYTES for size in _unpacked(stream.read_raw_bytes()))


def _unpacked(packed: bytes) -> Iterator[int]:
    """How much a packed stream comes to, step by step, without keeping it."""
    if len(packed) * 1_032 <= _MAX_STREAM_BYTES:  # the most that deflate makes of a byte
        return
    unpacker, size = zlib.decompressobj(), 0
    try:
        while not unpacker.eof and (got := len(unpacker.decompress(packed, _STEP))):
            packed = unpacker.unconsumed_tail
            size += got
            yield size
    except zlib.error:
        return  # a damaged end; what came before it has been counted


def _number(value: object, otherwise: int) -> int:
    return abs(int(value)) if isinstance(value, int | float) or hasattr(value, "__int__") else otherwise


_FORBIDDEN_ELEMENTS = frozenset(
    {"script", "foreignobject", "iframe", "embed", "object", "audio", "video", "handler", "listener"}
)
_INSIDE = re.compile(r"\s*(#|data:image/(png|jpeg|gif|webp)[;,])", re.IGNORECASE)
_URL = re.compile(r"url\(\s*['\"]?([^)]*)|@import", re.IGNORECASE)


def check_svg(content: bytes, name: str) -> None:
    """Look into an SVG without drawing it.

    Raises: UsageError for one that is no XML, or that holds a script or anything that lies outside of it.
    """
    try:
        root = fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except (
        Exception
    ) as error:  # the parser's errors, and defusedxml's for what is declared before the drawing
        raise UsageError(f"{name} is no plain SVG. Save it as plain SVG, or use PNG or JPEG.") from error
    is_bad = b"<?xml-stylesheet" in content or any(
        _local(element.tag) in _FORBIDDEN_ELEMENTS
        or _leads_outside(element.text or "")
        or any(
            _local(key).startswith("on")
            or (_local(key) in {"href", "src"} and not _INSIDE.match(value))
            or _leads_outside(value)
            for key, value in element.attrib.items()
        )
        for element in root.iter()
        if isinstance(element.tag, str)
    )
    if is_bad:
        raise UsageError(
            f"{name} holds a script, or refers to something outside of it. Save it as plain SVG with its "
            "pictures in it, or use PNG or JPEG."
        )


def _local(name: str) -> str:
    return name.rpartition("}")[2].lower()


def _leads_outside(text: str) -> bool:
    return any(m[1] is None or not _INSIDE.match(m[1]) for m in _URL.finditer(text))
