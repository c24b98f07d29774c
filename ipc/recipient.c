/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/recipient.h"

#include "s3/crc.h"
#include "s3/encoding.h"

#define BYTES_LEN (RECIPIENT_KEY_LEN + RECIPIENT_CHECK_LEN)
_Static_assert(BYTES_LEN % 3 == 0, "the base64 of it needs no padding");

static void put_check(uint8_t bytes[static BYTES_LEN])
{
	uint64_t crc = crc_update(CRC_32C, 0, SPAN(RECIPIENT_MARK));

	crc = crc_update(CRC_32C, crc, (struct span){ bytes, RECIPIENT_KEY_LEN });
	for (size_t i = 0; i < RECIPIENT_CHECK_LEN; i++)
		bytes[RECIPIENT_KEY_LEN + i] =
			(uint8_t)(crc >> (8 * (RECIPIENT_CHECK_LEN - 1 - i)));
}

const char *recipient_format(const struct recipient *r, char buf[static RECIPIENT_TEXT_SIZE])
{
	struct span mark = SPAN(RECIPIENT_MARK);
	uint8_t bytes[BYTES_LEN];

	memcpy(bytes, r->key, RECIPIENT_KEY_LEN);
	put_check(bytes);
	memcpy(buf, mark.data, mark.len);
	base64_encode((struct span){ bytes, sizeof(bytes) }, buf + mark.len);
	return buf;
}

bool recipient_parse(struct span text, struct recipient *ret)
{
	struct span mark = SPAN(RECIPIENT_MARK);
	uint8_t said[BYTES_LEN], due[BYTES_LEN];

	if (text.len != RECIPIENT_TEXT_LEN || !span_starts_with(text, mark) ||
	    !base64_decode(span_skip(text, mark.len), said, sizeof(said)))
		return false;
	memcpy(due, said, RECIPIENT_KEY_LEN);
	put_check(due);
	if (memcmp(said, due, sizeof(said)) != 0)
		return false;
	memcpy(ret->key, said, RECIPIENT_KEY_LEN);
	return true;
}
