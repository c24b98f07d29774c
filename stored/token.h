/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The continuation tokens of lists: where a page ended, in a form that clients have no reason to look
 * into. They hold nothing that the client has not been told, so they need no seal: a forged one is
 * another place to begin at.
 */

#include "base/span.h"
#include "s3/encoding.h"
#include "s3/request.h"

#define TOKEN_TEXT_MAX BASE64_TEXT_SIZE(S3_KEY_MAX + 1)

/* The token of a position of at most S3_KEY_MAX bytes, as text in buf. */
struct span token_write(struct span position, char buf[static TOKEN_TEXT_MAX]);

/* The position, in buf; false where this is no token of ours. */
must_check bool token_read(struct span token, uint8_t buf[static S3_KEY_MAX + 1],
			   struct span *ret_position);
