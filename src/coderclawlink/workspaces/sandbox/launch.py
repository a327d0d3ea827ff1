"""The program between a sandbox's wall and the agent: it starts the agent, and sees to it that nothing outlives it.

Run as `python -I -S launch.py <fd>`; stdlib only and few imports, because every agent waits for it. The descriptor is its
end of a socket pair with `node.supervise`: over it come the instructions (`base.instructions`), and back go lines:

    up              the agent's program has started
    failed <words>  it could not be
    exit <code>     it ended, negative for a signal, and with it all it had started

The channel is also the life line: when the node closes its end, or dies by whatever means, the agent is killed. In a
PID namespace of its own this program is process 1, and the kernel kills the rest when it exits. Elsewhere it is the subreaper:
descendants that lose their parent become its children, and it kills what it finds in /proc until none is left.
"""

# ruff: noqa: SIM105  contextlib is slow to import

from __future__ import annotations

import _thread
import marshal
import os
import resource
import signal
import socket
import sys

_AGENT_IS_REAPED = _thread.allocate_lock()
"""Held once the agent's process id may mean somebody else."""


def main(channel: int) -> None:
    """Do as the channel says. Does not return."""
    os.set_inheritable(channel, False)
    program, argv, env, folder, forward, limits, rules = _instructions(channel)
    alone = os.getpid() == 1
    if not alone:
        _prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
    listeners = [(_listen(port), path) for port, path in forward]
    agent = _start(channel, program, argv, env, folder, limits, rules, alone)
    for fd in (0, 1, 2):  # They are the agent's: who reads them must see when it closes them.
        os.dup2(os.open(os.devnull, os.O_RDWR), fd)
    for listener, path in listeners:
        _thread.start_new_thread(_accept, (listener, path))
    _thread.start_new_thread(_hold_lifeline, (channel, agent, alone))
    code = os.waitstatus_to_exitcode(_wait_for(agent))
    if not alone:
        sweep(os.getpid())
    _tell(channel, f"exit {code}")
    os._exit(0)


def _instructions(
    channel: int,
) -> tuple[
    str,
    list[str],
    dict[str, str],
    str,
    list[tuple[int, str]],
    tuple[int, int | None, int | None, int | None],
    tuple[list[tuple[str, str]], tuple[int, ...] | None] | None,
]:
    length = int.from_bytes(_read(channel, 4), "big")
    return marshal.loads(_read(channel, length))  # type: ignore[no-any-return]  # noqa: S302  our own node's words


def _read(channel: int, size: int) -> bytes:
    read = b""
    while len(read) < size:
        part = os.read(channel, size - len(read))
        if not part:
            os._exit(1)
        read += part
    return read


def _tell(channel: int, line: str) -> None:
    try:
        os.write(channel, f"{line}\n".encode(errors="replace"))
    except OSError:
        pass  # The node is gone; there is nobody to tell.


# ── starting ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _start(
    channel: int,
    program: str,
    argv: list[str],
    env: dict[str, str],
    folder: str,
    limits: tuple[int, int | None, int | None, int | None],
    rules: tuple[list[tuple[str, str]], tuple[int, ...] | None] | None,
    alone: bool,
) -> int:
    """Start the agent and return its process id once its program runs."""
    ours = os.getpid()
    problem, told = os.pipe()  # Closes by itself when the program starts.
    agent = os.fork()
    if agent == 0:
        try:
            os.setsid()
            # What is ignored here, by Python or because the hub was started in a background, is not the agent's affair.
            for number in signal.valid_signals():
                if signal.getsignal(number) is signal.SIG_IGN:
                    signal.signal(number, signal.SIG_DFL)
            if not alone:
                _prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: should this launcher itself be killed
                if os.getppid() != ours:
                    os._exit(127)
            os.chdir(folder)
            _limit(limits)
            if rules is not None:
                restrict(*rules)
            os.execve(program, argv, env)  # noqa: S606  no shell is the point
        except OSError as error:
            os.write(told, f"{program}: {error.strerror}".encode(errors="replace"))
        finally:
            os._exit(127)
    os.close(told)
    with open(problem, "rb") as pipe:
        words = pipe.read().decode(errors="replace").replace("\n", " ")
    _tell(channel, f"failed {words}" if words else "up")
    if words:
        os._exit(1)
    return agent


def _limit(limits: tuple[int, int | None, int | None, int | None]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    names = (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_AS, resource.RLIMIT_FSIZE)
    for name, wanted in zip(names, limits, strict=True):
        if wanted is not None:
            hard = resource.getrlimit(name)[1]
            value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(name, (value, value))


# ── ending ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _hold_lifeline(channel: int, agent: int, alone: bool) -> None:
    try:
        while os.read(channel, 64):
            pass
    except OSError:
        pass
    if alone:
        os._exit(1)  # The kernel kills the rest of the namespace.
    if _AGENT_IS_REAPED.acquire(blocking=False):
        os.kill(agent, signal.SIGKILL)
        _AGENT_IS_REAPED.release()


def _wait_for(agent: int) -> int:
    """Reap what ends, until it is the agent; return its wait status."""
    while True:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        if ended is None:
            continue
        if ended.si_pid == agent:
            _AGENT_IS_REAPED.acquire()
            return os.waitpid(agent, 0)[1]
        os.waitpid(ended.si_pid, 0)


def sweep(ancestor: int) -> None:
    """Kill all descendants of this process, the subreaper, until there are none."""
    while True:
        for pid in descendants(ancestor):
            kill(pid)
        try:
            os.wait()
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def kill(pid: int) -> None:
    """Kill a process that may have ended already, or may not be ours to kill."""
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def descendants(ancestor: int) -> list[int]:
    """The process ids of all that a process started, directly or not, as /proc shows them now."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, IndexError):
                continue  # Ended between the two looks.
            children.setdefault(parent, []).append(int(name))
    found = list(children.get(ancestor, ()))
    for pid in found:
        found += children.get(pid, ())
    return found


def living_at(home: os.PathLike[str]) -> list[int]:
    """The processes that were started with this HOME, which is one attempt's alone."""
    mark = b"HOME=" + os.fsencode(home)
    found: list[int] = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark in file.read().split(b"\0"):
                        found.append(int(name))
            except OSError:
                continue  # Ended, or another user's.
    return found


# ── the ports inside ───────────────────────────────────────────────────────────────────────────────────────────────


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def _accept(listener: socket.socket, path: str) -> None:
    while True:
        try:
            inside, _ = listener.accept()
        except OSError:
            continue  # The caller went away before it was let in.
        inside.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        outside = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            outside.connect(path)
        except OSError:
            inside.close()
            outside.close()
            continue
        _thread.start_new_thread(_pump, (inside, outside))
        _thread.start_new_thread(_pump, (outside, inside))


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes, and the end of it; when one side breaks, break the other."""
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


# ── the kernel ─────────────────────────────────────────────────────────────────────────────────────────────────────

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # The same on every architecture.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL = 1, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_CONNECT_TCP = 1 << 1


def landlock_abi() -> int:
    """The version of Landlock that the kernel speaks, 0 for none."""
    return max(0, _syscall(_CREATE_RULESET, None, 0, 1))


def restrict(paths: list[tuple[str, str]], ports: tuple[int, ...] | None) -> None:
    """Give up, for this process and all it starts, every path but these ("ro" or "rw"), and TCP connections to any port
    but these (None: keep all). With a newer kernel also signals and abstract sockets to processes outside.

    Raises `OSError`.
    """
    abi = landlock_abi()
    everything = (1 << 13 if abi < 2 else 1 << 14 if abi < 3 else 1 << 15 if abi < 5 else 1 << 16) - 1
    read = _EXECUTE | _READ_FILE | _READ_DIR
    for_files = (_EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL) & everything
    handled = everything.to_bytes(8, sys.byteorder)
    if abi >= 4:
        handled += (0 if ports is None else _CONNECT_TCP).to_bytes(8, sys.byteorder)
    if abi >= 6:
        handled += (3).to_bytes(8, sys.byteorder)
    ruleset = _must(_syscall(_CREATE_RULESET, handled, len(handled), 0))
    for path, access in paths:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # What is not there need not be allowed.
        allowed = everything if access == "rw" else read
        if not os.path.isdir(path):
            allowed &= for_files
        rule = allowed.to_bytes(8, sys.byteorder) + fd.to_bytes(4, sys.byteorder)
        _must(_syscall(_ADD_RULE, ruleset, 1, rule, 0))
        os.close(fd)
    for port in ports or ():
        rule = _CONNECT_TCP.to_bytes(8, sys.byteorder) + port.to_bytes(8, sys.byteorder)
        _must(_syscall(_ADD_RULE, ruleset, 2, rule, 0))
    _prctl(38, 1)  # PR_SET_NO_NEW_PRIVS, without which the kernel refuses
    _drop_capabilities()
    _must(_syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _drop_capabilities() -> None:
    """Root may read the environment of any process, whatever Landlock says, unless it has given that up."""
    import ctypes  # noqa: PLC0415  slow to import, and bubblewrap needs none of it

    version_3_of_this_process = (0x20080522).to_bytes(4, sys.byteorder) + bytes(4)
    _must(ctypes.CDLL(None, use_errno=True).capset(version_3_of_this_process, bytes(24)))


def _prctl(option: int, value: int) -> None:
    import ctypes  # noqa: PLC0415  slow to import, and bubblewrap needs none of it

    _must(ctypes.CDLL(None, use_errno=True).prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def _syscall(number: int, *args: int | bytes | None) -> int:
    import ctypes  # noqa: PLC0415

    given = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *given))


def _must(result: int) -> int:
    if result < 0:
        import ctypes  # noqa: PLC0415

        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


if __name__ == "__main__":
    main(int(sys.argv[1]))
