"""Keys of servers, taken from the environment so that none is in a command or a record.

A key goes to the host that it was named for, and to no other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from hearth.errors import InvalidRequest

_SPEC = re.compile(r"(?:(?P<host>[^=\s]+)=)?(?P<variable>[A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeys:
    """Keys by host; the one under "" is that of the only server of a command."""

    by_host: Mapping[str, SecretStr] = field(default_factory=dict)

    def of(self, host: str) -> str | None:
        """Return the key for a host; None where there is none."""
        found = self.by_host.get(host.casefold(), self.by_host.get(""))
        return found.get_secret_value() if found is not None else None


def api_keys(specs: Sequence[str], num_servers: int) -> ApiKeys:
    """Read keys from the environment.

    Args:
        specs: Each VARIABLE, or HOST=VARIABLE.
        num_servers: How many servers the command names; with several, each key says for which.

    Raises:
        InvalidRequest: It is not of that form, names no host where it must, or is not set.
    """
    found: dict[str, SecretStr] = {}
    for spec in specs:
        match = _SPEC.fullmatch(spec.strip())
        if match is None:
            raise InvalidRequest(
                f"--key-from {spec!r} is neither VARIABLE nor HOST=VARIABLE.",
                hint="Name the environment variable that has the key, never the key itself: "
                "--key-from api.openai.com=OPENAI_API_KEY.",
                param="key-from",
            )
        host, variable = (match["host"] or "").casefold(), match["variable"]
        if not host and num_servers > 1:
            raise InvalidRequest(
                f"--key-from {variable} does not say which of {num_servers} servers it is for.",
                hint=f"For example --key-from api.openai.com={variable}.",
                param="key-from",
            )
        value = os.environ.get(variable)
        if not value:
            raise InvalidRequest(
                f"The environment variable {variable} is not set.",
                hint=f"Set it in this shell, without it being kept: read -rs {variable}; "
                f"export {variable}",
                param="key-from",
            )
        found[host] = SecretStr(value)
    return ApiKeys(by_host=found)
