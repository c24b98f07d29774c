/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A whole worker on a stage: real TCP clients on the loopback, and authd, stored and the parent
 * played by the test. Everything happens in one thread: whoever waits for something lets the worker
 * take steps meanwhile, and gives up after STAGE_PATIENCE_MS, which fails the test.
 */

#include "frontend/worker.h"
#include "ipc/answer.h"
#include "ipc/grant.h"

#define STAGE_PATIENCE_MS 20000
#define STAGE_INLINE_LIMIT (16 * 1024)
#define STAGE_TENANT 7	/* the first byte of its id, where there is one tenant only */
#define STAGE_SLOTS 3	/* on the board; the worker's is the first */

struct stage {
	struct worker worker;
	struct board board;
	struct admission admission;
	struct listener listeners[S3_DIALECT_COUNT];
	uint16_t ports[S3_DIALECT_COUNT];
	int line;	/* the parent's end */
	int authd;	/* authd's end of the channel, -1 while there is none */
	int stored;
};

/* `adjust` may change the configuration, or be NULL. The worker has asked for both its links. */
void stage_open_alone(struct stage *s, void (*adjust)(struct worker_config *c));

/* The same, and the worker is ready when this returns. */
void stage_open(struct stage *s, void (*adjust)(struct worker_config *c));
void stage_close(struct stage *s);

/* One turn of the worker, at most a few milliseconds. */
void stage_step(struct stage *s);
void stage_steps(struct stage *s, unsigned int n);

/* The number of descriptors that this process has open. */
unsigned int stage_count_fds(void);

/* --- clients --- */

/* By the door of S3, or of the other dialect. */
int stage_connect(struct stage *s);
int stage_connect_to(struct stage *s, enum s3_dialect dialect);
void stage_send(struct stage *s, int client, struct span bytes);
void stage_send_text(struct stage *s, int client, const char *text);

#define STAGE_ANSWER_MAX (4 * 1024 * 1024)

struct stage_answer {
	unsigned int status;
	char *text;		/* all of it, NUL-terminated */
	size_t len;
	const char *body;
	size_t body_len;
	bool closed;		/* the connection was, behind it */
};

/* Reads one answer as its Content-Length says (`is_head`: no body). 100 Continue is an answer. */
struct stage_answer stage_read(struct stage *s, int client, bool is_head);
void stage_answer_clear(struct stage_answer *a);

/* The value of a field, up to its line end, in a static buffer; NULL where it is not there. */
const char *stage_field(const struct stage_answer *a, const char *name);

/* Reads until the end of the connection, and drops it. */
void stage_expect_close(struct stage *s, int client);

/* Nothing comes from the worker, for a while. */
void stage_expect_silence(struct stage *s, int fd);

/* --- authd and stored --- */

struct stage_packet {
	struct ipc_message message;
	int fd;
	uint8_t *bytes;
};

/* The next message, which must be that one. Clear it when done. */
struct stage_packet stage_expect(struct stage *s, int *channel, enum ipc_number number);
void stage_packet_clear(struct stage_packet *p);

/* Takes fd. */
void stage_say(struct stage *s, int channel, const struct ipc_message *m, int fd);

/* Both handshakes over again, with what the parent is asked for. */
void stage_connect_authd(struct stage *s);
void stage_connect_stored(struct stage *s);

/* Waits for an ASK and grants it, as authd would: what the head says. Returns the call's number. */
uint64_t stage_grant(struct stage *s);

/* The same of a tenant that has limits. */
uint64_t stage_grant_limited(struct stage *s, const struct grant_limits *limits);

/* The same for one of several tenants, whose id begins with that byte. */
uint64_t stage_grant_tenant(struct stage *s, uint8_t tenant);

/* Waits for a PING to one of them and answers it. */
void stage_pong(struct stage *s, enum links_peer peer);

/* Answers of stored. */
void stage_done(struct stage *s, uint64_t call, const struct answer *a);
void stage_failed(struct stage *s, uint64_t call, enum s3_error error);
void stage_denied(struct stage *s, uint64_t call, enum s3_error error);
