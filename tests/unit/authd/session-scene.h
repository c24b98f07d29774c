/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A worker and a stored at an office, and what is asked and heard there. */

#undef NDEBUG
#include <assert.h>
#include <unistd.h>

#include "authd/session.h"
#include "office.h"

static struct office office;

/* A worker, a stored, and what they know. */
struct scene {
	int stored, worker;
	uint64_t epoch;
	struct ipc_hash key;
	struct ipc_id channel;
};

static inline void scene_open(struct scene *s)
{
	s->stored = office_stored_ready(&office, &s->epoch, &s->key);
	s->worker = office_worker_ready(&office, &s->channel);
}

static inline void scene_close(struct scene *s)
{
	close(s->worker);
	close(s->stored);
	office_settle(&office);
}

static inline struct signer signer_now(void)
{
	struct signer s = SIGNER;

	s.time = office_time();
	return s;
}

static inline void ask_signed(int fd, uint64_t call, const char *method, const char *target)
{
	struct signer s = signer_now();
	struct request q;

	request_begin(&q, method, target);
	request_field(&q, "Host", "localhost:9000");
	request_field(&q, "Content-Length", "0");
	request_sign(&q, &s);
	office_ask(fd, call, &q);
	request_clear(&q);
}

static inline void receive(int fd, struct ipc_message *ret, enum ipc_number number)
{
	assert(office_receive(&office, fd, IPC_AUTHD_TO_FRONTEND_DIRECTION, ret));
	assert(ret->number == number);
}

static inline void expect_granted(int fd, uint64_t call)
{
	struct ipc_message m;

	receive(fd, &m, IPC_GRANTED);
	assert(m.granted.call == call);
}

static inline void expect_denied(int fd, uint64_t call, enum s3_error error)
{
	struct ipc_message m;

	receive(fd, &m, IPC_DENIED);
	assert(m.denied.call == call && m.denied.error == error);
}
