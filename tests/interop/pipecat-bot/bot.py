"""The bot's memory and speech, in RTVI 2 and in the order that Pipecat's observer uses."""

import asyncio
import datetime
import uuid

WORD_SECONDS = 0.06
# Seconds that a client has to leave after it is told to.
LEAVE_SECONDS = 0.3


class Sessions:
    def __init__(self, keeps_contract, answer_after=None, talks=False):
        self.keeps_contract = keeps_contract
        self.answer_after = answer_after
        self.talks = talks
        self.bots = {}

    def bot_for(self, data):
        """The session contract: an existing session continues, and any other starts with the given context."""
        session_id = data.get("sessionId") if self.keeps_contract else None
        known = self.bots.get(session_id)
        if known and data.get("resume"):
            known.is_resumed = True
            return known
        context = data.get("context", []) if self.keeps_contract else []
        bot = Bot(session_id, [(one["role"], one["text"]) for one in context], self.answer_after, self.talks)
        self.bots[session_id or uuid.uuid4().hex] = bot
        return bot


class Bot:
    def __init__(self, session_id, history, answer_after, talks):
        # True if it speaks one sentence after the other, and hands its session over.
        self.talks = talks
        self.sentences = 0
        # The connection that it speaks on.
        self.peer = None
        self.is_leaving = False
        self.session_id = session_id
        self.history = history
        self.seeded = len(history)
        self.is_resumed = False
        self.listens = False
        # Seconds of silence after which it answers any sound. None if it answers only when told to listen.
        self.answer_after = answer_after
        self.is_hearing = False
        # Seconds from the last received sound to the first sent one, for each answer.
        self.delays = []

    def greeting(self):
        if self.is_resumed:
            return "Welcome back."
        if self.seeded:
            return f"I have read our last {self.seeded} messages."
        return "Hello, I am a bot on aiortc."

    def reply(self, text):
        if text == "What did I say first?":
            first = next((said for role, said in self.history if role == "user"), "nothing")
            return f'You began with "{first}".'
        if text == "Listen to me.":
            self.listens = True
            return "I am all ears."
        return f'You said "{text}".'

    def on_message(self, peer, message):
        kind, data = message["type"], message.get("data") or {}
        if kind == "client-ready":
            if self.talks and peer.is_handover and self.peer and not self.peer.gone.is_set():
                peer.moving = asyncio.ensure_future(self.hand_over(peer, message["id"]))
            else:
                self.begin(peer, message["id"])
        elif kind == "send-text":
            self.interrupt(peer)
            text = data["content"]
            peer.send("user-llm-text", {"text": text})
            reply = self.reply(text)
            self.history.append(("user", text))
            if text == "Goodbye.":
                peer.hang_up()
            else:
                self.say(peer, reply)
        elif kind != "client-message":
            peer.send("error-response", {"error": f"Unsupported type {kind}"}, id=message["id"])

    def begin(self, peer, message_id):
        self.peer = peer
        self.is_leaving = False
        peer.send("bot-ready", {"version": "2.1.0", "about": {"library": "pipecat-ai"}}, id=message_id)
        if self.session_id:
            session = {"type": "session", "sessionId": self.session_id, "resumed": self.is_resumed}
            peer.send("server-message", {**session, "handsOver": True} if self.talks else session)
        if self.talks:
            peer.turn = asyncio.ensure_future(self._talk(peer))
        else:
            self.say(peer, self.greeting())

    async def hand_over(self, peer, message_id):
        """Moves to another connection of its session at the end of a sentence, as docs/reference/server-protocol.md describes it."""
        former = self.peer
        self.is_leaving = True
        if former.turn:
            await asyncio.wait([former.turn])
        if peer.gone.is_set():
            self.is_leaving = False
            former.turn = asyncio.ensure_future(self._talk(former))
            return
        former.hang_up(reason="moved")
        await former.leave(LEAVE_SECONDS)
        self.is_resumed = True
        self.begin(peer, message_id)

    def on_frame(self, peer, is_loud):
        """Without speech recognition, every sound means the same words."""
        if self.answer_after is not None:
            if is_loud and not self.is_hearing and not peer.turn:
                self.is_hearing = True
                peer.send("user-started-speaking")
            elif self.is_hearing and peer.ear.silence >= self.answer_after:
                self.is_hearing = False
                self.answer_sound(peer)
        elif is_loud and self.listens and not peer.turn:
            self.listens = False
            peer.send("user-started-speaking")
            self.answer_sound(peer)

    def answer_sound(self, peer):
        for text, final in (("I heard", False), ("I heard a sound.", True)):
            said = {"text": text, "user_id": "", "timestamp": datetime.datetime.now().isoformat(), "final": final}
            peer.send("user-transcription", said)
        peer.send("user-stopped-speaking")
        self.history.append(("user", "I heard a sound."))
        heard_at = peer.ear.heard_at
        self.say(peer, "It was a sound.")
        peer.turn.add_done_callback(lambda _: self.delays.append(peer.voice.spoke_at - heard_at))

    def say(self, peer, text):
        peer.turn = asyncio.ensure_future(self._say(peer, text))

    async def _talk(self, peer):
        while not (self.is_leaving or peer.gone.is_set()):
            self.sentences += 1
            await self._say(peer, f"This is sentence {self.sentences} of a long story, which I tell without a pause.")

    async def _say(self, peer, text):
        words = text.split(" ")
        # As with any short answer, the language model is done before the first word is spoken.
        peer.send("bot-llm-started")
        for index, word in enumerate(words):
            peer.send("bot-llm-text", {"text": word if index == 0 else f" {word}"})
        peer.send("bot-llm-stopped")
        peer.send("bot-tts-started")
        segment = uuid.uuid4().int % 1_000_000
        spoken = ""

        def output(status):
            progress = {"accumulated_text": spoken, "remaining_text": text[len(spoken) :]}
            data = {"text": text, "spoken": False, "will_be_spoken": True, "aggregated_by": "sentence"}
            peer.send("bot-output", {**data, "segment_id": segment, "spoken_status": status, "spoken_progress": progress})

        try:
            peer.send("bot-started-speaking")
            peer.voice.is_speaking = True
            output("new")
            for index, word in enumerate(words):
                await asyncio.sleep(WORD_SECONDS)
                spoken = peer.spoken = " ".join(words[: index + 1])
                peer.send("bot-tts-text", {"text": word})
                output("completed" if spoken == text else "in-progress")
            peer.send("bot-tts-stopped")
        finally:
            peer.voice.is_speaking = False
            if peer.turn is asyncio.current_task() and not self.talks:
                peer.turn = None
            self.history.append(("assistant", spoken))
            peer.send("bot-stopped-speaking")

    def interrupt(self, peer):
        # Pipecat sends this whether or not the bot was speaking.
        peer.send("bot-interrupted")
        if peer.turn:
            peer.turn.cancel()
