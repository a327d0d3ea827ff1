"""HTTP and WebSocket in: one file per noun, each a handful of short endpoints; `api` assembles them.

A request passes `deadlines` (has it arrived in time), `guard` (may this page and this body speak to us at all), `signing_in`
(who asks, and may they), its endpoint, and on trouble `problems`. Above: app. Below: the runtime contract and the board.
"""
