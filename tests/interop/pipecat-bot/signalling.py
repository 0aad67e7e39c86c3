"""SmallWebRTC's offer and trickle requests, validated as strictly as in Pipecat's runner."""

import uuid

from aiohttp import web
from aiortc.sdp import candidate_from_sdp

from peer import Peer


def is_text(value):
    return isinstance(value, str)


def is_candidate(value):
    return (
        isinstance(value, dict)
        and is_text(value.get("candidate"))
        and is_text(value.get("sdp_mid"))
        and isinstance(value.get("sdp_mline_index"), int)
    )


class Signalling:
    def __init__(self, sessions):
        self.sessions = sessions
        self.peers = {}
        self.offers = 0
        self.ice_restarts = 0
        self.candidates = 0
        self.refused = []

    def refuse(self, status, reason):
        self.refused.append(f"{status} {reason}")
        return web.json_response({"detail": reason}, status=status)

    async def offer(self, request):
        body = await request.json()
        pc_id, restart = body.get("pc_id"), body.get("restart_pc")
        if not (
            is_text(body.get("sdp"))
            and is_text(body.get("type"))
            and (pc_id is None or is_text(pc_id))
            and (restart is None or isinstance(restart, bool))
        ):
            return self.refuse(422, "The offer is not valid.")
        self.offers += 1
        # Pipecat accepts both spellings.
        data = body.get("requestData") or body.get("request_data") or {}
        peer = self.peers.get(pc_id)
        if peer and not restart:
            # aiortc accepts the new offer but keeps the old ICE transport, so an ICE restart has no effect.
            self.ice_restarts += 1
            await peer.answer(body["sdp"], body["type"])
        else:
            if peer:
                await self.forget(peer)
            peer = Peer(f"SmallWebRTCConnection#{uuid.uuid4().hex}", self.sessions.bot_for(data), self.forget)
            peer.is_handover = data.get("handover") is True
            await peer.answer(body["sdp"], body["type"])
            self.peers[peer.pc_id] = peer
        description = peer.pc.localDescription
        return web.json_response({"sdp": description.sdp, "type": description.type, "pc_id": peer.pc_id})

    async def patch(self, request):
        body = await request.json()
        candidates = body.get("candidates")
        # As in Pipecat, one invalid candidate rejects the whole batch.
        if not (is_text(body.get("pc_id")) and isinstance(candidates, list) and all(map(is_candidate, candidates))):
            return self.refuse(422, "The candidates are not valid.")
        peer = self.peers.get(body["pc_id"])
        if not peer:
            return self.refuse(404, "Peer connection not found")
        for one in candidates:
            if one["candidate"] == "":
                # Up to Pipecat 1.5, the parser fails on the end-of-candidates marker (pipecat-ai/pipecat#5054).
                return self.refuse(500, "An empty candidate can't be parsed.")
            candidate = candidate_from_sdp(one["candidate"])
            candidate.sdpMid, candidate.sdpMLineIndex = one["sdp_mid"], one["sdp_mline_index"]
            await peer.pc.addIceCandidate(candidate)
            self.candidates += 1
        return web.json_response({"status": "success"})

    async def observed(self, _request):
        """Counters that tests can't see from the page."""
        return web.json_response(
            {
                "offers": self.offers,
                "iceRestarts": self.ice_restarts,
                "candidates": self.candidates,
                "refused": self.refused,
                "peers": len(self.peers),
                "spoken": [peer.spoken for peer in self.peers.values()],
                "delays": [delay for peer in self.peers.values() for delay in peer.bot.delays],
                "loudest": max((peer.ear.loudest for peer in self.peers.values()), default=0),
            }
        )

    async def forget(self, peer):
        self.peers.pop(peer.pc_id, None)
        await peer.close()

    async def shut_down(self, _app):
        for peer in list(self.peers.values()):
            peer.hang_up()
            await self.forget(peer)
