"""Examine this machine and this installation, from the ground up. Nothing is changed."""

from __future__ import annotations

from hearth.config import Config
from hearth.doctor.confinement import examine_confinement
from hearth.doctor.devices import examine_devices
from hearth.doctor.engine import examine_engine, read_build
from hearth.doctor.finding import Finding
from hearth.doctor.home import examine_database, examine_home
from hearth.doctor.library import examine_models
from hearth.doctor.machine import examine_cpu, examine_disk, examine_memory, examine_python
from hearth.doctor.server import examine_server
from hearth.machine.probe import read_machine


def examine(config: Config) -> list[Finding]:
    """Look at everything that Hearth needs; takes a second or two.

    Args:
        config: The settings to examine.

    Returns:
        One finding per subject, in the order in which they depend on each other.
    """
    machine = read_machine(config)
    build = read_build()
    return [
        examine_python(),
        examine_cpu(machine),
        examine_engine(build, machine),
        *examine_devices(build, machine),
        examine_memory(machine),
        examine_disk(machine),
        examine_confinement(config),
        examine_home(config),
        examine_database(config),
        *examine_models(config),
        examine_server(config),
    ]
