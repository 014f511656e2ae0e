"""What is no command, by the websocket: it gets one error, and nothing else happens."""

import json

from chat.models import Message, Participant
from chat.tests.bare_sockets import seqs

BAD = {
    "nothing": "",
    "not JSON": "hello",
    "half of it": '{"message": "hi"',
    "two of them": '{"message": "hi"}{"message": "hi"}',
    "an array": '["message", "hi"]',
    "a number": "1",
    "a string": '"hi"',
    "null": "null",
    "true": "true",
    "NaN": "NaN",
    "no message": "{}",
    "an unknown verb": '{"do": "explode", "message": "hi"}',
    "a verb of another object": '{"do": "connect"}',
    "a verb with a surrogate": '{"do": "\\ud800"}',
    "a number as verb": '{"do": 1, "message": "hi"}',
    "null as verb": '{"do": null, "message": "hi"}',
    "an array as verb": '{"do": ["post"], "message": "hi"}',
    "an object as verb": '{"do": {}, "message": "hi"}',
    "a number as message": '{"message": 5}',
    "NaN as message": '{"message": NaN}',
    "Infinity as message": '{"message": -Infinity}',
    "null as message": '{"message": null}',
    "an array as message": '{"message": ["hi"]}',
    "an object as message": '{"message": {"message": "hi"}}',
    "true as message": '{"message": true}',
    "a huge integer": '{"message": ' + "9" * 20_000 + "}",
    "a huge exponent": '{"message": 1e400}',
    "an empty message": '{"message": ""}',
    "blanks": '{"message": " \\n\\t\\u00a0\\u200b "}',
    "NUL": '{"message": "a\\u0000b"}',
    "a lone surrogate": '{"message": "a\\ud83d b"}',
    "a lone surrogate that is not even escaped": '{"message": "a\ud83d b"}',
    "surrogates in the wrong order": '{"message": "\\ude00\\ud83d"}',
    "a message too long": json.dumps({"message": "x" * 4001}),
    "a frame too long": json.dumps({"message": "x" * 70_000}),
    "a frame too long in bytes": json.dumps({"message": "hi", "more": "ä" * 40_000}, ensure_ascii=False),
    "very deep arrays": "[" * 60_000,
    "very deep objects": '{"a":' * 12_000,
    "deep inside a message": '{"message": ' + "[" * 30_000 + "]" * 30_000 + "}",
    "a number as nonce": '{"message": "hi", "nonce": 5}',
    "an array as nonce": '{"message": "hi", "nonce": ["a"]}',
    "an object as nonce": '{"message": "hi", "nonce": {}}',
    "false as nonce": '{"message": "hi", "nonce": false}',
    "an empty nonce": '{"message": "hi", "nonce": ""}',
    "a nonce that is a selector": '{"message": "hi", "nonce": "a,#log-lobby"}',
    "a nonce that is HTML": '{"message": "hi", "nonce": "\\"><b>"}',
    "a nonce too long": json.dumps({"message": "hi", "nonce": "a" * 65}),
    "a sync without a cursor": '{"do": "sync"}',
    "a number as cursor": '{"do": "sync", "cursor": 41}',
    "null as cursor": '{"do": "sync", "cursor": null}',
    "an array as cursor": '{"do": "sync", "cursor": ["1"]}',
    "an empty cursor": '{"do": "sync", "cursor": ""}',
    "a negative cursor": '{"do": "sync", "cursor": "-1"}',
    "a cursor with a sign": '{"do": "sync", "cursor": "+1"}',
    "a cursor with a point": '{"do": "sync", "cursor": "1.0"}',
    "a cursor of foreign digits": '{"do": "sync", "cursor": "\\u0661"}',
    "a cursor that is a power": '{"do": "sync", "cursor": "²"}',
    "a cursor too long": json.dumps({"do": "sync", "cursor": "9" * 19}),
    "a cursor of a thousand digits": json.dumps({"do": "sync", "cursor": "9" * 1000}),
    "a name that is none": '{"do": "rename"}',
    "a number as name": '{"do": "rename", "name": 5}',
    "a name with a surrogate": '{"do": "rename", "name": "\\ud800"}',
    "binary": b'{"message": "hi"}',
    "empty binary": b"",
}


async def test_a_bad_frame_gets_one_error_and_nothing_else_happens(connect, lobby, settings):
    settings.CHAT_RATE_LIMITS = False
    socket, good = await connect(), 0
    for what, frame in BAD.items():
        await socket.send_input({"type": "websocket.receive", "bytes" if isinstance(frame, bytes) else "text": frame})
        error = await socket.receive_from(timeout=30)
        assert error.startswith("<"), what
        assert error.count('role="alert"') == 1, what
        assert len(error) < 2000, what
        assert 'id="refusal-' not in error, what  # there is no composer of such a nonce
        await socket.say(message="still here")
        good += 1  # and its answer is the very next frame: there was one error, nothing was stored, all goes on
        assert seqs([await socket.receive_from(timeout=30)]) == [good], what
    assert await Message.objects.acount() == good


async def test_bad_frames_make_no_participant(connect, lobby):
    socket = await connect()
    for frame in BAD.values():
        await socket.send_input({"type": "websocket.receive", "bytes" if isinstance(frame, bytes) else "text": frame})
    for _ in BAD:
        await socket.receive_from(timeout=30)
    assert not await Participant.objects.aexists()
