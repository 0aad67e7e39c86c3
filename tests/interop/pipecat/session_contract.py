"""The session contract for a Pipecat bot: a memory that outlives the bot, and acknowledged texts.

Pipecat discards a bot's connection when the browser closes it, for example on a reload. The session's next bot continues with its memory.
"""

from pipecat.frames.frames import InputTransportMessageFrame, LLMContextFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.processors.frameworks.rtvi import RTVIProcessor


class Memory:
    """Everything that an agent knows about a session, whichever bot speaks for it."""

    def __init__(self, session_id, messages=()):
        self.session_id = session_id
        self.context = LLMContext(list(messages))
        self.texts = []
        """Ids and contents of the last texts."""

    def complete(self):
        """Adds texts that did not reach the context. Pipecat drops a text if another follows quickly, or if its bot ends."""
        messages = self.context.get_messages()
        said = [message["content"] for message in messages if message["role"] == "user"]
        lost = [{"role": "user", "content": content} for _, content in self.texts if content not in said]
        if lost:
            is_asked = messages and messages[-1]["role"] == "user" and messages[-1]["content"] == self.texts[-1][1]
            at = len(messages) - 1 if is_asked else len(messages)
            self.context.set_messages([*messages[:at], *lost, *messages[at:]])


class Memories:
    """The memories in this process. A deployment stores them where every process finds them, and deletes old ones."""

    def __init__(self):
        self._memories = {}

    def open(self, request):
        """Returns a session's memory, and True if it existed. A new one starts with the client's messages.

        In production, take the session's id from a token that you have verified, not from the request.
        """
        session_id = request.get("sessionId")
        known = self._memories.get(session_id)
        if known:
            known.complete()
            return known, True
        messages = [{"role": one["role"], "content": one["text"]} for one in request.get("context", []) if one["text"]]
        memory = self._memories[session_id] = Memory(session_id, messages)
        return memory, False


class CompleteContext(FrameProcessor):
    """Place it between the user aggregator and the language model."""

    def __init__(self, memory):
        super().__init__()
        self._memory = memory

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame):
            self._memory.complete()
        await self.push_frame(frame, direction)


class SessionContract(RTVIProcessor):
    """The `rtvi_processor` of a `PipelineWorker`. Register `greet_client` for its event `on_client_ready`."""

    def __init__(self, memory, is_resumed):
        super().__init__()
        self._memory = memory
        self._is_resumed = is_resumed

    async def process_frame(self, frame, direction):
        if isinstance(frame, InputTransportMessageFrame) and frame.message.get("type") == "send-text":
            text = (frame.message.get("id"), frame.message.get("data", {}).get("content"))
            is_copy = text in self._memory.texts
            if not is_copy:
                self._memory.texts = [*self._memory.texts, text][-200:]
            await self._tell(lastTextId=text[0])
            if is_copy:
                return
        await super().process_frame(frame, direction)

    async def greet_client(self, _rtvi=None):
        """Tells a client, including one that returns, whether the agent remembers it."""
        texts = self._memory.texts
        await self._tell(resumed=self._is_resumed, lastTextId=texts[-1][0] if texts else None)
        self._is_resumed = True

    async def _tell(self, **facts):
        await self.send_server_message({"type": "session", "sessionId": self._memory.session_id, **facts})
