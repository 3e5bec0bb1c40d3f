"""Write constraints.txt: the newest versions of everything that fit together.

pip resolves all extras as if nothing were installed; nothing is installed by it. The versions of
packages that later extras need, and that this resolve does not see, stand in `AHEAD`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = ".[harness,starter,test]"
AHEAD = {"torch": "2.13.0"}
HEAD = """\
# The exact versions that Hearth is built and tested with, for all extras and platforms.
# Made by `make pins`; change pyproject.toml and run that, instead of editing this file.
"""


def main() -> None:
    """Resolve, and write the file."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    result = subprocess.run(
        [*command, "--report", "-", EXTRAS], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    pins = dict(AHEAD)
    for item in json.loads(result.stdout)["install"]:
        name = item["metadata"]["name"].lower().replace("_", "-")
        if name != "hearth-llm":
            pins[name] = item["metadata"]["version"]
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    (ROOT / "constraints.txt").write_text(HEAD + "".join(lines), encoding="utf-8")
    print(f"constraints.txt: {len(lines)} versions")


if __name__ == "__main__":
    main()
