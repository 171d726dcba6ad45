"""How much of a file that somebody sends is taken at all."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 10 * 1024 * 1024
"""No file that is added may be larger."""


class NoMoreThanWeTake(FileUploadHandler):
    """Lets go of a file's bytes once there are enough to see that it is too large.

    The rest is read from the wire and forgotten: the form comes back with what was typed and says what is
    wrong, and no disk fills up meanwhile.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= MOST_BYTES else None

    def file_complete(self, file_size: int) -> Any:
        """Leave it to the handlers after this one to make the file."""
        return None
