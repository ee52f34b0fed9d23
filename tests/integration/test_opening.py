"""Files of others are opened in formats named one by one, by a reader for that format alone.

Nothing of them is ever run.
"""

import io
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageFile

from outreach.cases.facts import find_case
from outreach.errors import TypesettingError, UsageError
from outreach.letters.formats.typesetting import svg_as_png
from outreach.packs import opening
from outreach.packs.brand import brand_change, set_brand
from outreach.packs.contents import pack_contents
from outreach.packs.evidence import add_evidence, evidence_list, file_as_evidence
from outreach.packs.exports import export_pack
from outreach.packs.opening import check_pdf, check_svg, kind_of, open_picture
from outreach.packs.options import PackOptions
from outreach.store.blobs import keep_blob
from outreach.store.database import Database
from outreach.store.models import Evidence

ANNEXES = PackOptions(sections=("summary", "evidence"))
EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n"
    b"(%pipe%touch ran) (w) file closefile\nshowpage\n%%EOF\n"
)


def picture(format_: str, size: tuple[int, int] = (30, 20), mode: str = "RGB", **more: object) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, format_, **more)
    return stream.getvalue()


def pdf(*sizes: tuple[float, float]) -> bytes:
    stream = io.BytesIO()
    with pikepdf.new() as made:
        for size in sizes:
            made.add_blank_page(page_size=(100, 100))
            made.pages[-1].MediaBox = pikepdf.Array([0, 0, *size])
        made.save(stream)
    return stream.getvalue()


FORBIDDEN = {
    "EPS": EPS,
    "EPS with a preview": b"\xc5\xd0\xd3\xc6" + (30).to_bytes(4, "little") + bytes(22) + EPS,
    "PostScript": b"%!PS\n" + EPS,
    "PPM": picture("PPM"),
    "TGA": picture("TGA"),
    "PCX": picture("PCX"),
    "ICO": picture("ICO"),
    "SGI": picture("SGI"),
    "XBM": b"#define im_width 8\n#define im_height 1\nstatic char im_bits[] = {\n0x00\n};\n",
    "XPM": b'/* XPM */\nstatic char *x[] = {"1 1 1 1", "a c #000000", "a"};\n',
    "FITS": b"SIMPLE  =                    T / x".ljust(2880),
    "WMF": b"\xd7\xcd\xc6\x9a" + bytes(40),
    "EMF": b"\x01\x00\x00\x00" + bytes(36) + b" EMF" + bytes(60),
    "PSD": b"8BPS\x00\x01" + bytes(60),
    "GRIB": b"GRIB\x00\x00\x00\x01" + bytes(60),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(60),
    "MSP": b"DanM" + bytes(60),
    "nothing": b"",
    "text": b"Dear Sir",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
}
ALLOWED = {
    "a.png": picture("PNG"), "b.jpg": picture("JPEG"), "c.JPEG": picture("JPEG"), "d.gif": picture("GIF"),
    "e.webp": picture("WEBP"),
    "f.tif": picture("TIFF"), "g.tiff": picture("TIFF", compression="tiff_lzw"), "h.bmp": picture("BMP"),
    "i.pdf": pdf((200, 300)),
    "phone.jpg": picture("MPO", save_all=True, append_images=[Image.new("RGB", (30, 20))]),
    "no ending": picture("PNG"),
}  # fmt: skip


@pytest.fixture
def traps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Programs that readers of pictures are known to call leave a mark if they are.

    So does any program started from Python.
    """
    folder, mark = tmp_path / "bin", tmp_path / "it-ran"
    folder.mkdir()
    for name in ("gs", "gswin32c", "gswin64c", "ghostscript", "convert", "magick", "xv", "display", "djpeg"):
        (folder / name).write_text(f"#!/bin/sh\ntouch '{mark}'\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def started(*_: object, **__: object) -> None:
        mark.touch()
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", started)
    monkeypatch.setattr(os, "system", started)
    yield mark
    assert not mark.exists()


def test_the_trap_catches_what_pillow_does_by_itself(tmp_path: Path) -> None:
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch '{tmp_path / 'it-ran'}'\n")
    (tmp_path / "gs").chmod(0o755)
    (tmp_path / "x.eps").write_bytes(EPS)
    code = "import sys; from PIL import Image; Image.open(sys.argv[1]).load()"
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "x.eps"], env={**os.environ, "PATH": path},
        capture_output=True, check=False
    )  # fmt: skip
    assert (tmp_path / "it-ran").exists()


def test_no_format_that_is_not_named_is_opened_whatever_the_file_is_called(
    database: Database, tmp_path: Path, traps: Path
) -> None:
    for name, content in FORBIDDEN.items():
        for ending in ("png", "eps", "jpg", "pdf", name.lower()):
            path = tmp_path / f"evidence.{ending}"
            path.write_bytes(content)
            with (
                pytest.raises(UsageError, match=r"neither a PDF nor a picture.*PNG, JPEG"),
                database.write() as session,
            ):
                add_evidence(session, "magnitsky", file_as_evidence(path))
            if (name, ending) != ("SVG", "svg"):
                with (
                    pytest.raises(UsageError, match=r"is no picture|is named as"),
                    database.write() as session,
                ):
                    set_brand(session, 1, brand_change(logo=str(path)))
    with database.read() as session:
        assert evidence_list(session, "magnitsky") == ()


def put_on_file(database: Database, name: str, content: bytes, content_type: str) -> None:
    """As an earlier release took it in."""
    with database.write() as session:
        case = find_case(session, "magnitsky")
        session.add(
            Evidence(
                case_id=case.id, position=1, title=f"Exhibit {name}", note="From the court", file_name=name,
                content_type=content_type,
                size_bytes=len(content), sha256=keep_blob(session, content),
            )
        )  # fmt: skip


@pytest.mark.parametrize("ending", ["pdf", "html", "docx"])
def test_what_an_earlier_release_put_on_file_is_named_in_a_pack_and_not_run(
    database: Database, tmp_path: Path, traps: Path, ending: str
) -> None:
    put_on_file(database, "x.eps", EPS, "application/postscript")
    put_on_file(database, "broken.png", b"\x89PNG\r\n\x1a\n", "image/png")
    put_on_file(database, "mislabelled.png", picture("JPEG"), "image/jpeg")
    changes = export_pack(database, "magnitsky", tmp_path / f"p.{ending}", options=ANNEXES)
    assert "not shown: x.eps is neither a PDF nor a picture" in changes.message
    assert "broken.png is damaged" in changes.message
    with database.read() as session:
        contents = pack_contents(session, "magnitsky", options=ANNEXES)
    eps, broken, mislabelled = contents.data["evidence"]
    assert (eps["pages"], broken["pages"], len(mislabelled["pages"])) == ([], [], 1)
    assert eps["note"].startswith("From the court The file (x.eps, SHA-256 ")
    assert [e["title"] for e in contents.manifest["evidence"]] == [
        "Exhibit x.eps",
        "Exhibit broken.png",
        "Exhibit mislabelled.png",
    ]


@pytest.mark.parametrize("name", ALLOWED)
def test_each_format_that_is_named_is_read_and_shown(
    name: str, database: Database, tmp_path: Path, traps: Path
) -> None:
    (tmp_path / name).write_bytes(ALLOWED[name])
    with database.write() as session:
        add_evidence(session, "magnitsky", file_as_evidence(tmp_path / name))
    with database.read() as session:
        contents = pack_contents(session, "magnitsky", options=ANNEXES)
    assert len(contents.data["evidence"][0]["pages"]) == 1 and contents.unopened == ()


@pytest.mark.parametrize(
    ("name", "content", "right"),
    [("x.eps", picture("PNG"), "x.png"), ("x.png", picture("JPEG"), "x.jpg"), ("x.jpg", pdf((9, 9)), "x.pdf"),
    ("x.mpo", ALLOWED["phone.jpg"], "x.jpg")],
)  # fmt: skip
def test_a_name_that_says_otherwise_than_the_content_is_refused_with_the_right_one(
    database: Database, tmp_path: Path, name: str, content: bytes, right: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=f"Name it {right}"), database.write() as session:
        add_evidence(session, "magnitsky", file_as_evidence(tmp_path / name))


def png_of(wide: int, high: int) -> bytes:
    """A PNG that says it is so large, and is not."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = wide.to_bytes(4, "big") + high.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def webp_of(wide: int, high: int) -> bytes:
    """An extended WebP that says so of itself."""
    body = (
        b"VP8X"
        + (10).to_bytes(4, "little")
        + bytes(4)
        + (wide - 1).to_bytes(3, "little")
        + (high - 1).to_bytes(3, "little")
    )
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


@pytest.mark.parametrize(
    "content",
    [png_of(100_000, 100_000), png_of(2**31 - 1, 1_000), webp_of(16_000, 16_000),
    picture("GIF")[:6] + b"\xff\xff\xff\xff" + picture("GIF")[10:]],
)  # fmt: skip
def test_a_picture_of_too_many_pixels_is_not_read(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(self: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(ImageFile.ImageFile, "load", read)
    with pytest.raises(UsageError, match=r"pixels, and 80 million at most"):
        open_picture(content, "bomb", size=(100, 100))


@pytest.mark.parametrize(
    "sizes", [((14_400, 14_400),), ((14_400, 1), (1, 14_400)), ((1e9, 1e9),), ((0.01, 0.01),)]
)
def test_a_page_of_any_size_is_drawn_no_larger_than_a_pack_shows(
    database: Database, tmp_path: Path, sizes: tuple[tuple[float, float], ...]
) -> None:
    (tmp_path / "huge.pdf").write_bytes(pdf(*sizes))
    with database.write() as session:
        add_evidence(session, "magnitsky", file_as_evidence(tmp_path / "huge.pdf"))
    with database.read() as session:
        contents = pack_contents(session, "magnitsky", options=ANNEXES)
    for content in contents.files.values():
        with Image.open(io.BytesIO(content), formats=("PNG",)) as drawn:
            assert drawn.width <= 2000 and drawn.height <= 2800


def pdf_with(stream: bytes, **keys: object) -> bytes:
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.pages[0].Contents = made.make_stream(b"")
    made.pages[0].Contents.write(stream, filter=keys.pop("filter", None), type_check=False)
    for key, value in keys.items():
        made.pages[0].Contents[f"/{key}"] = value
    made.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pdf_with(zlib.compress(b"0 0 m " * 40_000_000), filter=pikepdf.Name.FlateDecode),
        pdf_with(
            zlib.compress(zlib.compress(b"x" * 1_000_000)),
            filter=pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode]),
        ),
        pdf_with(
            b"",
            Subtype=pikepdf.Name.Image,
            Width=50_000,
            Height=50_000,
            BitsPerComponent=8,
            ColorSpace=pikepdf.Name.DeviceRGB,
        ),
    ],
)
def test_a_pdf_that_unpacks_to_more_than_memory_should_hold_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError, match="too large to be drawn"):
        check_pdf(content, "bomb.pdf")


def test_a_pdf_with_the_scans_of_an_office_is_taken() -> None:
    check_pdf(
        pdf_with(b"", Subtype=pikepdf.Name.Image, Width=9_921, Height=14_031, BitsPerComponent=1), "scan.pdf"
    )


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" '
    'height="20">{0}</svg>'
)
RECT = '<rect width="40" height="20"/>'
OUTSIDE = (
    '<image href="red.png" width="40" height="20"/>',
    '<image xlink:href="file:///etc/hostname" width="40" height="20"/>',
    '<image href="https://example.org/x.png" width="40" height="20"/>',
    '<image href="data:image/svg+xml,x" width="40" height="20"/>',
    '<use href="other.svg#a"/>', "<script>alert(1)</script>",
    '<rect width="4" height="4" onload="alert(1)"/>',
    '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
    "<style>@import url(x.css);</style>",
    '<rect width="4" height="4" style="fill: url( \'x.svg#a\' )"/>',
    '<rect width="4" height="4" fill="url(//example.org/a)"/>',
    '<a href="javascript:alert(1)"><rect width="4" height="4"/></a>',
    "<style>rect { fill: URL(https://example.org/x) }</style>",
)  # fmt: skip


@pytest.mark.parametrize("part", OUTSIDE)
def test_a_logo_with_a_script_or_something_outside_of_it_is_refused(
    database: Database, tmp_path: Path, part: str
) -> None:
    path = tmp_path / "logo.svg"
    path.write_text(SVG.format(RECT + part), encoding="utf-8")
    with pytest.raises(UsageError, match="holds a script, or refers to"), database.write() as session:
        set_brand(session, 1, brand_change(logo=str(path)))


@pytest.mark.parametrize(
    "text",
    [
        ('<?xml version="1.0"?>'
         '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>') + SVG.format("<text>&x;</text>"),
        ('<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa">'
         '<!ENTITY b "&a;&a;">]>') + SVG.format("<text>&b;</text>"),
        "<svg no xml",
    ],
)  # fmt: skip
def test_a_logo_that_declares_entities_or_is_no_xml_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no plain SVG"):
        check_svg(text.encode(), "logo.svg")


def test_a_logo_as_drawing_programs_save_it_is_taken() -> None:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    )
    inside = (
        '<defs><linearGradient id="a"><stop offset="0"/></linearGradient></defs>'
        '<rect width="4" height="4" fill="url(#a)"/>'
        '<rect id="r" width="4" height="4" style="fill:url(\'#a\')"/><use xlink:href="#r"/>'
        f'<image width="1" height="1" href="data:image/png;base64,{pixel}"/>'
    )
    text = (head + SVG.format(inside)).encode()
    check_svg(text, "logo.svg")
    assert svg_as_png(text).startswith(b"\x89PNG")


def test_drawing_an_svg_reads_no_picture_from_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red.png").write_bytes(picture("PNG"))
    with pytest.raises(TypesettingError, match="could not be drawn"):
        svg_as_png(SVG.format(OUTSIDE[0]).encode())


def test_no_picture_is_opened_by_guessing_anywhere_in_the_app() -> None:
    sources = Path(opening.__file__).parents[1].rglob("*.py")
    assert [p.name for p in sources if "Image.open(" in p.read_text(encoding="utf-8")] == []
    assert kind_of(b"%PDF-1.7", "x") == "application/pdf"
