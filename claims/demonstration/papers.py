"""Papers of the demonstration: a page of plain lines as a PDF, made here so that nobody's own is shown."""


def page(lines: list[str]) -> bytes:
    """A PDF of one page with some lines of text, in plain letters without brackets or backslashes."""
    text = "BT /F1 12 Tf 14 TL 72 770 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, starts = "%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        starts.append(len(written))
        written += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    size = len(objects) + 1
    ending = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return (written + f"xref\n0 {size}\n0000000000 65535 f \n{table}" + ending).encode("ascii")
