"""Files that the product gives out, as whoever saved them opens them."""

import csv
import io
from typing import Any

from django.http import FileResponse
from openpyxl import load_workbook


def content_of(response: Any) -> bytes:
    """The bytes of a file that was sent, all at once."""
    assert isinstance(response, FileResponse), f"No file, but an answer of {response.status_code}"
    content = b"".join(response)  # type: ignore[arg-type]
    if response.file_to_stream:  # made without a client, which closes what it got
        response.file_to_stream.close()
    return content


def text_of(response: Any) -> str:
    """The text of a page, or of a CSV."""
    content = content_of(response) if response.streaming else response.content
    return str(content, "utf-8-sig")


def csv_lines(response: Any) -> list[list[str]]:
    """Every line of a CSV: the head, an empty one, the headings, the rows, the total."""
    return list(csv.reader(io.StringIO(text_of(response), newline="")))


def csv_rows(response: Any) -> list[dict[str, str]]:
    """The rows of a CSV by their headings, the total beneath them included if there is one."""
    lines = csv_lines(response)
    headings = lines.index([]) + 1
    return [dict(zip(lines[headings], line, strict=True)) for line in lines[headings + 1 :]]


def sheet_of(response: Any) -> Any:
    """The one sheet of a workbook."""
    return load_workbook(io.BytesIO(content_of(response))).active


def sheet_rows(response: Any) -> list[dict[str, Any]]:
    """The rows of a workbook by their headings, the total beneath them included if there is one."""
    lines = list(sheet_of(response).iter_rows(values_only=True))
    headings = next(place for place, line in enumerate(lines) if not any(line)) + 1
    return [dict(zip(lines[headings], line, strict=True)) for line in lines[headings + 1 :]]
