"""A scripted bot on Pipecat's unmodified development runner. It needs no key, no model and no network.

Environment: BOT_KIND is `voice`, `quiet` (a voice without automatic silence) or `text`; BOT_MODE=SINGLE accepts one connection.
BOT_MEMORY is `none` (a stock bot), `context` (starts with the messages from the client) or `sessions` (the session contract).
"""

import asyncio
import math
import os
import struct

from aiortc import RTCPeerConnection
from pipecat.frames.frames import (
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.runner import run
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc import connection, request_handler
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat.utils.time import time_now_iso8601
from pipecat.workers.runner import WorkerRunner
from session_contract import CompleteContext, Memories, Memory, SessionContract

kind = os.environ.get("BOT_KIND", "voice")
keeps = os.environ.get("BOT_MEMORY", "none")
rate = 24000
observed = {"started": 0, "alive": 0, "greetings": 0, "clientsLost": 0, "bodies": []}
newest = Memory(None)
memories = Memories()
workers = []
peers = []


class CountedPeer(RTCPeerConnection):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        peers.append(self)


connection.RTCPeerConnection = CountedPeer


def remember(request):
    """Returns a bot's memory, and True if it existed before the bot."""
    if keeps == "sessions":
        return memories.open(request)
    return Memories().open(request if keeps == "context" else {})


def texts_of(context, role):
    return [m["content"] for m in context.get_messages() if m.get("role") == role and isinstance(m["content"], str)]


class ScriptedLLM(LLMService):
    """Answers the user's last words, word by word."""

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            return await self.push_frame(frame, direction)
        said = texts_of(frame.context, "user")
        last = said[-1] if said else ""
        if not said:
            observed["greetings"] += 1
            answer = "Hello, I am a bot on Pipecat."
        elif last == "What did I say first?":
            answer = f'You began with "{said[0]}".'
        elif last.endswith("what did I say before?"):
            answer = f'Before, you said "{said[-2]}".' if len(said) > 1 else "Nothing."
        elif last.startswith(("Count", "Ponder")):
            # Each answer has unique words, so that repeated answers are detected.
            name = last.rstrip(".").split(" ")[-1]
            answer = " ".join(f"number{name}-{index}" for index in range(40)) + "."
        else:
            answer = f'You said "{last}".'
        await self.push_frame(LLMFullResponseStartFrame())
        for index, word in enumerate(answer.split(" ")):
            await self.push_frame(LLMTextFrame(word if index == 0 else f" {word}"))
            # Speech starts once the sentence is complete.
            await asyncio.sleep(0.1 if last.startswith("Ponder") else 0.02)
        await self.push_frame(LLMFullResponseEndFrame())


class ScriptedTTS(TTSService):
    """Speaks a tone: 60 ms per word."""

    def __init__(self):
        super().__init__(push_start_frame=True, push_stop_frames=True, sample_rate=rate)

    async def run_tts(self, text, context_id):
        samples = int(rate * 0.06)
        tone = struct.pack(f"<{samples}h", *(int(8000 * math.sin(i * 0.08)) for i in range(samples)))
        for _ in text.split():
            yield TTSAudioRawFrame(audio=tone, sample_rate=rate, num_channels=1, context_id=context_id)


class ScriptedSTT(STTService):
    """Hears what the test tells it to hear."""

    async def run_stt(self, audio):
        yield None

    async def hear(self, finals):
        await self.broadcast_frame(UserStartedSpeakingFrame)
        for text in finals:
            await asyncio.sleep(0.1)
            await self.push_frame(TranscriptionFrame(text, "user", time_now_iso8601(), finalized=True))
        await asyncio.sleep(0.1)
        await self.broadcast_frame(UserStoppedSpeakingFrame)


async def bot(runner_args):
    observed["started"] += 1
    observed["alive"] += 1
    observed["bodies"].append(runner_args.body)
    has_voice = kind != "text"
    transport = SmallWebRTCTransport(
        params=TransportParams(
            audio_in_enabled=True,
            audio_out_enabled=has_voice,
            audio_out_auto_silence=kind != "quiet",
        ),
        webrtc_connection=runner_args.webrtc_connection,
    )
    stt = ScriptedSTT()
    global newest
    memory, is_resumed = remember(runner_args.body or {})
    newest = memory
    context = memory.context
    user, assistant = LLMContextAggregatorPair(
        context, user_params=LLMUserAggregatorParams(user_turn_strategies=ExternalUserTurnStrategies())
    )
    speech = [ScriptedTTS()] if has_voice else []
    contract = SessionContract(memory, is_resumed) if keeps != "none" else None
    complete = [CompleteContext(memory)] if contract else []
    worker = PipelineWorker(
        Pipeline([transport.input(), stt, user, *complete, ScriptedLLM(), *speech, transport.output(), assistant]),
        params=PipelineParams(audio_out_sample_rate=rate),
        idle_timeout_secs=None,
        rtvi_processor=contract,
    )
    workers.append(worker)
    if contract:
        worker.rtvi.add_event_handler("on_client_ready", contract.greet_client)
    has_begun = False

    @transport.event_handler("on_client_connected")
    async def on_client_connected(_transport, _client):
        nonlocal has_begun
        if has_begun:
            # A client that returns to this bot.
            return
        has_begun = True
        messages = context.get_messages()
        if not messages or messages[-1]["role"] == "user":
            await worker.queue_frames([LLMContextFrame(context)])

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport, _client):
        observed["clientsLost"] += 1
        await worker.cancel()

    @worker.rtvi.event_handler("on_client_message")
    async def on_client_message(_rtvi, message):
        if message.type == "hear":
            await stt.hear(message.data)

    try:
        runner = WorkerRunner(handle_sigint=False)
        await runner.run(worker)
    finally:
        observed["alive"] -= 1


@run.app.get("/observed")
async def observe():
    return {**observed, "remembered": texts_of(newest.context, "user")}


@run.app.get("/leftovers")
async def find_leftovers():
    """Pipelines and connections that are still open, and the names of all tasks in the process."""
    pipelines = [worker for worker in workers if not worker.has_finished()]
    open_peers = [peer for peer in peers if peer.connectionState != "closed"]
    tasks = sorted(task.get_coro().__qualname__ for task in asyncio.all_tasks())
    return {"pipelines": len(pipelines), "peers": len(open_peers), "tasks": tasks}


if os.environ.get("BOT_MODE") == "SINGLE":

    class SingleConnection(request_handler.SmallWebRTCRequestHandler):
        """The mode set by Pipecat Cloud's image. The runner has no option for it."""

        def __init__(self, **options):
            super().__init__(connection_mode=request_handler.ConnectionMode.SINGLE, **options)

    request_handler.SmallWebRTCRequestHandler = SingleConnection

if __name__ == "__main__":
    run.main()
