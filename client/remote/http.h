/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * HTTP to one server, over libcurl, a request at a time: what is sent is what was said and nothing else.
 * It follows no redirect, knows no proxy, whatever the environment names, and verifies certificates.
 */

#include "base/buffer.h"
#include "client/complaint.h"
#include "client/remote/endpoint.h"

#define HTTP_ANSWER_MAX	       (4 * MIB)
#define HTTP_HEAD_MAX	       (64 * KIB)
#define HTTP_CONNECT_PATIENCE_S 10
#define HTTP_FIELDS_MAX	       8

struct http;

/* Of a server; `authorities`, PEM, stands in place of those that the system believes, NULL: those. */
must_check int http_open(const struct endpoint *to, const char *authorities, unsigned int patience_s,
			 struct http **ret, struct complaint *why);
struct http *http_free(struct http *h);
DEFINE_CLEANUP(struct http *, http_free)

struct http_request {
	const char *method;
	const char *target;	/* path and query, as they go over the wire */
	const char *fields[HTTP_FIELDS_MAX];	/* "name: value", up to a NULL; Host is there by itself */
	struct span body;	/* SPAN_NONE: there is none */
};

struct http_answer {
	unsigned int status;
	bool is_json;	/* it says so */
	struct span body;	/* until the next request, or http_free() */
};

/* An answer, whatever its status; or less than 0, and *why says what stood in the way. */
must_check int http_ask(struct http *h, const struct http_request *q, struct http_answer *ret,
			struct complaint *why);
