from __future__ import annotations

import threading

import pytest

from deepvis.core.mailbox import Mailbox, MailboxClosed


def test_the_newest_wins_and_is_taken_once():
    box: Mailbox[int] = Mailbox()
    box.put(1)
    box.put(2)
    assert box.take() == 2 and box.take(0) is None and box.peek() == 2


def test_none_is_a_value_like_others():
    box: Mailbox[None] = Mailbox()
    assert not box.has_new()
    box.put(None)
    assert box.has_new() and box.take(0) is None and not box.has_new()


def test_closing_wakes_every_reader_and_drops_what_waits():
    box: Mailbox[int] = Mailbox()
    ended: list[int] = []

    def read() -> None:
        with pytest.raises(MailboxClosed):
            box.take()
        ended.append(1)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    box.close()
    for thread in threads:
        thread.join(60)
    assert len(ended) == 3
    box.put(1)
    assert box.peek() is None and box.has_new()
    with pytest.raises(MailboxClosed):
        box.take(0)


def test_one_reader_waits_for_several_boxes():
    wake: Mailbox[None] = Mailbox()
    left, right = Mailbox(wake), Mailbox(wake)
    taken: list[object] = []

    def read() -> None:
        while True:
            wake.take()
            try:
                taken.extend(item for item in (left.take(0), right.take(0)) if item is not None)
            except MailboxClosed:
                return

    thread = threading.Thread(target=read)
    thread.start()
    left.put("l")
    right.put("r")
    while len(taken) < 2:  # either may come first
        thread.join(0.001)
    right.close()
    thread.join(60)
    assert not thread.is_alive() and sorted(taken) == ["l", "r"]


def test_many_writers_lose_nothing_but_the_older():
    box: Mailbox[int] = Mailbox()
    seen: list[int] = []

    def write() -> None:
        for value in range(2000):
            box.put(value)

    def read() -> None:
        while (value := box.take(60)) != -1:
            seen.append(value)

    reader = threading.Thread(target=read)
    reader.start()
    writer = threading.Thread(target=write)
    writer.start()
    writer.join(60)
    box.put(-1)
    reader.join(60)
    assert not reader.is_alive() and seen == sorted(seen)
