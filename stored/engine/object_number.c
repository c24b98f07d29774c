/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/object_number.h"

#include "s3/request.h"

static size_t put(uint8_t *to, struct span s, size_t most)
{
	size_t len = MIN(s.len, most);

	if (len)
		memcpy(to, span_bytes(s), len);
	return len;
}

/* No name of a bucket has a slash, so no two names are the same text. */
uint64_t object_number(const uint8_t secret[static crypto_shorthash_KEYBYTES],
		       const struct ipc_id *tenant, struct span bucket, struct span key)
{
	uint8_t text[sizeof(tenant->bytes) + S3_BUCKET_NAME_MAX + 1 + S3_KEY_MAX];
	size_t len = sizeof(tenant->bytes);
	uint64_t number;

	memcpy(text, tenant->bytes, len);
	len += put(text + len, bucket, S3_BUCKET_NAME_MAX);
	text[len++] = '/';
	len += put(text + len, key, S3_KEY_MAX);
	crypto_shorthash((uint8_t *)&number, text, len, secret);
	return number;
}
