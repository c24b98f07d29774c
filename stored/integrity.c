/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/integrity.h"

static const char *const mismatches[CHECKSUM_COUNT] = {
#define CHECKSUM(SYMBOL, name, ...)                                                                \
	[CHECKSUM_##SYMBOL] = "The " name " you specified did not match the calculated checksum.",
	S3_CHECKSUMS(CHECKSUM)
#undef CHECKSUM
};

/* The checksum that comes with a list of parts is of the object to be, not of the list. */
static bool header_is_of_body(const struct s3_request *r)
{
	return r->checksum.algorithm != CHECKSUM_NONE &&
	       r->operation != S3_COMPLETE_MULTIPART_UPLOAD;
}

struct hasher_wants integrity_wants(const struct s3_request *r, enum checksum_algorithm otherwise)
{
	bool is_object = s3_operations[r->operation].body == S3_BODY_OBJECT;
	enum checksum_algorithm asked = is_object	       ? r->checksum_algorithm
					: header_is_of_body(r) ? r->checksum.algorithm
							       : CHECKSUM_NONE;

	return (struct hasher_wants){ .sha256 = r->payload == S3_PAYLOAD_SIGNED,
				      .checksum = asked != CHECKSUM_NONE ? asked : otherwise };
}

static int say(enum s3_error error, const char *sentence, const char **ret_detail)
{
	*ret_detail = sentence;
	return (int)error;
}

static int check_md5(const struct s3_request *r, const struct hashes *h, const char **ret_detail)
{
	uint8_t md5[HASH_MD5_LEN];

	if (!s3_request_content_md5(r, md5) || memcmp(md5, h->md5, sizeof(md5)) == 0)
		return 0;
	return say(S3_ERROR_BAD_DIGEST,
		   "The Content-MD5 you specified did not match what we received.", ret_detail);
}

static int check_checksum(const struct checksum_value *claimed, const struct hashes *h,
			  const char **ret_detail)
{
	if (checksum_equal(claimed, &h->checksum))
		return 0;
	return say(S3_ERROR_BAD_DIGEST, mismatches[claimed->algorithm], ret_detail);
}

static int check_trailer(const struct s3_request *r, const struct hashes *h, struct span trailer,
			 const char **ret_detail)
{
	struct checksum_value claimed;

	if (r->trailer == CHECKSUM_NONE)
		return 0;
	if (!trailer.len)
		return S3_ERROR_MALFORMED_TRAILER;
	if (!checksum_parse(r->trailer, trailer, &claimed))
		return say(S3_ERROR_INVALID_REQUEST,
			   "Value for the x-amz-checksum- trailing header is invalid.", ret_detail);
	return check_checksum(&claimed, h, ret_detail);
}

int integrity_check(const struct s3_request *r, const struct hashes *h, struct span trailer,
		    const char **ret_detail)
{
	int e = 0;

	if (r->payload == S3_PAYLOAD_SIGNED &&
	    memcmp(r->payload_sha256, h->sha256, sizeof(h->sha256)) != 0)
		return S3_ERROR_CONTENT_SHA256_MISMATCH;
	e = check_md5(r, h, ret_detail);
	if (!e && header_is_of_body(r))
		e = check_checksum(&r->checksum, h, ret_detail);
	return e ? e : check_trailer(r, h, trailer, ret_detail);
}
