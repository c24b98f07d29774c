/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One world with a bucket in it, and what the tests of its sessions have in common. */

#include <sys/socket.h>
#include <unistd.h>

#include "stored/call.h"
#include "tests/unit/hearing.h"
#include "tests/unit/stored/world.h"

static struct world w;

#define assert_done(x)	       assert((x) == IPC_DONE)
#define assert_error(x, error) assert((x) == IPC_FAILED && world_error(&w) == (error))

static inline void make_bucket(void)
{
	assert_done(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")));
}

static inline void begin(void)
{
	world_begin(&w);
	make_bucket();
}

static inline void end(void)
{
	world_end(&w);
}

static inline void assert_body(struct span expected)
{
	struct buffer body = BUFFER_INIT(256 * MIB);

	world_fetch(&w, &body);
	assert(buffer_error(&body) == 0);
	assert(span_equal(buffer_span(&body), expected));
	buffer_clear(&body);
}

static inline struct span make_bytes(size_t len)
{
	static uint8_t bytes[24 * MIB];
	uint64_t x = 88172645463325252u;

	assert(len <= sizeof(bytes));
	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bytes[i] = (uint8_t)x;
	}
	return (struct span){ bytes, len };
}

static const char *const chained_headers[] = {
	"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
	"x-amz-decoded-content-length: 100000", "Content-Length: 101000", NULL
};

static inline void send_lengths(uint64_t call, const uint32_t *lengths, size_t n)
{
	world_send(
		&w, &w.worker,
		&(struct ipc_message){
			.number = IPC_LENGTHS,
			.lengths = { .call = call, .lengths = { lengths, n * sizeof(*lengths) } } },
		-1);
}

static inline struct span make_chain_seal(struct ipc_id grant, uint64_t length, struct buffer *out)
{
	struct chain_seal s = {
		.grant = grant, .channel = w.worker.channel, .length = length, .trailer = SPAN("")
	};

	buffer_reset(out);
	seals_seal_chain(&w.seals, &s, out);
	return buffer_span(out);
}

/* What stored told authd of a grant's chunks. */
static inline void hear_hashes(const struct ipc_id *grant, size_t n, struct buffer *ret)
{
	static struct heard heard = { .fd = -1 };

	while (ret->len < n * HASH_SHA256_LEN) {
		assert(service_step(&w.service, 5) >= 0);
		if (hearing_next(w.authd_fd, MSG_DONTWAIT, IPC_STORED_TO_AUTHD_DIRECTION,
				 IPC_PHASE_READY, heard.packet, &heard.message, &heard.fd) < 0)
			continue;
		assert(heard.message.number == IPC_HASHES);
		assert(ipc_id_equal(&heard.message.hashes.grant, grant));
		buffer_append(ret, heard.message.hashes.hashes);
	}
	assert(ret->len == n * HASH_SHA256_LEN);
}
