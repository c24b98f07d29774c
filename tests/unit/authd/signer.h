/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A client's side of SigV4, for tests: written from the documentation, with OpenSSL, so that it
 * shares no mistake with authd. It signs whatever it is told to, right or wrong. Targets must be
 * written in their canonical encoding; parameters may stand in any order.
 */

#include "base/buffer.h"
#include "s3/request.h"

#define SIGNER_KEY "AKIAIOSFODNN7EXAMPLE"
#define SIGNER_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define SIGNER_TIME "20130524T000000Z"
#define SIGNER_TIME_S 1369353600
#define SIGNER_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct signer {
	const char *access_key;
	const char *secret;
	const char *time;
	const char *day;		/* NULL: the time's */
	const char *region;
	const char *service;
	const char *signed_headers;	/* NULL: all there are */
	const char *payload;		/* NULL: UNSIGNED-PAYLOAD */
	const char *expires;		/* presigned */
};

#define SIGNER                                                                                     \
	((struct signer){ .access_key = SIGNER_KEY,                                                \
			  .secret = SIGNER_SECRET,                                                 \
			  .time = SIGNER_TIME,                                                     \
			  .region = "us-east-1",                                                   \
			  .service = "s3",                                                         \
			  .expires = "86400" })

struct request {
	const char *method;
	char target[4096];
	struct buffer fields;
	char seed[65];		/* the signature made last */
};

void request_begin(struct request *q, const char *method, const char *target);
void request_field(struct request *q, const char *name, const char *value);
struct s3_head request_head(const struct request *q);
void request_clear(struct request *q);

/* Adds x-amz-content-sha256 and x-amz-date, then an Authorization over all fields. */
void request_sign(struct request *q, const struct signer *s);

/* Adds nothing but the Authorization. */
void request_authorize(struct request *q, const struct signer *s);

/* Adds the parameters of query authentication to the target. */
void request_presign(struct request *q, const struct signer *s);

/* Signatures of a stream, as hex: of a chunk behind `previous`, and of a trailer. */
void signer_chunk(const struct signer *s, const char *previous, const void *data, size_t len,
		  char ret[static 65]);
void signer_trailer(const struct signer *s, const char *previous, const char *trailer,
		    char ret[static 65]);
