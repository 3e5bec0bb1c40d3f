"""What have I got? Probes of CPU, memory, storage and accelerators; facts only, no judgement."""
