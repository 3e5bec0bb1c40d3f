"""Run it: from a request to text, in processes that can die without harm.

The way of a request, one file after the other:

    client.py          the door: what every face calls
    local.py           ... answered by workers of this program
    remote.py          ... or by a running server (wire.py: its lines of JSON)
    pool.py            which models are in memory, instead of which others
    loaded_model.py    one of them
    prompts.py         a conversation becomes tokens (templates.py, context_policy.py)
    process.py         the parent's side of the worker
    messages.py        what crosses the border
    worker/            the other side: scheduler, prefix sharing, text
    scoring/           beside it: what a model thinks of a given text
    llama/             llama.cpp, the only importer of llama_cpp
    confine/           what a worker may not do, and the proof
"""
