"""Run it: worker processes, scheduler, prefix sharing, samplers, templates, confinement."""
