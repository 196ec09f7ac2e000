"""Shuts the network off for a Python process and its children: put this folder into PYTHONPATH.

Python imports `sitecustomize` when it starts. Connections to this machine stay possible, since a notebook's
kernel needs them. Any other attempt raises and is written to the file named by NETWORK_LOG, so that code which
hides the error is found too.
"""

import ipaddress
import os
import socket


def _is_here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return name == "localhost"


def _refuse(what: str, host: object) -> None:
    with open(os.environ["NETWORK_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{what} {host}\n")
    raise OSError(f"{what} {host}: the network is shut off in this test")


def _guarded(name: str, place: int):
    original = getattr(socket.socket, name)

    def call(self: socket.socket, *arguments):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            address = arguments[place]
            if isinstance(address, tuple) and not _is_here(address[0]):
                _refuse(name, address[0])
        return original(self, *arguments)

    return call


_getaddrinfo = socket.getaddrinfo


def _looked_up(host, *arguments, **options):
    if not _is_here(host):
        _refuse("getaddrinfo", host)
    return _getaddrinfo(host, *arguments, **options)


socket.socket.connect = _guarded("connect", 0)
socket.socket.connect_ex = _guarded("connect_ex", 0)
socket.socket.sendto = _guarded("sendto", -1)
socket.getaddrinfo = _looked_up
