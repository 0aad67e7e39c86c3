"""A voice bot for tests: Pipecat's SmallWebRTC signalling and RTVI, on aiortc. It listens only on 127.0.0.1.

On the wire, it acts like a stock Pipecat bot, plus the session contract from docs/reference/server-protocol.md, which `--plain` omits.
Its words are scripted, its voice is a tone, and it measures what it hears. Source: pipecat-ai/pipecat, transports/smallwebrtc.
"""

import argparse

import aioice.ice
from aiohttp import web

from bot import Sessions
from signalling import Signalling

# Everything runs on this machine, so nothing may reach the network.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

ALLOWED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
}


@web.middleware
async def allow_every_origin(request, handler):
    """Like the CORS middleware in Pipecat's runner."""
    if request.method == "OPTIONS":
        return web.Response(headers=ALLOWED)
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        response = refusal
    response.headers.update(ALLOWED)
    return response


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--plain", action="store_true", help="knows nothing of the session contract")
    parser.add_argument("--answer-after", type=float, help="answers any sound after so many seconds of silence")
    parser.add_argument("--talks", action="store_true", help="speaks without a pause, and hands sessions over")
    options = parser.parse_args()

    sessions = Sessions(keeps_contract=not options.plain, answer_after=options.answer_after, talks=options.talks)
    signalling = Signalling(sessions)
    app = web.Application(middlewares=[allow_every_origin])
    app.router.add_post("/api/offer", signalling.offer)
    app.router.add_patch("/api/offer", signalling.patch)
    app.router.add_get("/observed", signalling.observed)
    app.on_shutdown.append(signalling.shut_down)
    web.run_app(app, host="127.0.0.1", port=options.port, print=None)


main()
