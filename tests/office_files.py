"""Office files and books made of their XML, with what the usual libraries do not write."""

from __future__ import annotations

from bench.hostile.made import archive

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relations(*given: tuple[str, str, str]) -> str:
    """A part of relations: (id, kind, target)."""
    rows = (
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>' for key, kind, target in given
    )
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(rows)}</Relationships>'


def word(body: str, **parts: str) -> bytes:
    """A Word document; `parts` are further ones, by the name of their file."""
    kinds = [(f"r{number}", name, f"{name}.xml") for number, name in enumerate(parts)]
    return archive(
        {
            "_rels/.rels": relations(("d", "officeDocument", "word/document.xml")),
            "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(*kinds),
            **{f"word/{name}.xml": text for name, text in parts.items()},
        }
    )


def slides(*bodies: str, notes: str = "") -> bytes:
    """A presentation of these slides' shapes; `notes` belong to the first."""
    count = range(1, len(bodies) + 1)
    listed = "".join(f'<p:sldId id="{255 + n}" r:id="s{n}"/>' for n in count)
    parts = {
        "_rels/.rels": relations(("d", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f"<p:pres {SPACES}><p:sldIdLst>{listed}</p:sldIdLst></p:pres>",
        "ppt/_rels/presentation.xml.rels": relations(
            *((f"s{n}", "slide", f"slides/slide{n}.xml") for n in count)
        ),
    }
    for number, body in enumerate(bodies, 1):
        parts[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {SPACES}><p:cSld><p:spTree>{body}</p:spTree></p:cSld></p:sld>"
        )
    if notes:
        parts["ppt/slides/_rels/slide1.xml.rels"] = relations(
            ("n", "notesSlide", "../notesSlides/notes1.xml")
        )
        parts["ppt/notesSlides/notes1.xml"] = f"<p:notes {SPACES}>{shape(notes, 'body')}</p:notes>"
    return archive(parts)


def shape(text: str, placeholder: str = "", level: int = 0) -> str:
    """One shape of a slide with a paragraph."""
    kind = f'<p:nvPr><p:ph type="{placeholder}"/></p:nvPr>' if placeholder else "<p:nvPr/>"
    words = f'<a:p><a:pPr lvl="{level}"/><a:r><a:t>{text}</a:t></a:r></a:p>'
    return f"<p:sp><p:nvSpPr>{kind}</p:nvSpPr><p:txBody>{words}</p:txBody></p:sp>"


def book(title: str, *pages: str) -> bytes:
    """An EPUB of these pages' HTML, in this order; they lie in another."""
    numbers = range(1, len(pages) + 1)
    items = "".join(f'<item id="i{n}" href="text/p%20{n}.xhtml"/>' for n in reversed(numbers))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in numbers)
    dublin = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf">'
        f"<metadata {dublin}><dc:title>{title}</dc:title></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OEBPS/content.opf"/></rootfiles></container>'
    texts = {
        f"OEBPS/text/p {n}.xhtml": f"<html><body>{page}</body></html>" for n, page in enumerate(pages, 1)
    }
    return archive({"META-INF/container.xml": container, "OEBPS/content.opf": package, **texts})
