"""The bot's voice, a 440 Hz tone, and its ear, which measures loudness."""

import asyncio
import math
import time
from array import array
from fractions import Fraction

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

RATE = 48_000
FRAME = RATE // 50
# Minimum peak, of 1, for audible sound.
AUDIBLE = 0.02


class Voice(MediaStreamTrack):
    """Sends continuously, like Pipecat's: silence while it doesn't speak."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self.is_speaking = False
        # When the first frame of the last answer was sent.
        self.spoke_at = None
        self.samples = 0
        self.was_speaking = False
        self.started = time.monotonic()

    async def recv(self):
        await asyncio.sleep(max(0, self.started + self.samples / RATE - time.monotonic()))
        if self.is_speaking and not self.was_speaking:
            self.spoke_at = time.monotonic()
        self.was_speaking = self.is_speaking
        amplitude = 8_000 if self.is_speaking else 0
        wave = (amplitude * math.sin(2 * math.pi * 440 * (self.samples + i) / RATE) for i in range(FRAME))
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME)
        frame.planes[0].update(array("h", (int(value) for value in wave)).tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.samples, Fraction(1, RATE)
        self.samples += FRAME
        return frame


class Ear:
    def __init__(self):
        self.loudest = 0
        # Seconds of sound since the last audible sample; None before the first one.
        self.silence = None
        # When the frame with the last audible sample arrived.
        self.heard_at = None
        self.listening = None

    def listen(self, track, on_frame):
        self.listening = asyncio.ensure_future(self._measure(track, on_frame))

    async def _measure(self, track, on_frame):
        try:
            while True:
                frame = await track.recv()
                channels = len(frame.layout.channels)
                samples = array("h", bytes(frame.planes[0])[: frame.samples * channels * 2])
                peak = max(map(abs, samples), default=0) / 32_768
                self.loudest = max(self.loudest, peak)
                is_loud = peak > AUDIBLE
                if is_loud:
                    last = max(index for index, value in enumerate(samples) if abs(value) > AUDIBLE * 32_768)
                    self.silence = (frame.samples - 1 - last // channels) / frame.sample_rate
                    self.heard_at = time.monotonic()
                elif self.silence is not None:
                    self.silence += frame.samples / frame.sample_rate
                on_frame(is_loud)
        except MediaStreamError:
            pass

    def close(self):
        if self.listening:
            self.listening.cancel()
