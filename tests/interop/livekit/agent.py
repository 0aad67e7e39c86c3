"""A scripted agent on unmodified LiveKit Agents. It needs no key, no model and no network.

Environment: LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET; OBSERVED_PORT serves the counters; AGENT_KIND is `contract`, an agent that
keeps the session contract, or `stock`, one that knows nothing of the package.
"""

import asyncio
import json
import math
import os
import struct

from aiohttp import web
from livekit import rtc
from livekit.agents import (
    Agent,
    AgentServer,
    AgentSession,
    JobContext,
    JobExecutorType,
    WorkerOptions,
    function_tool,
    llm,
    room_io,
    stt,
    tts,
)
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

keeps_contract = os.environ.get("AGENT_KIND", "contract") == "contract"
rate = 24000
observed = {"probes": 0, "started": 0, "alive": 0, "sessions": [], "loudest": 0, "textIds": [], "left": []}


def texts_of(chat_ctx, role):
    return [item.text_content or "" for item in chat_ctx.items if item.type == "message" and item.role == role]


class ScriptedLLM(llm.LLM):
    def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
        return Answer(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class Answer(llm.LLMStream):
    """Answers the user's last words, word by word."""

    async def _run(self):
        said = texts_of(self._chat_ctx, "user")
        last = said[-1] if said else ""
        newest = self._chat_ctx.items[-1]
        if newest.type == "function_call_output":
            answer = f"The tool says {newest.output}."
        elif last == "What did I say first?":
            answer = f'You began with "{said[0]}".'
        elif last.startswith("Count"):
            answer = " ".join(f"number{index}" for index in range(60)) + "."
        elif last.startswith("Call "):
            name = last.split(" ")[1]
            call = llm.FunctionToolCall(name=name, arguments="{}", call_id=f"call-{len(self._chat_ctx.items)}")
            delta = llm.ChoiceDelta(role="assistant", tool_calls=[call])
            self._event_ch.send_nowait(llm.ChatChunk(id="answer", delta=delta))
            return
        else:
            answer = f'You said "{last}".'
        for index, word in enumerate(answer.split(" ")):
            delta = llm.ChoiceDelta(role="assistant", content=word if index == 0 else f" {word}")
            self._event_ch.send_nowait(llm.ChatChunk(id="answer", delta=delta))
            await asyncio.sleep(0.005)


class ScriptedTTS(tts.TTS):
    """Speaks a tone: 120 ms per word."""

    def __init__(self):
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=rate, num_channels=1)

    def synthesize(self, text, *, conn_options=DEFAULT_API_CONNECT_OPTIONS):
        return Tone(tts=self, input_text=text, conn_options=conn_options)


class Tone(tts.ChunkedStream):
    async def _run(self, output_emitter):
        output_emitter.initialize(request_id="tone", sample_rate=rate, num_channels=1, mime_type="audio/pcm")
        samples = int(rate * 0.12) * len(self._input_text.split())
        output_emitter.push(struct.pack(f"<{samples}h", *(int(8000 * math.sin(i * 0.08)) for i in range(samples))))
        output_emitter.flush()


class ScriptedSTT(stt.STT):
    """Hears what the test tells it to hear, and measures the sound."""

    def __init__(self):
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.current = None

    async def _recognize_impl(self, *_, **__):
        raise NotImplementedError()

    def stream(self, *, language=None, conn_options=DEFAULT_API_CONNECT_OPTIONS):
        self.current = Hearing(stt=self, conn_options=conn_options)
        return self.current


class Hearing(stt.RecognizeStream):
    async def _run(self):
        async for frame in self._input_ch:
            if isinstance(frame, rtc.AudioFrame):
                observed["loudest"] = max(observed["loudest"], *(abs(sample) for sample in frame.data))

    def say(self, kind, text=""):
        alternatives = [stt.SpeechData(language="en", text=text)] if text else []
        self._event_ch.send_nowait(stt.SpeechEvent(type=kind, alternatives=alternatives))

    async def hear(self, finals):
        self.say(stt.SpeechEventType.START_OF_SPEECH)
        for text in finals:
            await asyncio.sleep(0.2)
            self.say(stt.SpeechEventType.INTERIM_TRANSCRIPT, text.split(" ")[0])
            await asyncio.sleep(0.2)
            self.say(stt.SpeechEventType.FINAL_TRANSCRIPT, text)
        self.say(stt.SpeechEventType.END_OF_SPEECH)


@function_tool
async def weather() -> str:
    """The agent's own tool."""
    return "rain"


async def entrypoint(ctx: JobContext):
    if ctx.job.room.name.startswith("probe-"):
        # The test checks that the server knows this agent.
        observed["probes"] += 1
        return ctx.shutdown()
    observed["started"] += 1
    observed["alive"] += 1

    async def on_shutdown():
        observed["alive"] -= 1

    ctx.add_shutdown_callback(on_shutdown)
    hearing = ScriptedSTT()
    session = AgentSession(
        stt=hearing,
        vad=None,
        llm=ScriptedLLM(),
        tts=ScriptedTTS(),
        user_away_timeout=None,
        aec_warmup_duration=None,
        turn_handling={
            "turn_detection": "stt",
            "endpointing": {"min_delay": 0.1},
            "interruption": {"resume_false_interruption": False},
            "preemptive_generation": {"enabled": False},
        },
    )
    begun: asyncio.Future = asyncio.get_running_loop().create_future()
    await ctx.connect()

    @ctx.room.on("participant_disconnected")
    def on_left(participant):
        observed["left"].append(rtc.DisconnectReason.Name(participant.disconnect_reason or 0))

    @function_tool
    async def add_to_cart() -> str:
        """An app's tool."""
        user = next(iter(ctx.room.remote_participants))
        arguments = json.dumps({"sku": "sencha"})
        return await ctx.room.local_participant.perform_rpc(
            destination_identity=user, method="add_to_cart", payload=arguments, response_timeout=15
        )

    agent = Agent(instructions="You sell tea.", tools=[weather, add_to_cart])
    local = ctx.room.local_participant

    if keeps_contract:

        @local.register_rpc_method("voice-agent.session")
        async def on_session(data):
            request = json.loads(data.payload)
            observed["sessions"].append(request)
            resumed = begun.done()
            if not resumed:
                begun.set_result(request)
            last = observed["textIds"][-1] if observed["textIds"] else None
            return json.dumps({"resumed": resumed, "lastTextId": last})

        @local.register_rpc_method("voice-agent.interrupt")
        async def on_interrupt(_data):
            await session.interrupt()
            return ""

    @local.register_rpc_method("voice-agent.message")
    async def on_message(data):
        message = json.loads(data.payload)
        if message["name"] == "hear":
            asyncio.create_task(hearing.current.hear(message["data"]))
        elif message["name"] == "leave":
            ctx.shutdown()
        else:
            await local.send_text(json.dumps({"name": "echo", "data": message}), topic="voice-agent.message")
        return ""

    async def on_text(session, event):
        text_id = (event.info.attributes or {}).get("voice-agent.text-id")
        observed["textIds"].append(text_id)
        if keeps_contract:
            await local.send_text(text_id, topic="voice-agent.text-received")
        await session.interrupt()
        session.generate_reply(user_input=event.text)

    await session.start(
        agent,
        room=ctx.room,
        room_options=room_io.RoomOptions(
            text_input=room_io.TextInputOptions(text_input_cb=on_text), delete_room_on_close=True
        ),
    )
    if not keeps_contract:
        session.say("Hello, I am an agent on LiveKit.")
        return
    request = await begun
    context = request["context"]
    if context:
        chat_ctx = agent.chat_ctx.copy()
        for message in context:
            if message["role"] in ("user", "assistant"):
                chat_ctx.add_message(role=message["role"], content=message["text"])
        await agent.update_chat_ctx(chat_ctx)
        session.say(f"I have read our last {len(context)} messages.")
    else:
        session.say("Hello, I am an agent on LiveKit.")


async def main():
    app = web.Application()
    app.router.add_get("/observed", lambda _request: web.json_response(observed))

    async def reset_loudest(_request):
        observed["loudest"] = 0
        return web.json_response({})

    app.router.add_post("/loudest/reset", reset_loudest)
    runner = web.AppRunner(app)
    await runner.setup()
    server = AgentServer.from_server_options(
        WorkerOptions(
            entrypoint_fnc=entrypoint,
            job_executor_type=JobExecutorType.THREAD,
            host="127.0.0.1",
            port=0,
            # Otherwise the server would assign no job to an agent on a busy machine.
            load_fnc=lambda *_: 0.0,
            load_threshold=math.inf,
        )
    )

    @server.on("worker_registered")
    def on_registered(*_):
        # Responds from now on. Before, no room gets this agent.
        asyncio.create_task(web.TCPSite(runner, "127.0.0.1", int(os.environ["OBSERVED_PORT"])).start())

    await server.run(devmode=True)


if __name__ == "__main__":
    asyncio.run(main())
