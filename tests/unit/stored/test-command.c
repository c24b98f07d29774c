/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/command.h"

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "s3/encoding.h"

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static const char text[] = "<Delete><Object><Key>k</Key></Object></Delete>";
#define TEXT_LEN (sizeof(text) - 1)

static struct hash_methods methods;

static int make_memfd(int seals)
{
	int fd = memfd_create("command", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert(fd >= 0);
	assert(fd_write_all(fd, SPAN(text)) == 0);
	assert(fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

static void test_t77_each_of_the_four_seals_is_required(void)
{
	static const int seals[] = { F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE };
	int fd = make_memfd(ALL_SEALS);

	assert(command_is_sealed(fd, TEXT_LEN));
	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(seals); i++) {
		fd = make_memfd(ALL_SEALS & ~seals[i]);
		assert(!command_is_sealed(fd, TEXT_LEN));
		close(fd);
	}
}

static void test_t77_the_size_must_be_the_one_that_was_said(void)
{
	int fd = make_memfd(ALL_SEALS);

	assert(!command_is_sealed(fd, TEXT_LEN - 1));
	assert(!command_is_sealed(fd, TEXT_LEN + 1));
	assert(!command_is_sealed(fd, 0));
	close(fd);
}

static void test_t77_what_is_no_memfd_is_not_sealed(void)
{
	int fds[2], file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert(pipe2(fds, O_CLOEXEC) == 0);
	assert(!command_is_sealed(fds[0], 0));
	assert(file >= 0 && !command_is_sealed(file, 0));
	close(fds[0]);
	close(fds[1]);
	close(file);
}

static void test_t77_a_command_longer_than_any_may_be_is_refused(void)
{
	int fd = memfd_create("command", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert(ftruncate(fd, S3_COMMAND_MAX + 1) == 0);
	assert(fcntl(fd, F_ADD_SEALS, ALL_SEALS) == 0);
	assert(!command_is_sealed(fd, S3_COMMAND_MAX + 1));
	close(fd);
}

/* --- digests --------------------------------------------------------------------------------- */

static int read_with(const struct s3_request *r, bool *ret_got)
{
	_cleanup_(freep) uint8_t *bytes = NULL;
	const char *detail = NULL;
	int fd = make_memfd(ALL_SEALS);
	int e = command_read(fd, TEXT_LEN, r, &methods, &bytes, &detail);

	*ret_got = bytes && memcmp(bytes, text, TEXT_LEN) == 0;
	close(fd);
	return e;
}

static struct hashes hashes_of_text(enum checksum_algorithm a)
{
	struct hasher_wants wants = { .sha256 = true, .checksum = a };
	struct hashes h;

	assert(hash_bytes(&methods, &wants, SPAN(text), &h) == 0);
	return h;
}

static void test_t77_the_document_must_have_the_hash_that_was_signed(void)
{
	struct s3_request r = { .operation = S3_DELETE_OBJECTS, .payload = S3_PAYLOAD_SIGNED };
	struct hashes h = hashes_of_text(CHECKSUM_NONE);
	bool got;

	memcpy(r.payload_sha256, h.sha256, sizeof(h.sha256));
	assert(read_with(&r, &got) == 0 && got);
	r.payload_sha256[31] ^= 1;
	assert(read_with(&r, &got) == S3_ERROR_CONTENT_SHA256_MISMATCH && !got);
}

static void test_t77_content_md5_must_match(void)
{
	struct s3_request r = { .operation = S3_DELETE_OBJECTS, .payload = S3_PAYLOAD_UNSIGNED };
	struct hashes h = hashes_of_text(CHECKSUM_NONE);
	char base64[BASE64_TEXT_SIZE(16)];
	bool got;

	base64_encode((struct span){ h.md5, sizeof(h.md5) }, base64);
	r.headers[S3_HEADER_CONTENT_MD5] = span_from_string(base64);
	assert(read_with(&r, &got) == 0 && got);
	h.md5[0] ^= 1;
	base64_encode((struct span){ h.md5, sizeof(h.md5) }, base64);
	assert(read_with(&r, &got) == S3_ERROR_BAD_DIGEST && !got);
}

static void test_t77_every_checksum_must_match(void)
{
	bool got;

	for (enum checksum_algorithm a = CHECKSUM_NONE + 1; a < CHECKSUM_COUNT; a++) {
		struct s3_request r = { .operation = S3_DELETE_OBJECTS,
					.payload = S3_PAYLOAD_UNSIGNED,
					.checksum = hashes_of_text(a).checksum,
					.checksum_algorithm = a };

		assert(r.checksum.algorithm == a);
		assert(read_with(&r, &got) == 0 && got);
		r.checksum.bytes[0] ^= 1;
		assert(read_with(&r, &got) == S3_ERROR_BAD_DIGEST && !got);
	}
}

static void test_the_checksum_of_an_object_to_be_is_not_held_against_its_list_of_parts(void)
{
	struct s3_request r = { .operation = S3_COMPLETE_MULTIPART_UPLOAD,
				.payload = S3_PAYLOAD_UNSIGNED,
				.checksum = { .algorithm = CHECKSUM_CRC32 },
				.checksum_algorithm = CHECKSUM_CRC32 };
	bool got;

	assert(read_with(&r, &got) == 0 && got);
}

int main(void)
{
	assert(hash_methods_fetch(&methods) == 0);
	test_t77_each_of_the_four_seals_is_required();
	test_t77_the_size_must_be_the_one_that_was_said();
	test_t77_what_is_no_memfd_is_not_sealed();
	test_t77_a_command_longer_than_any_may_be_is_refused();
	test_t77_the_document_must_have_the_hash_that_was_signed();
	test_t77_content_md5_must_match();
	test_t77_every_checksum_must_match();
	test_the_checksum_of_an_object_to_be_is_not_held_against_its_list_of_parts();
	hash_methods_clear(&methods);
	return 0;
}
