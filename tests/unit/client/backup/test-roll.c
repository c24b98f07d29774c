/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/roll.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"

#define ID  "00112233445566778899aabbccddeeff"
#define ID2 "00112233445566778899aabbccddef00"
#define CRC "0123456789abcdef"
#define SUM "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

#define BUCKET "bucket photos 3 4096 1 17\n"
#define BLOB   "blob " ID " 4096 " CRC " " SUM "\n"
#define BLOB2  "blob " ID2 " 1 " CRC " " SUM "\n"

static struct roll open_text(const char *text, bool has_digests)
{
	int fd = memfd_create("roll", MFD_CLOEXEC);
	struct roll r;

	assert(fd >= 0 && fd_write_all(fd, span_from_string(text)) == 0);
	assert(roll_open(fd, has_digests, &r) == 0);
	return r;
}

/* What the lines come to: 0, or why there is one that is none. */
static int count(const char *text, bool has_digests, struct manifest_counts *ret)
{
	struct roll r = open_text(text, has_digests);
	int e = roll_count(&r, ret);

	roll_close(&r);
	return e;
}

static void test_lines_are_read_and_counted(void)
{
	struct manifest_counts c;
	struct roll_line l;
	struct roll r;

	assert(count(BUCKET BLOB BLOB2, true, &c) == 0);
	assert(c.buckets == 1 && c.objects == 3 && c.bytes == 4096 && c.uploads == 1);
	assert(c.upload_bytes == 17 && c.blobs == 2 && c.blob_bytes == 4097);
	assert(count("", true, &c) == 0 && c.buckets == 0 && c.blobs == 0);
	r = open_text(BUCKET BLOB, true);
	for (int twice = 0; twice < 2; twice++) {
		assert(roll_next(&r, &l) == 1 && l.kind == ROLL_BUCKET);
		assert(strcmp(l.bucket.name, "photos") == 0);
		assert(roll_next(&r, &l) == 1 && l.kind == ROLL_BLOB);
		assert(strcmp(l.blob.id, ID) == 0 && strcmp(l.blob.print.crc64, CRC) == 0);
		assert(strcmp(l.blob.print.blake2b, SUM) == 0 && l.blob.print.length == 4096);
		assert(roll_next(&r, &l) == 0);
		roll_rewind(&r);
	}
	roll_close(&r);
	/* As stored has it. */
	assert(count(BUCKET "blob " ID " 4096 " CRC "\n", false, &c) == 0 && c.blobs == 1);
}

static void test_t72_what_is_no_list_is_refused(void)
{
	static const char *const texts[] = {
		"\n",
		"bucket photos 3 4096 1 17",
		"bucket photos 3 4096 1\n",
		"bucket photos 3 4096 1 17 5\n",
		"bucket photos 3 4096 1 17 \n",
		"bucket photos 03 4096 1 17\n",
		"bucket photos -3 4096 1 17\n",
		"bucket photos 9223372036854775808 4096 1 17\n",
		"bucket ../photos 3 4096 1 17\n",
		"bucket  3 4096 1 17\n",
		" " BUCKET,
		"blob " ID " 4096 " CRC "\n",
		"blob " ID " 4096 " CRC " " SUM SUM "\n",
		"blob ../../../../../../../../etc/pass 4096 " CRC " " SUM "\n",
		"blob 00112233445566778899AABBCCDDEEFF 4096 " CRC " " SUM "\n",
		"blob 0011 4096 " CRC " " SUM "\n",
		"blub " ID " 4096 " CRC " " SUM "\n",
		BLOB BLOB,
		BLOB2 BLOB,
		BLOB BUCKET,
		"bucket photos 9223372036854775807 0 0 0\nbucket others 1 0 0 0\n",
	};
	struct manifest_counts c;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert(count(texts[i], true, &c) == -EBADMSG);
}

static void test_what_is_written_is_what_was_read(void)
{
	static const char text[] = BUCKET BLOB BLOB2;
	struct roll r = open_text(text, true);
	char again[sizeof(text) + 1] = "";
	FILE *to = fmemopen(again, sizeof(again), "w");
	struct roll_line l;

	assert(to);
	while (roll_next(&r, &l) == 1)
		roll_write(to, &l);
	assert(fclose(to) == 0);
	assert(strcmp(again, text) == 0);
	roll_close(&r);
}

int main(void)
{
	test_lines_are_read_and_counted();
	test_t72_what_is_no_list_is_refused();
	test_what_is_written_is_what_was_read();
	return 0;
}
