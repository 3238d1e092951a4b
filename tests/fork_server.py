"""Runs `eksternstudium` for whoever asks at a socket, each time in a fork of this process.

A command costs what it does, and not a second of imports before it: the documentation has two hundred of them. Run as
`python fork_server.py SOCKET`; asked by what client_script gives.
"""

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Iterable
from pkgutil import resolve_name

from webapp.cli import COMMANDS, main

_CLIENT = """#!{python} -SEI
import json, os, socket, sys
arguments = sys.argv[1:]
if arguments[:1] and arguments[0] in {passed_over!r}:
    arguments.append("--help")
if arguments == ["serve"]:
    arguments += ["--port", os.environ["PORT"]]
listens = arguments[:1] == ["serve"] or (arguments[:1] == ["provide"] and "--port" in arguments)
read, write = os.pipe() if listens else (0, 1)
errors = os.open("server.log", os.O_CREAT | os.O_RDWR | os.O_APPEND) if listens else 2
with socket.socket(socket.AF_UNIX) as server:
    server.connect({socket!r})
    asked = json.dumps([arguments, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(asked).to_bytes(8)], [0, write, errors])
    server.sendall(asked)
    if listens:
        os.close(write)
        if said := os.fdopen(read).readline():
            sys.exit(print(said, end=""))
        sys.stderr.write(open("server.log").read())
    sys.exit(int(server.recv(16) or 99))
"""


def client_script(address: str, passed_over: Iterable[str] = ()) -> str:
    """The text of a program that is `eksternstudium` to whoever calls it. One that listens it leaves in the background
    when it has said where (at PORT unless it was told); of commands that are passed over it shows the help."""
    return _CLIENT.format(python=sys.executable, socket=address, passed_over=tuple(passed_over))


def _asked(connection: socket.socket) -> tuple[list[str], str, dict[str, str], list[int]]:
    """Arguments, folder, environment, and the three standard files."""
    head, files, _, _ = socket.recv_fds(connection, 8, 3)
    with connection.makefile("rb") as stream:
        arguments, folder, environment = json.loads(stream.read(int.from_bytes(head)))
    return arguments, folder, environment, files


def _carry_out(arguments: list[str], folder: str, environment: dict[str, str], files: list[int]) -> None:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    try:
        main(arguments, prog_name="eksternstudium")
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        # At once: an interpreter that takes itself apart costs more than most commands do.
        os._exit(end.code if isinstance(end.code, int) else 0 if end.code is None else 1)


def _answer(connection: socket.socket) -> None:
    asked = _asked(connection)
    if not (child := os.fork()):
        connection.close()
        _carry_out(*asked)
    for file in asked[-1]:
        os.close(file)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.send(str(abs(status)).encode())


def serve(address: str) -> None:
    """Until it is killed. Says so on standard output when it can be asked."""
    for target, _ in COMMANDS.values():
        resolve_name(target)
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)  # noqa: T201
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            connection, _ = listener.accept()
            if not os.fork():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                _answer(connection)
                os._exit(0)
            connection.close()


if __name__ == "__main__":
    serve(sys.argv[1])
