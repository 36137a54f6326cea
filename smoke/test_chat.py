"""Chat: create a conversation, stream an answer, find it saved, and keep it from everybody else."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from checks import answer, chat, conversation, quota, stream
from gonogo import samples
from gonogo.exchange import Refusal
from gonogo.member import Member
from gonogo.paging import paged, unless_changed
from gonogo.people import FRUGAL
from gonogo.shapes import shapes_of
from gonogo.spending import spend
from gonogo.talking import Left, left, place_in, resumed, retried, stopped
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gonogo.checker import Checker
    from gonogo.exchange import Exchange, StreamedExchange
    from gonogo.people import Cast
    from gonogo.profile import Profile
    from gonogo.promises import Models


LONG = 24
"""Words of an answer that is long enough to see how it comes."""
LETTERS = "漢字 עברית e\u0301 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f600"
"""Words whose letters are made of several bytes, or of several letters."""
SIGNS = """"quoted" (bracket *star' 100% ^:-+"""
"""What people search for, and what engines take for commands."""
OF_BROWSERS = "gzip, deflate, br, zstd"


SCENARIO = "chat"
LENGTHY = 60
"""Words of an answer that is longer than what a short limit would let through."""
ENDLESS = 150
"""Words of an answer that nobody waits for: it is to be stopped long before its end."""


@pytest_asyncio.fixture(loop_scope="session")
async def dana(cast: Cast) -> Member:
    """A member who keeps many conversations in order."""
    return await Member(cast.person("dana"), cast, SCENARIO).join()


@pytest_asyncio.fixture(loop_scope="session")
async def leon(cast: Cast) -> Member:
    """A member who shares nothing with her."""
    return await Member(cast.person("leon"), cast, SCENARIO).join()


@pytest_asyncio.fixture(loop_scope="session")
async def frugal(cast: Cast) -> Member:
    """A member whose plan allows few messages."""
    return await Member(cast.person(FRUGAL), cast, SCENARIO).join()


@pytest.fixture(scope="module")
def unheard() -> str:
    """The words of an answer that nobody hears out."""
    return " ".join(secrets.token_hex(3) for _ in range(80))


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def abandoned(
    request: pytest.FixtureRequest, cast: Cast, profile: Profile, unheard: str
) -> AsyncIterator[asyncio.Task[Left] | None]:
    """An answer that is left at its first words, before everything else: what becomes of it takes a while."""
    part = next((one for one in request.session.items if one.name == test_nobody_hears_the_end.__name__), None)
    if part is None or part.get_closest_marker("skip"):
        yield None
        return

    async def leave() -> Left:
        leon = await Member(cast.person("leon"), cast, SCENARIO).join()
        asked = leon.prompt("fixed_prompt", words=unheard)
        return await left(leon, asked, profile.promises.abandoned_s or 0.0, leon.question(secrets.token_hex(3)))

    task = asyncio.create_task(leave())
    yield task
    task.cancel()
    await asyncio.wait([task])


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


@pytest.mark.needs("send_message", "event-shapes")
@pytest.mark.cost(api=2, messages=1)
async def test_events_hold_what_is_promised(
    dana: Member, check: Checker, profile: Profile, nonce: Callable[[int], str]
) -> None:
    """Each event holds what the profile says of its type."""
    reply = await dana.ask(dana.question(nonce(3)))

    check(reply, stream.events_hold_what_is_promised(shapes_of(profile)))


@pytest.mark.needs("send_message", "means.echo_prompt")
@pytest.mark.cost(api=2, messages=1)
async def test_text_comes_through(dana: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Letters of every kind, quotes and line ends come through to the letter."""
    text = f"{nonce(2)} {samples.HOSTILE_TEXT}"
    reply = await dana.ask(dana.prompt("echo_prompt", words=text))

    check(reply, stream.text_is_intact(text), stream.is_well_formed)


@pytest.mark.needs("send_message")
@pytest.mark.cost(api=2, messages=1)
async def test_streams_to_a_browser(dana: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Who takes compressed answers gets them bit by bit as well."""
    reply = await dana.ask(dana.question(nonce(LONG)), encodings=OF_BROWSERS)

    check(reply, stream.arrives_bit_by_bit_compressed)


@pytest.mark.needs("send_message", "means.fixed_prompt")
@pytest.mark.cost(api=2, messages=1)
async def test_answers_the_question(dana: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Who asks for certain words gets them."""
    words = nonce(8)
    check(await dana.ask(dana.prompt("fixed_prompt", words=words)), chat.says(words))


@pytest.mark.needs("send_message", "means.fixed_prompt")
@pytest.mark.cost(api=2, messages=1)
async def test_answers_at_length(dana: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """A long answer is written to its end."""
    words = nonce(LENGTHY)
    check(await dana.ask(dana.prompt("fixed_prompt", words=words)), chat.says_all(words))


@pytest.mark.needs("create_conversation", "send_message", "messages-in-conversations")
@pytest.mark.needs("means.fixed_prompt", "means.recall_prompt")
@pytest.mark.cost(api=3, messages=2)
async def test_remembers(dana: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """What was said before is known to the model."""
    words = nonce(4)
    place = await dana.create_conversation("remembered")
    first = await dana.send(place, dana.prompt("fixed_prompt", words=words))
    second = await dana.send(place, dana.prompt("recall_prompt"))

    check(second, chat.remembers(words), trail=[first, second])


@pytest.mark.needs("send_message", "promises.usage")
@pytest.mark.cost(api=2, messages=1)
async def test_tells_what_it_cost(dana: Member, check: Checker, profile: Profile, nonce: Callable[[int], str]) -> None:
    """The stream says how many tokens the answer has."""
    check(await dana.ask(dana.question(nonce(3))), stream.tells_what_it_cost(profile.promises.usage or ""))


@pytest.mark.needs("create_conversation", "send_message", "history", "messages-in-conversations")
@pytest.mark.cost(api=3, messages=1)
async def test_keeps_what_was_said(alice: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Question and answer are there afterwards."""
    question = alice.question(f"{nonce(8)} {LETTERS}")
    conversation = await alice.create_conversation("smoke")
    reply = await alice.send(conversation, question)
    history = await alice.history(conversation)

    check(history, chat.keeps_both_sides(question, reply), trail=[reply, history])


@pytest.mark.needs("send_message", "promises.slo.ttft_p95_s")
@pytest.mark.cost(api=3, messages=1)
async def test_answers_promptly(alice: Member, check: Checker, profile: Profile, nonce: Callable[[int], str]) -> None:
    """The first token of an answer comes in the promised time."""
    check(await alice.ask(alice.question(nonce(6))), stream.first_token_within(profile.slo.ttft_p95_s))


@pytest.mark.needs("send_message", "means.fail_prompt")
@pytest.mark.cost(api=2, messages=1)
async def test_reports_a_failure(alice: Member, check: Checker) -> None:
    """When the model fails half way, the stream says so."""
    check(await alice.ask(alice.prompt("fail_prompt")), stream.reports_failure, answer.failure_tells_nothing)


@pytest.mark.needs("create_conversation", "send_message", "history")
@pytest.mark.cost(auth=3, api=10, messages=2)
async def test_others_cannot_read(alice: Member, bob: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Neither of two members reads the other's conversation."""
    hers, his = await alice.create_conversation("hers"), await bob.create_conversation("his")
    said = [await alice.send(hers, alice.question(nonce(2))), await bob.send(his, bob.question(nonce(2)))]
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
            await alice.keeps_from(bob, "send_message", conversation_id=hers, content=alice.question(nonce(2))),
            await bob.keeps_from(alice, "send_message", conversation_id=his, content=bob.question(nonce(2))),
        ],
        chat.others_cannot_write,
    )


async def ask_for(words: str, member: Member) -> tuple[str, StreamedExchange]:
    """Ask for certain words in a conversation of its own; that, and the answer."""
    conversation = await member.create_conversation("smoke")
    return conversation, await member.send(conversation, member.prompt("fixed_prompt", words=words))


@pytest.mark.needs("send_message", "means.fixed_prompt")
@pytest.mark.cost(auth=3, api=8, messages=4)
async def test_streams_do_not_mix(dana: Member, leon: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Members who ask several things at the same time get each answer by itself."""
    asked = [(member, nonce(8)) for member in (dana, leon, dana, leon)]
    answers = await asyncio.gather(*(ask_for(words, member) for member, words in asked))

    check(
        [(reply, words) for (_, reply), (_, words) in zip(answers, asked, strict=True)],
        chat.streams_do_not_mix,
    )


@pytest.mark.needs("create_conversation", "send_message", "history", "messages-in-conversations", "means.fixed_prompt")
@pytest.mark.cost(auth=3, api=18, messages=6)
async def test_histories_do_not_mix(dana: Member, leon: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """What was answered at the same time is kept where it belongs."""
    asked = [(member, nonce(8)) for member in (dana, leon) * 3]
    answers = await asyncio.gather(*(ask_for(words, member) for member, words in asked))
    kept: list[tuple[Exchange, str]] = [
        (await member.history(conversation), words)
        for (conversation, _), (member, words) in zip(answers, asked, strict=True)
    ]

    check(kept, chat.histories_do_not_mix, trail=[*(reply for _, reply in answers), *(one for one, _ in kept)])


@pytest.mark.needs("send_message", "promises.blank_refused")
@pytest.mark.cost(api=3, messages=2)
async def test_refuses_a_blank_message(alice: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """A message without words is refused."""
    conversation = await alice.create_conversation("smoke")
    valid = alice.request("send_message", conversation_id=conversation, content=alice.question(nonce(3)))
    blank = alice.request("send_message", conversation_id=conversation, content="   ")
    before = await alice.exchange(valid)

    check(Refusal(before=before, refused=await alice.exchange(blank)), chat.blank_is_refused)


@pytest.mark.needs(
    "create_conversation", "send_message", "messages-in-conversations", "resume_message", "means.fixed_prompt"
)
@pytest.mark.cost(auth=3, api=3, messages=1)
async def test_resumes(dana: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Who is cut off in the middle of an answer, and comes back, hears the rest."""
    words = nonce(LONG)
    place = await dana.create_conversation("resumed")
    found = await resumed(dana, place, dana.prompt("fixed_prompt", words=words))

    check(found, answer.resumed_whole(words))


@pytest.mark.needs("create_conversation", "send_message", "messages-in-conversations")
@pytest.mark.needs("resume_message")
@pytest.mark.cost(auth=3, api=10, messages=2)
async def test_others_cannot_resume(dana: Member, leon: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """Neither of two members hears the rest of an answer to the other."""
    hers, his = await dana.create_conversation("hers"), await leon.create_conversation("his")
    to_her, to_him = await dana.send(hers, dana.question(nonce(2))), await leon.send(his, leon.question(nonce(2)))
    kept = [
        await dana.keeps_from(leon, "resume_message", **place_in(to_her, hers, 0)),
        await leon.keeps_from(dana, "resume_message", **place_in(to_him, his, 0)),
    ]

    check(kept, answer.others_cannot_resume, trail=[to_her, to_him, *(one.refused for one in kept)])


@pytest.mark.needs(
    "create_conversation", "send_message", "messages-in-conversations", "stop_message", "means.fixed_prompt"
)
@pytest.mark.cost(auth=3, api=3, messages=1)
async def test_stops(dana: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """An answer that is stopped ends."""
    words = nonce(ENDLESS)
    conversation = await dana.create_conversation("stopped")
    found = await stopped(dana, conversation, dana.prompt("fixed_prompt", words=words))

    check(found, answer.stop_ends_the_answer(words), answer.stop_is_told)


@pytest.mark.needs(
    "create_conversation", "send_message", "messages-in-conversations", "stop_message", "history", "means.fixed_prompt"
)
@pytest.mark.cost(auth=3, api=4, messages=1)
async def test_keeps_what_was_stopped(dana: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """What a stopped answer had said is kept."""
    conversation = await dana.create_conversation("stopped")
    found = await stopped(dana, conversation, dana.prompt("fixed_prompt", words=nonce(ENDLESS)))
    history = await dana.history(conversation)

    check(history, answer.stop_keeps_what_was_said(found), trail=[*found.trail, history])


@pytest.mark.needs(
    "create_conversation", "send_message", "messages-in-conversations", "history", "promises.message_key"
)
@pytest.mark.cost(auth=3, api=5, messages=1)
async def test_a_retry_adds_nothing(dana: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """A message that is sent again with its key is there once, and answered the same."""
    question = dana.question(nonce(6))
    conversation = await dana.create_conversation("retried")
    found = await retried(dana, conversation, question)

    check(found, answer.retry_adds_nothing(question))


@pytest.mark.needs("create_conversation")
@pytest.mark.cost(auth=3, api=1)
async def test_says_when_it_was_made(leon: Member, check: Checker) -> None:
    """A conversation that is made now says so."""
    check(await leon.do("create_conversation", title=leon.title("now")), conversation.made_now)


@pytest.mark.needs("create_conversation", "list_conversations", "rename_conversation")
@pytest.mark.cost(auth=3, api=5)
async def test_renames(leon: Member, check: Checker) -> None:
    """A conversation has the name that it was given last."""
    old, title = leon.title("before"), leon.title("after")
    made = await leon.do("create_conversation", title=old)
    named = made.captured.get("conversation_id", "")
    before = await leon.do("list_conversations")
    renamed = await leon.do("rename_conversation", conversation_id=named, title=title)
    listing = await leon.do("list_conversations")

    again = await leon.exchange(unless_changed(leon.request("list_conversations"), before))

    check(listing, conversation.rename_is_kept(title, old), trail=[renamed, listing])
    check(again, conversation.changed_list_is_sent, trail=[before, renamed, again])


@pytest.mark.needs("create_conversation", "list_conversations", "delete_conversation")
@pytest.mark.cost(auth=3, api=4)
async def test_lists_nothing_deleted(leon: Member, check: Checker) -> None:
    """A conversation that was deleted is in no list."""
    gone = await leon.create_conversation("unlisted")
    before = await leon.do("list_conversations")
    deleted = await leon.do("delete_conversation", conversation_id=gone)
    after = await leon.do("list_conversations")

    check([before, after], conversation.deleted_is_not_listed(gone), trail=[before, deleted, after])


@pytest.mark.needs("create_conversation", "list_conversations", "delete_conversation", "history")
@pytest.mark.cost(auth=3, api=4)
async def test_deletes(leon: Member, check: Checker) -> None:
    """A conversation that was deleted is gone."""
    gone = await leon.create_conversation("deleted")
    before = await leon.history(gone)
    deleted = await leon.do("delete_conversation", conversation_id=gone)
    after = await leon.attempt("history", conversation_id=gone)

    check(Refusal(before=before, refused=after, steps=(deleted,)), conversation.deleted_is_gone)


@pytest.mark.needs("create_conversation", "list_conversations", "search_conversations")
@pytest.mark.cost(auth=6, api=5)
async def test_searches(dana: Member, leon: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """A search finds what holds the word, and nothing else, least of all another member's."""
    word = nonce(1)
    wanted, other = await dana.create_conversation(f"about {word}"), await dana.create_conversation("about others")
    his = await leon.create_conversation(f"his about {word}")
    found = await dana.do("search_conversations", query=word)
    odd = await dana.attempt("search_conversations", query=SIGNS)

    check(found, conversation.search_finds(wanted, other), conversation.search_is_ones_own(wanted, his))
    check(odd, conversation.search_survives_signs)


@pytest.mark.needs("create_conversation", "list_conversations", "delete_conversation", "search_conversations")
@pytest.mark.cost(auth=3, api=4)
async def test_finds_nothing_deleted(leon: Member, check: Checker, nonce: Callable[[int], str]) -> None:
    """A conversation that was deleted is found by no search."""
    word = nonce(1)
    gone = await leon.create_conversation(f"soon gone {word}")
    before = await leon.do("search_conversations", query=word)
    deleted = await leon.do("delete_conversation", conversation_id=gone)
    after = await leon.do("search_conversations", query=word)

    check([before, after], conversation.deleted_is_not_found(gone), trail=[before, deleted, after])


@pytest.mark.needs("create_conversation", "list_conversations", "first_page", "next_page")
@pytest.mark.cost(auth=6, api=17)
async def test_pages(dana: Member, leon: Member, check: Checker) -> None:
    """Read page by page, the list has every conversation once, and none of another member's."""
    found = await paged(dana, leon)

    check(
        found.pages,
        conversation.pages_lose_nothing(found.conversations),
        conversation.pages_are_ones_own(found.conversations, found.foreign),
    )


@pytest.mark.needs("send_message", "means.small_quota")
@pytest.mark.cost(auth=3, api=12, messages=4)
async def test_a_quota_is_kept(frugal: Member, check: Checker, profile: Profile) -> None:
    """As many messages are answered as the plan allows, and no more; the refusal tells how to go on."""
    small = profile.means.small_quota
    way_out = small.way_out if small else ""

    check(
        await spend(frugal),
        quota.quota_is_enforced,
        quota.none_is_counted_twice,
        quota.refusal_shows_a_way_out(way_out),
    )


@pytest.fixture
def models(profile: Profile) -> Models:
    """The models of the plan that a member starts with."""
    if profile.promises.models is None:
        raise HarnessTrouble("the profile has no promises.models: mark the part with needs")
    return profile.promises.models


@pytest.mark.needs("create_conversation", "send_to_model", "promises.models")
@pytest.mark.cost(auth=3, api=4, messages=3)
async def test_models_of_the_plan(dana: Member, check: Checker, models: Models, nonce: Callable[[int], str]) -> None:
    """The models of the plan answer, and one outside of it is refused."""
    conversation = await dana.create_conversation("models")
    asked = [await ask_model(dana, conversation, name, dana.question(nonce(2))) for name in models.inside]
    refused = await ask_model(dana, conversation, models.outside, dana.question(nonce(2)))

    check(asked, quota.models_of_the_plan_answer)
    check(Refusal(before=asked[0], refused=refused), quota.other_models_are_refused)


async def ask_model(member: Member, conversation: str, model: str, words: str) -> Exchange:
    """Ask a model something, and take whatever comes back."""
    return await member.attempt("send_to_model", conversation_id=conversation, model=model, content=words)


@pytest.mark.needs("list_models", "promises.models")
@pytest.mark.cost(auth=3, api=1)
async def test_models_are_listed(dana: Member, check: Checker, models: Models) -> None:
    """The list of models has those of the plan."""
    check(await dana.do("list_models"), quota.models_are_listed(models.inside))


@pytest.mark.needs("send_message", "promises.own_cache")
@pytest.mark.cost(auth=3, api=4, messages=2)
async def test_the_cache_is_ones_own(
    dana: Member, leon: Member, check: Checker, profile: Profile, nonce: Callable[[int], str]
) -> None:
    """A member who asks what another one has just asked is answered anew."""
    question = dana.question(nonce(4))
    hers, his = await dana.ask(question), await leon.ask(question)

    check(his, quota.cache_is_ones_own(profile.promises.own_cache or ""), trail=[hers, his])


@pytest.mark.needs("create_conversation", "send_message", "messages-in-conversations")
@pytest.mark.needs("promises.own_cache")
@pytest.mark.cost(auth=3, api=5, messages=3)
async def test_the_cache_regards_the_context(
    dana: Member, check: Checker, profile: Profile, nonce: Callable[[int], str]
) -> None:
    """The same words after other ones are another question."""
    question = dana.question(nonce(4))
    elsewhere = await dana.ask(question)
    conversation = await dana.create_conversation("context")
    context = await dana.send(conversation, dana.question(nonce(1)))
    reply = await dana.send(conversation, question)

    check(
        reply,
        quota.cache_regards_the_context(profile.promises.own_cache or ""),
        trail=[elsewhere, context, reply],
    )


@pytest.mark.needs(
    "create_conversation",
    "send_message",
    "messages-in-conversations",
    "history",
    "promises.abandoned_s",
    "means.fixed_prompt",
)
@pytest.mark.cost(auth=3, api=4, messages=2)
async def test_nobody_hears_the_end(
    check: Checker, profile: Profile, unheard: str, abandoned: asyncio.Task[Left]
) -> None:
    """An answer whose client left ends, and makes room for the next."""
    found = await abandoned
    question = (profile.means.fixed_prompt or "").replace("{words}", unheard)

    check(found, answer.unheard_answer_ends(question, unheard))
    check(found, answer.unheard_answer_makes_room(profile.promises.abandoned_s))
