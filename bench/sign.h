/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Signature Version 4 for a load generator: heads of requests with plain ASCII targets, signed
 * once before the clock starts. A signature is good for 15 minutes, so a head is sent again and
 * again; whoever checks it has the same work each time.
 */

#include <stddef.h>
#include <stdint.h>

#define SIGN_HEAD_MAX	 2048
#define SIGN_SHA256_TEXT 65
#define SIGN_UNSIGNED	 "UNSIGNED-PAYLOAD"

struct signer {
	char access_key[129];
	char scope[64];
	char date[17]; /* as in x-amz-date */
	uint8_t key[32];
};

struct sign_request {
	const char *method;
	const char *path; /* such that percent-encoding changes nothing of it */
	const char *query; /* in canonical order and encoding; "" where there is none */
	const char *host;
	const char *payload; /* SHA-256 as text, or SIGN_UNSIGNED */
	size_t length;
	uint64_t range_begin, range_len; /* bytes; a length of 0: no range */
};

/* With the time it is, and us-east-1. */
void signer_init(struct signer *s, const char *access_key, const char *secret_key);

/* Writes the whole head; without a signer an unsigned one. Returns its length. */
size_t sign_head(const struct signer *s, const struct sign_request *r, char out[SIGN_HEAD_MAX]);

/* The SHA-256, as text, of `length` bytes that are `block` over and over. */
void sign_payload(const char *block, size_t block_len, size_t length, char out[SIGN_SHA256_TEXT]);
