"""What the set-up says on machines that lack something: other machines are made of stand-ins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PREFLIGHT = Path(__file__).parents[2] / "tools" / "preflight"
SHELL = shutil.which("sh")
NEEDED = ("awk", "id", "uname")

pytestmark = pytest.mark.skipif(SHELL is None, reason="there is no POSIX shell here")


class Machine:
    """A folder that is the whole PATH of a machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in NEEDED:
            (folder / name).symlink_to(shutil.which(name) or "/missing")

    def add(self, name: str, script: str = "exit 0") -> None:
        path = self.folder / name
        path.write_text(f"#!{SHELL}\n{script}\n")
        path.chmod(0o755)

    def add_python(self) -> None:
        self.add("python3", f'exec {sys.executable} "$@"')

    def add_compilers(self) -> None:
        self.add("cc")
        self.add("c++")

    def examine(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(SHELL), str(PREFLIGHT), *words],
            env={"PATH": str(self.folder)},
            capture_output=True,
            text=True,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "bin")


def test_all_is_here(machine: Machine) -> None:
    machine.add_python()
    machine.add_compilers()
    machine.add("cmake")
    done = machine.examine()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str(machine.folder / "python3")


def test_a_missing_cmake_is_no_obstacle(machine: Machine) -> None:
    machine.add_python()
    machine.add_compilers()
    done = machine.examine()
    assert done.returncode == 0
    assert "the build fetches its own" in done.stderr


@pytest.mark.parametrize(
    ("manager", "package"),
    [
        ("apt-get", "build-essential"),
        ("dnf", "gcc gcc-c++"),
        ("pacman", "base-devel"),
        ("apk", "build-base linux-headers"),
        ("zypper", "gcc gcc-c++"),
    ],
)
def test_a_missing_compiler_names_the_package(machine: Machine, manager: str, package: str) -> None:
    machine.add_python()
    machine.add(manager)
    machine.add("sudo")
    done = machine.examine()
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no working C and C++ compiler" in done.stderr
    assert package in done.stderr
    assert ("sudo " in done.stderr) == (os.geteuid() != 0)


def test_a_compiler_that_cannot_compile_is_missing(machine: Machine) -> None:
    machine.add_python()
    machine.add("cc")
    machine.add("c++", "exit 1")
    assert machine.examine().returncode == 1


def test_without_a_compiler_a_mac_wants_xcodes_tools(machine: Machine) -> None:
    (machine.folder / "uname").unlink()
    machine.add("uname", "echo Darwin")
    machine.add_python()
    done = machine.examine()
    assert done.returncode == 1
    assert "xcode-select --install" in done.stderr


def test_a_missing_python_names_the_package(machine: Machine) -> None:
    machine.add_compilers()
    machine.add("apt-get")
    done = machine.examine()
    assert done.returncode == 1
    assert "there is no Python here" in done.stderr
    assert "apt-get install -y python3 python3-venv" in done.stderr


def test_an_old_python_is_too_old(machine: Machine) -> None:
    machine.add_compilers()
    machine.add("python3", "exit 1")
    machine.add("dnf")
    done = machine.examine()
    assert done.returncode == 1
    assert "too old" in done.stderr
    assert "python3.12" in done.stderr


def test_a_python_without_venv_names_its_own_package(machine: Machine) -> None:
    machine.add_compilers()
    machine.add("apt-get")
    machine.add(
        "python3",
        f'case "$2" in *ensurepip*) exit 1 ;; esac; exec {sys.executable} "$@"',
    )
    done = machine.examine()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert done.returncode == 1
    assert version in done.stderr


def test_everything_missing_and_no_package_manager(machine: Machine) -> None:
    done = machine.examine()
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert "compiler" in done.stderr


def test_jobs_is_a_number(machine: Machine) -> None:
    done = machine.examine("jobs")
    assert done.returncode == 0
    assert int(done.stdout) >= 1


def test_an_unknown_word_is_refused(machine: Machine) -> None:
    assert machine.examine("nonsense").returncode == 2
