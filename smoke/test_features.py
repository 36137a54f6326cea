"""Features: projects with their filter, settings, uploads with preview, batch export; each member's own, and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from checks import exports, features, uploads
from gonogo import samples
from gonogo.choosing import choose
from gonogo.exchange import Refusal
from gonogo.member import Member
from gonogo.operation import Credentials
from gonogo.showing import show, trail_of, under_one_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.checker import Checker
    from gonogo.exchange import Exchange
    from gonogo.people import Cast
    from gonogo.profile import Profile

    Nonce = Callable[[int], str]


@pytest_asyncio.fixture(loop_scope="session")
async def uma(cast: Cast) -> Member:
    """A member who uploads, and leaves alice the requests that a limit allows her for the rest."""
    return await Member(cast.person("uma"), cast, "features").join()


async def create_project(member: Member, name: str) -> str:
    """Create a project; its id."""
    return (await member.do("create_project", project_name=name)).captured.get("project_id", "")


async def create_in(project: str, member: Member, title: str) -> Exchange:
    """Create a conversation in a project."""
    return await member.do("create_project_conversation", project_id=project, title=title)


def conversation_of(made: Exchange) -> str:
    """The id of the conversation that was created."""
    return made.captured.get("conversation_id", "")


async def preview(member: Member, file: samples.File) -> tuple[Exchange, Exchange]:
    """Upload a file, and ask for its preview."""
    uploaded = await member.do("upload", **file.values)
    return uploaded, await member.do("preview", upload_id=uploaded.captured.get("upload_id", ""))


async def tell(member: Member, words: str) -> tuple[str, Exchange]:
    """Say something in a conversation of its own; its id, and the answer."""
    conversation = await member.create_conversation("smoke")
    return conversation, await member.send(conversation, words)


@pytest.mark.needs("create_project", "create_project_conversation", "filter_conversations")
@pytest.mark.cost(auth=3, api=8)
async def test_the_filter_gives_a_project(alice: Member, check: Checker) -> None:
    """A project's list holds its own conversations, all of them, and no other."""
    kitchen = await create_project(alice, "kitchen")
    garden = await create_project(alice, "garden")
    inside = [await create_in(kitchen, alice, title) for title in ("sink", "stove")]
    outside = await create_in(garden, alice, "hedge")
    listing = await alice.do("filter_conversations", project_id=kitchen)

    check(
        listing,
        features.filter_gives_exactly_its_own([conversation_of(one) for one in inside], [conversation_of(outside)]),
        trail=[*inside, outside, listing],
    )


@pytest.mark.needs("create_project", "create_project_conversation", "filter_conversations")
@pytest.mark.cost(auth=3, api=9)
async def test_a_project_is_ones_own(alice: Member, bob: Member, check: Checker) -> None:
    """Nobody writes into another member's project, or lists it."""
    project = await create_project(alice, "private")
    refusal = await alice.keeps_from(bob, "create_project_conversation", project_id=project, title="foreign")
    secret = await create_in(project, alice, "secret")
    listings = [await one.attempt("filter_conversations", project_id=project) for one in (alice, bob)]

    check(refusal, features.others_cannot_reach_a_project)
    check(listings, features.others_cannot_list_a_project(conversation_of(secret)), trail=[secret, *listings])


@pytest.mark.needs("create_conversation", "list_conversations")
@pytest.mark.cost(auth=3, api=5)
async def test_a_list_is_ones_own(alice: Member, bob: Member, check: Checker) -> None:
    """The list of conversations holds one's own alone."""
    created = await alice.do("create_conversation", title="listed")
    listings = [await alice.do("list_conversations"), await bob.do("list_conversations")]

    check(listings, features.lists_are_ones_own(conversation_of(created)), trail=[created, *listings])


@pytest.mark.needs("settings", "update_settings", "means.themes")
@pytest.mark.cost(auth=6, api=8)
async def test_settings_are_kept(alice: Member, bob: Member, check: Checker, profile: Profile) -> None:
    """A changed setting is there when it is read again, and is nobody else's."""
    choice = await choose(alice, bob, profile.means.themes)
    (before, after), (others_before, others_after) = choice.reads, choice.others

    check([before, after], features.settings_are_kept(choice.themes))
    check([choice.changed, after, others_before, others_after], features.settings_are_ones_own(choice.themes[1]))


@pytest.mark.needs("settings", "update_settings", "means.themes", "update_language", "means.languages")
@pytest.mark.cost(auth=3, api=5)
async def test_other_settings_stay(alice: Member, check: Checker, profile: Profile) -> None:
    """A change of one setting leaves another as it was chosen."""
    language = profile.means.languages[-1]
    chosen = await alice.do("update_language", language=language)
    before = await alice.do("settings")
    changed = await alice.do("update_settings", theme=profile.means.themes[-1])
    after = await alice.do("settings")

    check([before, after], features.other_settings_stay(language), trail=[chosen, before, changed, after])


@pytest.mark.needs("upload", "preview", "promises.exact_previews")
@pytest.mark.cost(auth=3, api=6)
async def test_previews_match(uma: Member, check: Checker, nonce: Nonce) -> None:
    """The preview of a text and of a picture shows just that."""
    files = [samples.text_file(nonce(20)), samples.image_file(nonce(4).encode())]
    seen = [await preview(uma, file) for file in files]

    trail = [exchange for pair in seen for exchange in pair]
    check([shown for _, shown in seen], uploads.previews_match(files), trail=trail)


@pytest.mark.needs("upload", "preview")
@pytest.mark.cost(auth=6, api=7)
async def test_an_upload_is_ones_own(uma: Member, bob: Member, check: Checker, nonce: Nonce) -> None:
    """Nobody sees another member's file."""
    uploaded = await uma.do("upload", **samples.text_file(nonce(4)).values)
    refusal = await uma.keeps_from(bob, "preview", upload_id=uploaded.captured.get("upload_id", ""))

    check(refusal, uploads.others_cannot_see_an_upload)


@pytest.mark.needs("upload", "preview", "promises.types_from_content")
@pytest.mark.cost(auth=3, api=6)
async def test_types_are_told_from_content(uma: Member, check: Checker, nonce: Nonce) -> None:
    """A file that is something else than it says is refused, or shown as what it is."""
    files = samples.liars(nonce(4), nonce(4).encode())
    shown = await show(uma, samples.image_file(nonce(4).encode()), files)

    check([one.refusal for one in shown], uploads.types_are_told_from_content(files), trail=trail_of(shown))


@pytest.mark.needs("upload", "promises.upload_types")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=3, api=3)
async def test_other_types_are_refused(uma: Member, check: Checker, profile: Profile, nonce: Nonce) -> None:
    """A page and a program that call themselves pictures are refused."""
    picture = await uma.do("upload", **samples.image_file(nonce(4).encode()).values)
    files = [samples.script_as_image(), samples.program_as_image()]
    sent = [Refusal(refused=await uma.attempt("upload", **file.values), before=picture) for file in files]

    check(sent, uploads.other_types_are_refused(files, profile.promises.upload_types))


@pytest.mark.needs("upload", "preview")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=3, api=10)
async def test_uploads_do_not_run(uma: Member, check: Checker, nonce: Nonce) -> None:
    """Whatever a member uploads, no script in it runs from the target's address."""
    files = samples.scripts()
    shown = await show(uma, samples.image_file(nonce(4).encode()), files)

    check([one.refusal for one in shown], uploads.uploads_do_not_run(files), trail=trail_of(shown))


@pytest.mark.needs("upload")
@pytest.mark.effects("hostile")
@pytest.mark.cost(auth=3, api=4)
async def test_names_lead_nowhere(uma: Member, check: Checker, nonce: Nonce) -> None:
    """A name that is a path is refused or made safe."""
    text = await uma.do("upload", **samples.text_file(nonce(4)).values)
    files = samples.texts_with_paths()
    sent = [Refusal(refused=await uma.attempt("upload", **file.values), before=text) for file in files]

    check(sent, uploads.names_lead_nowhere)


@pytest.mark.needs("upload", "promises.upload_names")
@pytest.mark.cost(auth=3, api=1)
async def test_names_are_kept(uma: Member, check: Checker, nonce: Nonce) -> None:
    """A name in other scripts is the file's name afterwards."""
    file = samples.named_abroad(nonce(4))
    uploaded = await uma.attempt("upload", **file.values)

    check(uploaded, uploads.names_are_kept(file))


@pytest.mark.needs("upload", "preview", "promises.exact_previews")
@pytest.mark.cost(auth=6, api=4)
async def test_uploads_stay_apart(uma: Member, bob: Member, check: Checker, nonce: Nonce) -> None:
    """Files under one name stay as many as they are, of two members and of one."""
    files = [samples.text_file(nonce(4)) for _ in range(3)]
    sent = await under_one_name((uma, bob, uma), files)
    first = await uma.do("preview", upload_id=sent[0].captured.get("upload_id", ""))

    check([first, *sent[1:]], uploads.uploads_stay_apart(files), trail=[*sent, first])


@pytest.mark.needs("upload", "promises.upload_limit_bytes")
@pytest.mark.cost(auth=3, api=3)
async def test_large_uploads_are_refused(uma: Member, check: Checker, profile: Profile) -> None:
    """A file of the promised size is taken, one byte more is refused."""
    limit = profile.promises.upload_limit_bytes or 0
    largest = await uma.do("upload", **samples.text_of_size(limit).values)
    larger = await uma.attempt("upload", **samples.text_of_size(limit + 1).values)

    check(Refusal(refused=larger, before=largest), uploads.large_uploads_are_refused(limit))


@pytest.mark.needs("create_conversation", "send_message", "export", "promises.formats")
@pytest.mark.cost(auth=3, api=8, messages=3)
async def test_an_export_is_complete(alice: Member, check: Checker, profile: Profile, nonce: Nonce) -> None:
    """A batch export opens in every promised format, and holds three conversations to the last word."""
    formats, said = list(profile.promises.formats), [nonce(30) for _ in range(3)]
    told = [await tell(alice, words) for words in said]
    export = await alice.do("export", conversation_ids=[conversation for conversation, _ in told], formats=formats)

    check(
        export,
        exports.exports_are_complete(formats, " ".join(said).split()),
        trail=[*(reply for _, reply in told), export],
    )


@pytest.mark.needs("create_conversation", "send_message", "export", "promises.formats", "promises.formats.json")
@pytest.mark.cost(auth=3, api=4, messages=1)
async def test_text_is_unchanged(alice: Member, check: Checker) -> None:
    """Whatever was written comes out of the JSON export as it was written."""
    conversation, reply = await tell(alice, samples.HOSTILE_TEXT)
    export = await alice.do("export", conversation_ids=[conversation], formats=["json"])

    check(export, exports.text_is_unchanged(samples.HOSTILE_TEXT), trail=[reply, export])


@pytest.mark.needs("create_conversation", "send_message", "messages-in-conversations", "export", "promises.formats")
@pytest.mark.cost(auth=3, api=5, messages=2)
async def test_an_export_is_current(uma: Member, check: Checker, profile: Profile, nonce: Nonce) -> None:
    """Who exports again has what was said since."""
    later, formats = nonce(6), list(profile.promises.formats[:1])
    conversation, _ = await tell(uma, nonce(4))
    before = await uma.do("export", conversation_ids=[conversation], formats=formats)
    reply = await uma.send(conversation, later)
    after = await uma.do("export", conversation_ids=[conversation], formats=formats)

    check([before, after], exports.export_is_current(later.split()), trail=[before, reply, after])


@pytest.mark.needs("create_conversation", "send_message", "export", "promises.formats")
@pytest.mark.cost(auth=6, api=14, messages=1)
async def test_an_export_is_ones_own(
    alice: Member, bob: Member, check: Checker, profile: Profile, nonce: Nonce
) -> None:
    """Nobody exports another member's conversation, alone or among their own, and nobody without a session."""
    words, formats = nonce(8), list(profile.promises.formats[:1])
    (hers, reply), his = await tell(alice, words), await bob.create_conversation("his")
    alone = await alice.keeps_from(bob, "export", conversation_ids=[hers], formats=formats)
    mixed = await bob.refused(
        bob.request("export", conversation_ids=[his], formats=formats),
        bob.request("export", conversation_ids=[his, hers], formats=formats),
    )
    own = await alice.do("export", conversation_ids=[hers], formats=formats)

    check(
        [alone, mixed],
        exports.exports_are_ones_own(own, words.split()),
        trail=[reply, alone.refused, mixed.refused],
    )


@pytest.mark.needs("create_conversation", "send_message", "export", "promises.formats")
@pytest.mark.cost(auth=3, api=6, messages=1)
async def test_an_export_needs_a_session(alice: Member, check: Checker, profile: Profile, nonce: Nonce) -> None:
    """Nobody exports anything without a session."""
    conversation, reply = await tell(alice, nonce(4))
    conversations, formats = [conversation], list(profile.promises.formats[:1])
    request = alice.request("export", conversation_ids=conversations, formats=formats)
    anonymous = alice.request("export", conversation_ids=conversations, formats=formats, credentials=Credentials())
    refusal = await alice.refused(request, anonymous)

    check(
        refusal,
        exports.export_needs_a_session(profile.identity.reject_statuses),
        trail=[reply, refusal.refused],
    )
