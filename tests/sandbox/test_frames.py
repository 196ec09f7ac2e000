"""Frames between grader and worker, with a peer that cheats."""

from __future__ import annotations

import socket
import struct
import time

import pytest

from autograder.sandbox.frames import Channel, FrameError


@pytest.fixture
def ends():
    near, far = socket.socketpair()
    with near, far:
        yield Channel(near, message_bytes=1000, total_bytes=3000), far


def test_header_and_body_arrive(ends):
    channel, far = ends
    Channel(far, 1000).send({"a": [1, "ü"]}, b"\0\1")
    assert channel.receive() == ({"a": [1, "ü"]}, b"\0\1")


def test_the_end_of_the_stream_is_none_even_within_a_frame(ends):
    channel, far = ends
    far.send(struct.pack(">IQ", 10, 10) + b"{}")
    far.close()
    assert channel.receive() is None


@pytest.mark.parametrize("lengths", [(2**20 + 1, 0), (2, 1001), (2, 2**63)])
def test_what_is_announced_too_large_is_refused_before_it_is_read(ends, lengths):
    channel, far = ends
    far.send(struct.pack(">IQ", *lengths))
    with pytest.raises(FrameError, match="message_mb"):
        channel.receive()


@pytest.mark.parametrize("header", [b"{", b"[]", b"1", b"\xff\xff", b"[" * 100_000])
def test_a_header_that_is_no_json_object_is_refused(header):
    near, far = socket.socketpair()
    with near, far:
        far.sendall(struct.pack(">IQ", len(header), 0) + header)
        with pytest.raises(FrameError):
            Channel(near, 1000).receive()


def test_all_frames_together_are_limited(ends):
    channel, far = ends
    sender = Channel(far, 1000)
    for _ in range(2):
        sender.send({}, bytes(1000))
        channel.receive()
    sender.send({}, bytes(1000))
    with pytest.raises(FrameError, match="output_mb"):
        channel.receive()


def test_a_frame_that_does_not_come_is_a_timeout(ends):
    channel, far = ends
    far.send(b"\0")
    with pytest.raises(TimeoutError):
        channel.receive(deadline=time.monotonic() + 0.05)


def test_a_body_that_nobody_may_receive_is_not_sent(ends):
    channel, _ = ends
    with pytest.raises(FrameError, match="1001 bytes"):
        channel.send({}, bytes(1001))
