"""One peer connection: its data channel, its keepalive, and the sound in both directions."""

import asyncio
import json
import time

from aiortc import RTCPeerConnection, RTCSessionDescription

from sound import Ear, Voice

# After this many seconds without a ping, Pipecat stops sending to a client.
SILENCE = 3


class Peer:
    def __init__(self, pc_id, bot, forget):
        self.pc_id = pc_id
        self.bot = bot
        self.pc = RTCPeerConnection()
        self.voice = Voice()
        self.ear = Ear()
        self.channel = None
        self.last_ping = None
        # The answer that the bot is speaking, if any.
        self.turn = None
        # The spoken part of the current or last answer.
        self.spoken = ""
        # True if its page takes the session over from another tab, whose call goes on meanwhile.
        self.is_handover = False
        # The handover to this connection, if any.
        self.moving = None
        self.gone = asyncio.Event()
        self.forget = forget

        @self.pc.on("datachannel")
        def on_channel(channel):
            self.channel = channel
            channel.on("message", self.on_message)
            # A client that closes its connection ends the channel at once, and the connection only after a timeout.
            channel.on("close", self.gone.set)

        @self.pc.on("track")
        def on_track(track):
            self.ear.listen(track, lambda is_loud: bot.on_frame(self, is_loud))

        @self.pc.on("connectionstatechange")
        async def on_state():
            if self.pc.connectionState in ("failed", "closed"):
                await forget(self)

    async def answer(self, sdp, kind):
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=sdp, type=kind))
        for transceiver in self.pc.getTransceivers():
            transceiver.direction = "sendrecv"
            transceiver.sender.replaceTrack(self.voice)
        await self.pc.setLocalDescription(await self.pc.createAnswer())

    def on_message(self, text):
        # A ping gets no response.
        if text.startswith("ping"):
            self.last_ping = time.monotonic()
            return
        message = json.loads(text)
        if message.get("label") == "rtvi-ai":
            self.bot.on_message(self, message)

    def send(self, kind, data=None, **envelope):
        is_silent = self.last_ping is not None and time.monotonic() - self.last_ping > SILENCE
        if is_silent or not self.channel or self.channel.readyState != "open":
            return
        message = {"label": "rtvi-ai", "type": kind, **envelope}
        if data is not None:
            message["data"] = data
        self.channel.send(json.dumps(message))

    def hang_up(self, **reason):
        if self.channel and self.channel.readyState == "open":
            self.channel.send(json.dumps({"type": "signalling", "message": {"type": "peerLeft", **reason}}))

    async def leave(self, seconds):
        """Closes the connection once the client has, or after so many seconds."""
        try:
            await asyncio.wait_for(self.gone.wait(), seconds)
        except asyncio.TimeoutError:
            pass
        await self.forget(self)

    async def close(self):
        self.gone.set()
        if self.turn:
            self.turn.cancel()
        self.ear.close()
        await self.pc.close()
