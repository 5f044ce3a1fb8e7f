"""Content types, by a file's first bytes or else its extension; the declared type is ignored."""

HEAD = 16
SIGNATURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"%PDF-": "application/pdf",
}
# No type that a browser would run, whatever ALLOWED_EXTENSIONS contains.
EXTENSIONS = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
UNKNOWN = "application/octet-stream"


def content_type(head: bytes, extension: str) -> str:
    """The type of a file with these first bytes and this lower-case extension."""
    for signature, signed_type in SIGNATURES.items():
        if head.startswith(signature):
            return signed_type
    return EXTENSIONS.get(extension, UNKNOWN)
