"""A client that measures a completions endpoint and costs next to nothing itself.

On a small machine the client runs on the engine's own cores, so it reads Server-Sent Events from
a plain socket and parses no JSON but the last chunk's usage.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """Seconds from sending the request; tokens as the server counted them."""

    first_s: float
    last_s: float
    prompt_tokens: int
    completion_tokens: int


class Client:
    """Speaks `/v1/completions` of an OpenAI-compatible server."""

    def __init__(self, url: str, model: str, api_key: str | None, ignore_eos: bool) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.path = parts.path.rstrip("/") + "/v1/completions"
        self.model, self.api_key, self.ignore_eos = model, api_key, ignore_eos

    def answer(self, prompt: str, num_tokens: int) -> Answer:
        return asyncio.run(self._one(prompt, num_tokens))

    def answers(self, prompts: list[str], num_tokens: int) -> list[Answer]:
        """Send all prompts at once."""

        async def everyone() -> list[Answer]:
            return await asyncio.gather(*(self._one(p, num_tokens) for p in prompts))

        return asyncio.run(everyone())

    async def _one(self, prompt: str, num_tokens: int) -> Answer:
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=1 << 22)
        request = self._request(prompt, num_tokens)
        began = time.perf_counter()
        writer.write(request)
        first_s = last_s = 0.0
        usage: dict[str, int] = {}
        async for line in reader:
            if line.startswith(b"HTTP/") and b" 200 " not in line:
                raise RuntimeError((line + await reader.read(2000)).decode())
            if not line.startswith(b"data: {"):
                if line.startswith(b"data: [DONE]"):
                    break
                continue
            if b'"usage":{' in line or b'"usage": {' in line:
                usage = json.loads(line[6:])["usage"]
                continue
            last_s = time.perf_counter() - began
            first_s = first_s or last_s
        writer.close()
        return Answer(first_s, last_s, usage["prompt_tokens"], usage["completion_tokens"])

    def _request(self, prompt: str, num_tokens: int) -> bytes:
        fields = {
            "model": self.model,
            "prompt": prompt,
            "max_tokens": num_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if self.ignore_eos:
            fields["ignore_eos"] = True
        body = json.dumps(fields).encode()
        key = f"Authorization: Bearer {self.api_key}\r\n" if self.api_key else ""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Content-Type: application/json\r\n{key}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body
