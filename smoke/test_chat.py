"""Chat: create a conversation, stream an answer, find it saved, and keep it from everybody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from checks import chat, stream
from gonogo.exchange import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.checker import Checker
    from gonogo.member import Member
    from gonogo.profile import Profile


LONG = 24
"""Words of an answer that is long enough to see how it comes."""
OF_BROWSERS = "gzip, deflate, br, zstd"


@pytest.mark.needs("send_message")
@pytest.mark.cost(auth=3, api=2, messages=1)
async def test_streams_an_answer(alice: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """A short question streams back a whole answer, bit by bit."""
    reply = await alice.ask(alice.question(nonce(LONG)))

    check(
        reply,
        stream.content_type_is_event_stream,
        stream.is_well_formed,
        stream.payloads_are_readable,
        stream.ends_with_terminal_event,
        stream.arrives_bit_by_bit,
    )


@pytest.mark.needs("send_message")
@pytest.mark.cost(api=2, messages=1)
async def test_streams_to_a_browser(alice: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Who takes compressed answers gets them bit by bit as well."""
    reply = await alice.ask(alice.question(nonce(LONG)), encodings=OF_BROWSERS)

    check(reply, stream.arrives_bit_by_bit_compressed)


@pytest.mark.needs("send_message", "means.fixed_prompt")
@pytest.mark.cost(api=2, messages=1)
async def test_answers_the_question(alice: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Who asks for certain words gets them."""
    words = nonce(8)
    check(await alice.ask(alice.prompt("fixed_prompt", words=words)), chat.says(words))


@pytest.mark.needs("create_conversation", "send_message", "history", "messages-in-conversations")
@pytest.mark.cost(api=3, messages=1)
async def test_keeps_what_was_said(alice: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Question and answer are there afterwards."""
    question = alice.question(nonce(8))
    conversation = await alice.create_conversation("smoke")
    reply = await alice.send(conversation, question)
    history = await alice.history(conversation)

    check(history, chat.keeps_both_sides(question, reply), trail=[reply, history])


@pytest.mark.needs("send_message", "promises.slo.ttft_p95_s")
@pytest.mark.cost(api=3, messages=1)
async def test_answers_promptly(alice: Member, check: Checker, profile: Profile, nonce: Callable[[int], str]) -> None:
    """The first token of an answer comes in the promised time."""
    check(await alice.ask(nonce(6)), stream.first_token_within(profile.slo.ttft_p95_s))


@pytest.mark.needs("send_message", "means.fail_prompt")
@pytest.mark.cost(api=2, messages=1)
async def test_reports_a_failure(alice: Member, check: Checker) -> None:
    """When the model fails half way, the stream says so."""
    check(await alice.ask(alice.prompt("fail_prompt")), stream.reports_failure)


@pytest.mark.needs("create_conversation", "send_message", "history")
@pytest.mark.cost(auth=3, api=10, messages=2)
async def test_others_cannot_read(alice: Member, bob: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Neither of two members reads the other's conversation."""
    hers, his = await alice.create_conversation("hers"), await bob.create_conversation("his")
    said = [await alice.send(hers, nonce(2)), await bob.send(his, nonce(2))]
    kept = [
        await alice.keeps_from(bob, "history", conversation_id=hers),
        await bob.keeps_from(alice, "history", conversation_id=his),
    ]

    check(kept, chat.others_cannot_read, trail=[*said, *(one.refused for one in kept)])


@pytest.mark.needs("create_conversation", "send_message", "messages-in-conversations")
@pytest.mark.cost(api=8, messages=6)
async def test_others_cannot_write(alice: Member, bob: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Neither of two members speaks in the other's conversation."""
    hers = await alice.create_conversation("hers")
    his = await bob.create_conversation("his")

    check(
        [
            await alice.keeps_from(bob, "send_message", conversation_id=hers, content=nonce(2)),
            await bob.keeps_from(alice, "send_message", conversation_id=his, content=nonce(2)),
        ],
        chat.others_cannot_write,
    )


@pytest.mark.needs("send_message", "means.fixed_prompt")
@pytest.mark.cost(auth=3, api=4, messages=2)
async def test_streams_do_not_mix(alice: Member, bob: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Two members who ask at the same time each get their own answer."""
    hers, his = nonce(8), nonce(8)
    to_alice, to_bob = await asyncio.gather(
        alice.ask(alice.prompt("fixed_prompt", words=hers)), bob.ask(bob.prompt("fixed_prompt", words=his))
    )

    check([(to_alice, hers, his), (to_bob, his, hers)], chat.streams_do_not_mix)


@pytest.mark.needs("send_message", "promises.blank_refused")
@pytest.mark.cost(api=3, messages=2)
async def test_refuses_a_blank_message(alice: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """A message without words is refused."""
    conversation = await alice.create_conversation("smoke")
    valid = alice.request("send_message", conversation_id=conversation, content=nonce(3))
    blank = alice.request("send_message", conversation_id=conversation, content="   ")
    before = await alice.exchange(valid)

    check(Refusal(before=before, refused=await alice.exchange(blank)), chat.blank_is_refused)
