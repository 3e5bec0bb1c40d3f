"""Confinement on real child processes: what must fail fails, what must work works."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from hearth.engine.confine import Attempt, Layer, Proof, runtime_paths

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is for Linux")

PREAMBLE = """
import ctypes, errno, fcntl, os, signal, socket, sys, threading, time
from pathlib import Path
from hearth.engine.confine import prove, restrict_files, restrict_system_calls

def answer(action, *arguments):
    '''Return "ok" or the name of the error that the system answered with.'''
    try:
        action(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "ok"

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
"""


def in_child(body: str, *arguments: object) -> list[str]:
    """Run Python code in a fresh process and return the lines it printed."""
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + textwrap.dedent(body), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_command_proves_that_everything_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hearth.engine.confine"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines[0].startswith("landlock on")
    assert lines[1].startswith("seccomp on")
    assert len(lines) == 8
    assert all(line.startswith("refused") for line in lines[2:])


def test_an_unconfined_process_proves_nothing_and_survives_it(tmp_path: Path) -> None:
    lines = in_child(
        """
        os.environ["HOME"] = sys.argv[1]
        proof = prove()
        say(proof.confined, os.listdir(sys.argv[1]))
        for attempt in proof.attempts:
            say(attempt.refused)
        """,
        tmp_path,
    )
    assert lines == ["False []", *["False"] * 6]


def test_landlock_leaves_only_the_named_file_and_the_libraries(tmp_path: Path) -> None:
    model, secret = tmp_path / "model.gguf", tmp_path / "secret.txt"
    model.write_text("weights")
    secret.write_text("mine")
    lines = in_child(
        """
        model, secret = map(Path, sys.argv[1:])
        say(restrict_files([model]).active)
        say(answer(model.read_text))
        say(answer(secret.read_text), answer(os.listdir, secret.parent))
        say(answer(model.write_text, "x"), answer(secret.unlink), answer(os.truncate, secret, 0))
        say(answer((secret.parent / "new").write_text, "x"))
        say(answer(os.execv, "/bin/true", ["true"]))
        import wave  # a library that nothing has read yet
        with socket.socket() as local:
            say(answer(local.bind, ("127.0.0.1", 0)), answer(local.connect, ("127.0.0.1", 1)))
        """,
        model,
        secret,
    )
    assert lines == [
        "True",
        "ok",
        "EACCES EACCES",
        "EACCES EACCES EACCES",
        "EACCES",
        "EACCES",
        "EACCES EACCES",
    ]
    assert model.read_text() == "weights"
    assert secret.read_text() == "mine"


def test_landlock_follows_a_link_to_the_model_and_binds_later_threads(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "sha").write_text("weights")
    (tmp_path / "model.gguf").symlink_to(tmp_path / "blobs" / "sha")
    (tmp_path / "secret").write_text("mine")
    lines = in_child(
        """
        folder = Path(sys.argv[1])
        restrict_files([folder / "model.gguf"])
        def look():
            say(answer((folder / "model.gguf").read_text), answer((folder / "secret").read_text))
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        """,
        tmp_path,
    )
    assert lines == ["ok EACCES"]


def test_a_model_that_is_not_there_leaves_the_layer_inactive_with_the_reason() -> None:
    lines = in_child("say(restrict_files([Path('/no/such/model.gguf')]))")
    assert lines[0].startswith("landlock off: it could not be applied: ")
    assert "/no/such/model.gguf" in lines[0]


def test_the_home_and_the_current_folder_are_no_runtime_paths() -> None:
    paths = runtime_paths()
    assert Path.home() not in paths
    assert Path.cwd() not in paths
    assert Path("/") not in paths


def test_seccomp_binds_threads_from_before_and_after() -> None:
    lines = in_child(
        """
        ready, go = threading.Event(), threading.Event()
        def early():
            ready.set()
            go.wait()
            say("early", answer(os.open, "/etc/passwd", os.O_RDONLY), answer(socket.socket))
        def late():
            say("late", answer(os.open, "/etc/passwd", os.O_RDONLY), answer(socket.socket))
        before = threading.Thread(target=early)
        before.start()
        ready.wait()
        say(restrict_system_calls().active)
        go.set()
        before.join()
        after = threading.Thread(target=late)
        after.start()
        after.join()
        """
    )
    assert lines == ["True", "early EPERM EPERM", "late EPERM EPERM"]


def test_seccomp_refuses_programs_forks_signals_and_foreign_numbers(tmp_path: Path) -> None:
    lines = in_child(
        """
        import resource
        libc = ctypes.CDLL(None, use_errno=True)
        def raw(number, *arguments):
            if libc.syscall(ctypes.c_long(number), *arguments) == -1:
                raise OSError(ctypes.get_errno(), "refused")
        file = Path(sys.argv[1]) / "file"
        file.write_text("x")
        restrict_system_calls()
        say(answer(os.fork), answer(os.posix_spawn, "/bin/true", ["true"], {}))
        say(answer(os.execv, "/bin/true", ["true"]), answer(os.execv, "/no/such", ["x"]))
        say(answer(os.kill, os.getppid(), 0), answer(os.kill, os.getpid(), 0))
        say(answer(file.unlink), answer(file.rename, "y"))
        say(answer(file.chmod, 0), answer(os.truncate, file, 0))
        say(answer(resource.prlimit, os.getppid(), resource.RLIMIT_CPU))
        say(answer(fcntl.ioctl, 0, 0x5412, b"x"))  # put a keystroke into the terminal
        say(answer(socket.socketpair), answer(os.memfd_create, "x"))
        say(answer(raw, 435, None, 0), answer(raw, 463), answer(raw, 0x40000000 | 39))
        """,
        tmp_path,
    )
    assert lines == [
        "EPERM EPERM",
        "EPERM EPERM",
        "EPERM ok",
        "EPERM EPERM",
        "EPERM EPERM",
        "EPERM",
        "EPERM",
        "EPERM EPERM",
        "ENOSYS ENOSYS EPERM",
    ]


def test_seccomp_leaves_memory_threads_numbers_clocks_and_open_pipes_working() -> None:
    lines = in_child(
        """
        import numpy.random
        from concurrent.futures import ThreadPoolExecutor
        reader, writer = os.pipe()
        restrict_system_calls()
        say(len(bytearray(256 << 20)) >> 20)
        square = numpy.random.default_rng(0).random((300, 300), dtype=numpy.float32)
        say((square @ square).shape)
        with ThreadPoolExecutor(8) as pool:
            say(sum(pool.map(lambda n: int((square @ square).shape[0] == 300), range(64))))
        os.write(writer, b"through a pipe")
        say(os.read(reader, 100).decode(), os.pipe() is not None)
        time.sleep(0.01)
        say(time.strftime("%Y", time.localtime(0)) in ("1969", "1970"), len(os.urandom(8)))
        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: n + 1)
        say(callback(1))
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        print("flushed at exit")
        """
    )
    assert lines == [
        "256",
        "(300, 300)",
        "64",
        "through a pipe True",
        "True 8",
        "2",
        "flushed at exit",
    ]


def test_a_crash_under_seccomp_still_ends_by_its_own_signal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + "restrict_system_calls(); os.abort()"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -6


def test_layers_and_proofs_say_themselves_in_words() -> None:
    layer = Layer(name="landlock", active=False, detail="this kernel has none")
    assert str(layer) == "landlock off: this kernel has none"
    refused = Attempt(what="read a file", refused=True, answer="Permission denied")
    done = Attempt(what="make a socket", refused=False, answer="done")
    assert Proof(attempts=(refused,)).confined
    assert not Proof(attempts=(refused, done)).confined
    assert not Proof(attempts=()).confined
    assert str(Proof(attempts=(refused, done))) == (
        "refused  read a file (Permission denied)\nALLOWED  make a socket (done)"
    )


def test_a_file_that_may_be_written_is_the_only_one(tmp_path: Path) -> None:
    model, target = tmp_path / "model.gguf", tmp_path / "new.gguf"
    model.write_text("weights")
    target.write_text("old")
    lines = in_child(
        """
        model, target = sys.argv[1:]
        layer = restrict_files([Path(model)], writable=[Path(target)])
        say(layer.active, target in layer.detail)
        say(restrict_system_calls(opens_files=True).active)
        say(answer(lambda: Path(target).write_text("new")), Path(target).read_text())
        say(answer(lambda: Path(model).read_text()), answer(lambda: Path(model).write_text("x")))
        say(answer(lambda: Path(target + ".other").write_text("x")))
        say(answer(os.unlink, target), answer(os.rename, target, model))
        say(answer(socket.socket), answer(os.fork))
        """,
        model,
        target,
    )
    assert lines == [
        "True True",
        "True",
        "ok new",
        "ok EACCES",
        "EACCES",
        "EPERM EPERM",
        "EPERM EPERM",
    ]
    assert model.read_text() == "weights"
