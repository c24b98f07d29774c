/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/token.h"

#include <assert.h>

/* The first byte: another meaning of the rest gets another number. */
#define TOKEN_VERSION 1

struct span token_write(struct span position, char buf[static TOKEN_TEXT_MAX])
{
	uint8_t bytes[S3_KEY_MAX + 1] = { TOKEN_VERSION };

	assert(position.len <= S3_KEY_MAX);
	memcpy(bytes + 1, position.data, position.len);
	return span_from_string(base64_encode((struct span){ bytes, position.len + 1 }, buf));
}

bool token_read(struct span token, uint8_t buf[static S3_KEY_MAX + 1], struct span *ret_position)
{
	struct span position;
	size_t len;

	if (!base64_len(token, &len) || len < 2 || len > S3_KEY_MAX + 1 ||
	    !base64_decode(token, buf, len))
		return false;
	position = (struct span){ buf + 1, len - 1 };
	if (buf[0] != TOKEN_VERSION || !span_is_utf8(position))
		return false;
	*ret_position = position;
	return true;
}
