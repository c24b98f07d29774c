/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes are the manifest of a backup or are complained of; one that is, written and read again,
 * is the same. Its own digest is put right before, or nothing would come as far as what it says,
 * unless the first byte of the input is odd.
 */

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "client/backup/manifest.h"
#include "s3/encoding.h"
#include "unsynced.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In $TMPDIR, which tools/fuzz empties whatever ends this process. */
static int directory(void)
{
	static int fd = -1;
	char path[256];

	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%s/manifest-XXXXXX", getenv("TMPDIR") ?: "/tmp");
	assert(sodium_init() >= 0 && mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(fd >= 0);
	return fd;
}

static void put_file(struct span bytes)
{
	int fd = openat(directory(), MANIFEST_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0 && fd_write_all(fd, bytes) == 0);
	fd_close(fd);
}

/* The document with the digest that it should have; NULL where it is none. */
static char *put_right(struct span bytes)
{
	json_t *all = json_loadb(bytes.data, bytes.len, JSON_REJECT_DUPLICATES, NULL);
	char hex[MANIFEST_DIGEST_MAX], *text = NULL;
	uint8_t digest[MANIFEST_DIGEST_LEN];

	json_object_del(all, "digest");
	if (json_is_object(all))
		text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
	if (text) {
		crypto_generichash_blake2b(digest, sizeof(digest), (const uint8_t *)text,
					   strlen(text), NULL, 0);
		free(text);
		hex_encode((struct span){ digest, sizeof(digest) }, hex);
		assert(json_object_set_new(all, "digest", json_string(hex)) == 0);
		text = json_dumps(all, JSON_COMPACT);
	}
	json_decref(all);
	return text;
}

static void check(const struct manifest *m)
{
	struct complaint why = { 0 };
	struct manifest again;

	assert(m->tenant[0]);
	for (enum manifest_files i = 0; i < MANIFEST_FILE_COUNT; i++)
		assert(!m->files[i].name[0] || manifest_is_name_of(i, m->files[i].name));
	assert(m->files[MANIFEST_CATALOG].name[0] && m->files[MANIFEST_LIST].name[0]);
	assert(manifest_write(directory(), m) == 0);
	assert(manifest_read(directory(), &again, &why) == 0);
	assert(memcmp(m, &again, sizeof(again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaint why = { 0 };
	_cleanup_(freep) char *text = NULL;
	struct manifest m;
	struct span bytes;
	int r;

	if (!size)
		return 0;
	bytes = (struct span){ data + 1, size - 1 };
	(void)directory();
	text = data[0] % 2 ? NULL : put_right(bytes);
	put_file(text ? span_from_string(text) : bytes);
	r = manifest_read(directory(), &m, &why);
	assert(r == 0 || (r < 0 && why.error[0]));
	if (r == 0)
		check(&m);
	return 0;
}
