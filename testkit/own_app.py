"""Another app in place of ours: the smallest one, as docs/your-own-app.md has it."""

import re
import shutil
from pathlib import Path

from bootstrap.paths import ROOT

DOCUMENT = ROOT / "docs" / "your-own-app.md"
KEPT = "settings"


def put_into(service: Path) -> None:
    """Replace the app and the revisions in the folder `service`."""
    blocks = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S)
    main, models, revision = blocks
    app, versions = service / "app", service / "migrations" / "versions"
    files = {file: file.read_text() for file in (app / KEPT).glob("*.py")}
    files |= {app / "__init__.py": "", app / "main.py": main}
    files |= {app / "persistence/__init__.py": "", app / "persistence/models.py": models}
    files[versions / "0001_first.py"] = revision
    for folder in (app, versions):
        shutil.rmtree(folder)
        folder.mkdir()
    for file, text in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
