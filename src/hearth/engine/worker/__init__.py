"""The worker process: one model, one context, one scheduler. `python -m hearth.engine.worker`.

    __main__.py    pipes, then load, then serve
    loading.py     Load message -> model, context, confinement
    service.py     two threads: one computes, one listens
    scheduler.py   who runs            waiting.py    who comes next
    fairness.py    who gives way       forecast.py   what answers will need
    batching.py    how much of whom    sequences.py  one request as the scheduler sees it
    computing.py   how a batch is computed; padding.py in which size
    staircase.py   what sizes cost here
    kv_cache.py    where: prefixes shared, the least recently used forgotten
    cells.py       the ledger behind it, which can prove itself
    threads.py     how many threads compute while others want the cores too
    other_work.py  what those others take
    text.py        bytes of tokens to text that can be shown
    outbox.py      what goes back to the parent

Nothing here may be imported by the parent process but `hearth.engine.messages`, which both speak.
"""
