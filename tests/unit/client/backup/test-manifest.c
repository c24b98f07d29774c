/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/manifest.h"

#include <fcntl.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "client/file.h"
#include "scratch.h"

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct scratch scratch;
static int dir_fd;

static struct manifest example(void)
{
	struct manifest m = {
		.tenant = "acme",
		.canonical_id = DIGEST,
		.display_name = "Acm\xc3\xa9",
		.taken = "2026-01-02T03:04:05Z",
		.counts = { .buckets = 2, .objects = 3, .bytes = UINT64_C(1) << 40, .blobs = 1 },
	};

	for (enum manifest_files i = 0; i < MANIFEST_IDENTITIES; i++) {
		manifest_name_file(i, m.files[i].name);
		m.files[i].length = 100 + i;
		memcpy(m.files[i].blake2b, DIGEST, sizeof(DIGEST));
	}
	return m;
}

static void test_what_was_written_is_read(void)
{
	struct manifest m = example(), back;
	struct complaint why;

	assert(manifest_write(dir_fd, &m) == 0);
	assert(scratch_mode(MANIFEST_NAME) == 0600);
	assert(manifest_read(dir_fd, &back, &why) == 0);
	assert(memcmp(&m, &back, sizeof(m)) == 0);
	manifest_name_file(MANIFEST_IDENTITIES, m.files[MANIFEST_IDENTITIES].name);
	memcpy(m.files[MANIFEST_IDENTITIES].blake2b, DIGEST, sizeof(DIGEST));
	assert(manifest_write(dir_fd, &m) == 0);
	assert(manifest_read(dir_fd, &back, &why) == 0);
	assert(memcmp(&m, &back, sizeof(m)) == 0);
}

static void test_every_flipped_bit_is_noticed_or_means_the_same(void)
{
	_cleanup_(buffer_clear) struct buffer text = BUFFER_INIT(MANIFEST_MAX);
	struct manifest m = example(), back;
	struct complaint why;
	size_t n_same = 0;

	assert(manifest_write(dir_fd, &m) == 0 && file_read(dir_fd, MANIFEST_NAME, &text) == 0);
	for (size_t i = 0; i < 8 * text.len; i++) {
		text.data[i / 8] ^= (uint8_t)(1 << i % 8);
		unlinkat(dir_fd, MANIFEST_NAME, 0);
		int fd = openat(dir_fd, MANIFEST_NAME, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert(fd_write_all(fd, buffer_span(&text)) == 0);
		fd_close(fd);
		back = (struct manifest){ 0 };
		int r = manifest_read(dir_fd, &back, &why);
		assert(r == -EBADMSG || (r == 0 && memcmp(&m, &back, sizeof(m)) == 0));
		n_same += r == 0;
		text.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	/* White space alone may be another. */
	assert(n_same < text.len);
}

static void test_names_are_of_their_kind_alone(void)
{
	char name[MANIFEST_FILE_NAME_MAX], other[MANIFEST_FILE_NAME_MAX];

	manifest_name_file(MANIFEST_CATALOG, name);
	manifest_name_file(MANIFEST_CATALOG, other);
	assert(strcmp(name, other) != 0);
	assert(manifest_is_name_of(MANIFEST_CATALOG, name));
	assert(!manifest_is_name_of(MANIFEST_LIST, name));
	name[strlen(name) - 1] = 'x';
	assert(!manifest_is_name_of(MANIFEST_CATALOG, name));
	assert(!manifest_is_name_of(MANIFEST_CATALOG, "catalog-../../aaaaaaaaaaaaa.db"));
	assert(!manifest_is_name_of(MANIFEST_CATALOG, "catalog-.db"));
}

static void test_another_version_and_other_files_are_refused(void)
{
	struct complaint why;
	struct manifest back;

	unlinkat(dir_fd, MANIFEST_NAME, 0);
	assert(manifest_read(dir_fd, &back, &why) == -ENOENT);
	scratch_write(MANIFEST_NAME, "{}", 0600);
	assert(manifest_read(dir_fd, &back, &why) == -EBADMSG);
	/* The digest is right. */
	scratch_write(MANIFEST_NAME,
		      "{\"format\":\"coffer-backup\",\"version\":2,\"digest\":"
		      "\"ded50083efc9eaa39c3005f88793785247faf669efff4fcdc40ede57d2ff3656\"}",
		      0600);
	assert(manifest_read(dir_fd, &back, &why) == -EBADMSG);
	assert(strstr(why.error, "version 2"));
	unlinkat(dir_fd, MANIFEST_NAME, 0);
	assert(symlink("/etc/passwd", MANIFEST_NAME) == 0);
	assert(manifest_read(dir_fd, &back, &why) == -ELOOP);
	unlinkat(dir_fd, MANIFEST_NAME, 0);
}

int main(void)
{
	scratch = scratch_make();
	dir_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_what_was_written_is_read();
	test_every_flipped_bit_is_noticed_or_means_the_same();
	test_names_are_of_their_kind_alone();
	test_another_version_and_other_files_are_refused();
	close(dir_fd);
	scratch_clear(&scratch);
	return 0;
}
