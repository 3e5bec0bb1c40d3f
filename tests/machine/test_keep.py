"""What was measured is kept, and holds as long as the machine is the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import InvalidRequest, NotFound, SetupError
from hearth.machine.describe import describe_machine
from hearth.machine.engine_build import engine_build
from hearth.machine.facts import read_facts
from hearth.machine.hierarchy import hierarchy
from hearth.machine.keep import (
    export_profile,
    find_machine,
    import_profile,
    imported_names,
    keep_profile,
    kept_profile,
    measure_this_machine,
    this_machine,
    write_profile,
)
from hearth.machine.profile import KernelSpeed
from hearth.machine.profile_file import read_profile
from support.kernels import full_look, kernel, look_back, timed_machine


def test_facts_of_this_machine(own_home: Path) -> None:
    facts = read_facts(load_config())
    assert facts.seconds is None
    assert facts.cpu.num_threads
    assert facts.memory.total_bytes
    assert facts.memory.bandwidth_by_threads == ()
    assert "hearth machine measure" in facts.memory.missing["bandwidth_by_threads"]
    assert {part.kind for part in facts.toolkits} >= {"cuda", "rocm", "oneapi", "vulkan"}
    assert facts.fingerprint == read_facts(load_config()).fingerprint
    assert not own_home.exists()  # reading leaves nothing behind


@pytest.mark.slow
def test_measuring_this_machine(own_home: Path) -> None:
    config = load_config()
    told: list[str] = []
    measured = measure_this_machine(config, told.append)
    assert told[0] == "memory bandwidth by threads"
    assert measured.seconds
    memory = measured.memory
    assert memory.bandwidth is not None
    assert memory.bandwidth.how == "measured"
    assert memory.bandwidth_by_threads[0].num_threads == 1
    assert memory.bandwidth_by_size[-1] == memory.bandwidth_by_threads[-1]
    assert memory.latency or memory.missing["latency_by_size"]
    assert measured.storage[0].cold_read or measured.storage[0].missing["cold_read"]

    assert kept_profile(config) == measured
    again = this_machine(config)
    assert again.memory.bandwidth == memory.bandwidth
    assert {path.name for path in own_home.iterdir()} == {"logs", "machine.json", "models"}
    levels = {level.group for level in hierarchy(again)}
    assert {"storage", "memory", "network"} <= levels

    write_profile(replace(measured, fingerprint="another"), own_home / "machine.json")
    assert this_machine(config).memory.bandwidth_by_threads == ()


def test_what_is_measured_later_is_kept_with_the_rest() -> None:
    config = load_config()
    facts = read_facts(config)
    kernel = KernelSpeed(weight_type="Q4_K", batch_size=1, device="cpu")
    keep_profile(config, replace(facts, kernels=(kernel,), memory=replace(facts.memory, kind="X")))
    assert this_machine(config).kernels == (kernel,)
    assert this_machine(config).memory.kind == "X"


def test_a_damaged_file_is_measured_again(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "machine.json").write_bytes(b"\0" * 100)
    config = load_config()
    assert kept_profile(config) is None
    assert this_machine(config).seconds is None


def test_profiles_come_in_and_are_found(own_home: Path, tmp_path: Path) -> None:
    config = load_config()
    path = tmp_path / "big box.json"
    write_profile(describe_machine("RTX 4090 + DDR5-6000 x2"), path)
    with pytest.raises(InvalidRequest, match="cannot be called 'big box'"):
        import_profile(config, path)
    assert import_profile(config, path, "big-box") == "big-box"
    assert imported_names(config) == ["big-box"]
    assert find_machine(config, "big-box").name == "big-box"
    assert find_machine(config, str(path)).gpus == find_machine(config, "big-box").gpus
    assert find_machine(config, "DDR4-3200 x2").memory.num_channels == 2
    assert find_machine(config, None).name == "this machine"
    with pytest.raises(InvalidRequest, match="neither memory nor in the catalogue"):
        find_machine(config, "bigger-box")
    with pytest.raises(NotFound):
        find_machine(config, str(tmp_path / "none.json"))


def test_what_goes_out_names_no_folder(own_home: Path, tmp_path: Path) -> None:
    config = load_config()
    path = tmp_path / "profile.json"
    export_profile(config, path)
    assert str(own_home.parent) not in path.read_text()
    assert read_profile(path).memory.total_bytes == this_machine(config).memory.total_bytes


@pytest.mark.parametrize("name", ["../up", "", ".hidden", "a/b", "a" * 65, "x\n"])
def test_names_stay_in_their_folder(name: str, tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    write_profile(describe_machine("DDR4-3200 x2"), path)
    with pytest.raises(InvalidRequest, match="cannot be called"):
        import_profile(load_config(), path, name)


def test_a_profile_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    profile = describe_machine("DDR4-3200 x2")
    with pytest.raises(SetupError, match="cannot be written"):
        write_profile(profile, tmp_path / "none" / "profile.json")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(SetupError):
        write_profile(profile, folder)
    assert list(tmp_path.iterdir()) == [folder]
    write_profile(profile, tmp_path / "profile.json")
    assert read_profile(tmp_path / "profile.json") == profile


def test_kernels_of_another_build_of_the_engine_are_not_used(own_home: Path) -> None:
    config = load_config()
    looks = (look_back("f16", 1.0), full_look(1.0))
    timed = timed_machine(kernel("Q8_0", 1, 10.0), looks=looks)
    assert timed.engine is not None
    here = replace(this_machine(config), kernels=timed.kernels)
    for build, is_kept in ((engine_build(), True), ("made up", engine_build() is None)):
        keep_profile(config, replace(here, engine=replace(timed.engine, build=build or "none")))
        assert bool(this_machine(config).kernels) is is_kept


def test_kernels_are_not_used_where_a_kind_of_them_was_not_timed(own_home: Path) -> None:
    config = load_config()
    timed = timed_machine(kernel("Q8_0", 1, 10.0), looks=(look_back("f16", 1.0),))
    assert timed.engine is not None
    engine = replace(timed.engine, build=engine_build() or "none")
    keep_profile(config, replace(this_machine(config), kernels=timed.kernels, engine=engine))
    assert this_machine(config).kernels == ()
