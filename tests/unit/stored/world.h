/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A whole coffer-stored in one process: the service on a fresh data directory, with the test
 * playing authd on one socket and a worker on another. Requests are written as heads and parsed as
 * authd would.
 */

#undef NDEBUG
#include <assert.h>

#include "ipc/answer.h"
#include "ipc/message.h"
#include "stored/service.h"
#include "tests/unit/stored/seals.h"

#define WORLD_INLINE_LIMIT (16 * KIB)

/* One worker's, or operator's, end of a channel. */
struct worker {
	int fd;
	struct ipc_id channel;
	enum ipc_phase phase;
};

/* The last message that came, kept. */
struct heard {
	enum ipc_number number; /* 0: the channel has ended */
	struct ipc_message message;
	int fd;
	uint8_t packet[IPC_PACKET_MAX];
};

struct world {
	char dir[64];
	char authd_path[96];
	struct store *store;
	struct service service;
	int authd_listen_fd, authd_fd;
	struct seals seals;
	struct span suspended; /* the ids that a new authd tells */
	struct ipc_id tenant;
	uint64_t next_call;
	struct worker worker;
	bool asks_rest; /* requests are of the REST dialect, about "bucket" */
	struct span prefix; /* that their principal is bound to; SPAN_NONE: none */
	struct heard heard;
	struct buffer items;
	struct buffer sealed; /* the last grant that was made */
	struct ipc_id grant_id; /* and its id */
	size_t n_refused; /* refusals that authd was told of; the last of them */
	struct ipc_refused refused;
	char refused_text[3][IPC_DETAIL_MAX]; /* its credential, peer and bucket */
};

void world_begin(struct world *w);
void world_end(struct world *w);

/* A new authd: takes stored's call, says which tenants are suspended, and gives it a new key. */
void world_new_epoch(struct world *w);

/* authd says so; stored has taken it when this returns. */
void world_suspend(struct world *w, const struct ipc_id *tenant, bool suspended);

/* Until authd has been told of so many refusals in all. */
void world_hear_refusals(struct world *w, size_t n);

/* authd orders a bucket; what it is told, S3_ERROR_NONE where the tenant has it. */
void world_provide(struct world *w, uint64_t order, const struct ipc_id *tenant, struct span bucket);
enum s3_error world_provided(struct world *w, uint64_t *ret_order);

/* Likewise a tenant to be erased. */
void world_erase(struct world *w, uint64_t order, const struct ipc_id *tenant, uint8_t mode);
enum s3_error world_erased(struct world *w, uint64_t *ret_order);

/* A new worker on a channel of its own, entered. */
void world_enter(struct world *w, struct worker *ret);

/* A channel of that role, whose peer has that uid and has said nothing yet. */
void world_connect(struct world *w, const struct session_role *role, uid_t uid, struct worker *ret);

/* Seals a grant for a request: "PUT /bucket/key", then "name: value" lines, NULL at the end. */
void world_grant(struct world *w, const char *request, const char *const *headers);

/* --- what a worker says and hears ------------------------------------------------------------ */

void world_send(struct world *w, const struct worker *from, const struct ipc_message *m, int fd);

/* Steps the service until something comes; PIPE, DONE, FAILED, OBJECT or EXTENT; items are kept. */
enum ipc_number world_hear(struct world *w, struct worker *at);

/* True if nothing comes within a while that the service is given. */
bool world_is_silent(struct world *w, const struct worker *at);

/* True once the service has closed the channel. */
bool world_is_closed(struct world *w, struct worker *at);

/* --- whole requests, by the world's own worker ------------------------------------------------ */

/* Without a body, or with one that goes inside or through a pipe as a worker would send it. */
enum ipc_number world_ask(struct world *w, const char *request, const char *const *headers);
enum ipc_number world_put(struct world *w, const char *request, const char *const *headers,
			  struct span body);
enum ipc_number world_command(struct world *w, const char *request, const char *const *headers,
			      struct span document);

/* Asks, and does not wait for the answer. The socket must have room for it. */
void world_send_call(struct world *w, const char *request);

/* Starts an upload: CALL without a body; returns the write end of the pipe. Sets *ret_call. */
int world_open_pipe(struct world *w, const char *request, const char *const *headers,
		    uint64_t *ret_call);
void world_commit(struct world *w, uint64_t call, uint64_t length, struct span seal,
		  struct span trailer);

/* Writes all of it as the pipe takes it, stepping the service in between, or until it is closed. */
void world_write(struct world *w, int fd, struct span bytes);

/* The answer in the last DONE, OBJECT or FAILED. */
struct answer world_answer(const struct world *w);

/* The bytes of the last OBJECT, wherever they are. */
void world_fetch(struct world *w, struct buffer *ret);

/* The error of the last message, S3_ERROR_NONE where it was none. */
enum s3_error world_error(const struct world *w);

#define HEADERS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_HEADERS   ((const char *const[]){ NULL })
