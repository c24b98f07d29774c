/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A worker's stage, and what is said and heard there of one object. */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "stage.h"

#define HOST "Host: localhost\r\n"

static struct stage s;

static inline struct answer object_answer(uint64_t size)
{
	struct answer a;

	answer_init(&a);
	a.etag = SPAN("d41d8cd98f00b204e9800998ecf8427e");
	a.size = size;
	a.last_modified = 1700000000 * NS_PER_S;
	return a;
}

static inline void say_object(uint64_t call, const struct answer *a, struct span body, uint64_t extents)
{
	struct buffer b = BUFFER_INIT(IPC_ITEMS_MAX);
	struct ipc_message m = { .number = IPC_OBJECT };

	answer_encode(a, &b);
	m.object = (struct ipc_object){ call, buffer_span(&b), body, extents };
	stage_say(&s, s.stored, &m, -1);
	buffer_clear(&b);
}

static inline void expect_call(uint64_t call, bool has_body, struct span body)
{
	struct stage_packet p = stage_expect(&s, &s.stored, IPC_CALL);

	assert(p.message.call.call == call);
	assert(p.message.call.has_body == has_body);
	assert(span_equal(p.message.call.body, body));
	stage_packet_clear(&p);
}

static inline void get_hello(int client)
{
	struct answer a = object_answer(5);
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN("hello"), 0);
}

static inline void expect_answer(int client, unsigned int status, const char *body)
{
	struct stage_answer a = stage_read(&s, client, false);

	assert(a.status == status);
	assert(strstr(a.body, body) && (strlen(body) || !a.body_len));
	assert(strlen(stage_field(&a, "x-amz-request-id")) == 16);
	assert(stage_field(&a, "x-amz-id-2"));
	assert(strcmp(stage_field(&a, "X-Content-Type-Options"), "nosniff") == 0);
	stage_answer_clear(&a);
}

#define LARGE (1024 * 1024)

static uint8_t large[LARGE];

static inline void fill_large(void)
{
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (uint8_t)(i * 2654435761u >> 13);
}

#define MD5 "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\n"

static inline void send_chunk(int client, struct span bytes)
{
	char size[32];

	snprintf(size, sizeof(size), "%zx\r\n", bytes.len);
	stage_send_text(&s, client, size);
	stage_send(&s, client, bytes);
	stage_send_text(&s, client, "\r\n");
}
