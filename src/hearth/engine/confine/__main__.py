"""Confine this process and print the proof: `python -m hearth.engine.confine`.

One command that shows what confinement is worth on this machine; the exit status is 0 when both
layers hold and every attempt was refused.
"""

from __future__ import annotations

import sys

from hearth.engine.confine import prove, restrict_files, restrict_system_calls


def main() -> int:
    """Apply both layers without a model, try what they must refuse, and say what happened."""
    layers = (restrict_files(()), restrict_system_calls())
    proof = prove()
    sys.stdout.write("\n".join((*map(str, layers), str(proof), "")))
    return 0 if proof.confined and all(layer.active for layer in layers) else 1


if __name__ == "__main__":
    raise SystemExit(main())
