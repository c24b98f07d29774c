/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The canonical form of a request's head, over which SigV4 signatures are made, from its raw bytes:
 * nothing that another part of Coffer decoded or dropped has a say in it. The path is decoded and
 * encoded once and not normalised, as S3 does it; parameters are ordered by what they are once
 * encoded.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 *
 * Two heads of the same canonical form must mean the same, or a broken frontend could change the
 * one into the other: where the parser in s3/ would see a difference, reading fails here or there.
 * What is left is SigV4's own: in a value any run of blanks counts as one space. In what names an
 * object the parser refuses such runs; in metadata it keeps them as they came.
 */

#include "base/buffer.h"
#include "s3/request.h"

#define CANONICAL_PARAMS_MAX 512

struct canonical_field {
	struct span name;	/* as it arrived */
	struct span value;	/* trimmed */
	bool is_signed;
};

struct canonical_param {
	struct span name;	/* decoded and encoded again: one text for one name */
	struct span value;
};

/* Filled by canonical_read() for one head after the other; borrows from the head. */
struct canonical {
	struct span method;
	size_t n_fields;
	size_t n_params;
	struct canonical_field fields[S3_FIELDS_MAX];
	struct canonical_param params[CANONICAL_PARAMS_MAX];	/* in canonical order */
	struct buffer decoded;		/* one piece at a time */
	struct buffer encoded;		/* what params borrow from */
	struct buffer path;
	struct buffer text;
};

void canonical_init(struct canonical *c);
void canonical_clear(struct canonical *c);

/*
 * Takes a head apart. 0; > 0: the enum s3_error for a head that no signature can make sense of
 * (INVALID_URI, INVALID_ARGUMENT, REQUEST_HEADER_SECTION_TOO_LARGE); -ENOMEM.
 */
must_check int canonical_read(struct canonical *c, const struct s3_head *head);

/* The only field of that name (any case), or SPAN_NONE; *ret_count says how many there are. */
struct span canonical_field(const struct canonical *c, struct span name, size_t *ret_count);

/* The same of a parameter, by its encoded name. The value is encoded, and empty without `=`. */
struct span canonical_param(const struct canonical *c, struct span name, size_t *ret_count);

enum canonical_outcome {
	CANONICAL_OK = 0,
	CANONICAL_MALFORMED,	/* SignedHeaders: not lower-case names in ascending order */
	CANONICAL_ABSENT,	/* a field that was signed did not come */
};

/*
 * The canonical request, with that list as SignedHeaders and that payload hash. Borrowed until the
 * next call. Afterwards canonical_unsigned() can be asked.
 */
must_check int canonical_write(struct canonical *c, struct span signed_headers,
			       struct span payload, struct span *ret);

/* The name of one that must be signed and is not: Host, or any x-amz-*. SPAN_NONE where all are. */
struct span canonical_unsigned(const struct canonical *c);
