/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/contents.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/stored/engine/engine-fixture.h"

#define SMALL_MAX 3000
#define LARGE_MIN 20000

struct span story_bytes(uint64_t value, uint8_t buf[static STORY_BYTES_MAX])
{
	size_t len = value % 2 ? LARGE_MIN + value * 977 % (STORY_BYTES_MAX - LARGE_MIN)
			       : 1 + value * 131 % SMALL_MAX;

	fill(buf, len, (unsigned int)value);
	return (struct span){ buf, len };
}

struct span story_document(uint64_t value, char buf[static STORY_NAME_MAX])
{
	snprintf(buf, STORY_NAME_MAX, "{\"Id\":\"%llu\"}", (unsigned long long)value);
	return span_from_string(buf);
}

const char *story_bucket(unsigned int tenant, unsigned int index, char buf[static STORY_NAME_MAX])
{
	snprintf(buf, STORY_NAME_MAX, "bucket-%u-%u", tenant, index);
	return buf;
}

const char *story_key(unsigned int index, char buf[static STORY_NAME_MAX])
{
	snprintf(buf, STORY_NAME_MAX, "key-%u", index);
	return buf;
}

struct ipc_id story_tenant(unsigned int tenant)
{
	struct ipc_id id;

	memset(id.bytes, 0x30 + (int)tenant, sizeof(id.bytes));
	return id;
}
