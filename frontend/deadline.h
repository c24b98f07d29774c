/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How long a worker waits for whom. A timeout of inactivity alone is one that a slow drip never meets: these run
 * out whatever the other side does in the meantime, but for the two that say how much is enough.
 *
 * DEADLINE(SYMBOL, milliseconds, "what must have happened by then")
 */
#define DEADLINES(DEADLINE)                                                                        \
	DEADLINE(NONE, 0, "nothing")                                                               \
	DEADLINE(IDLE, 75000, "the first byte of a connection's next request")                                  \
	DEADLINE(HEAD, 20000, "the rest of the head")                                              \
	DEADLINE(MEASURE, 2000, "authd's and stored's figures, for the metrics")                   \
	DEADLINE(ASK, 10000, "authd's word")                                                       \
	DEADLINE(CALL, 60000, "stored's first word on what only reads, or a pipe for a body")      \
	DEADLINE(BODY, 30000, "the next DEADLINE_BODY_BYTES of a body")                            \
	DEADLINE(STALL, 60000, "room in stored's pipe")                                            \
	DEADLINE(CHANGE, 900000, "stored's word on a change; a copy of 5 GiB takes its time")      \
	DEADLINE(REPLY, 30000, "the rest of a small body that nobody wants, before the answer")    \
	DEADLINE(SEND, 60000, "the client takes the answer, or goes on to, at DEADLINE_SEND_RATE") \
	DEADLINE(FAREWELL, 2000, "a refused client stops sending")

#define DEADLINE_BODY_BYTES (30 * 1024)
#define DEADLINE_SEND_RATE (4 * 1024)	/* bytes a second: slower clients are given up */

enum deadline {
#define DEADLINE(SYMBOL, ...) DEADLINE_##SYMBOL,
	DEADLINES(DEADLINE)
#undef DEADLINE
	DEADLINE_COUNT,
};

#define DEADLINES_DEFAULT                                                                          \
	{                                                                                          \
		DEADLINES(DEADLINE_MS)                                                             \
	}
#define DEADLINE_MS(SYMBOL, ms, says) [DEADLINE_##SYMBOL] = ms,
