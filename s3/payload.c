/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/payload.h"

#include "s3/encoding.h"

static bool has(const struct s3_request *r, enum s3_header h)
{
	return !span_is_none(r->headers[h]);
}

/* The header, or in presigned requests the parameter; that both are there and differ is refused. */
static int find_content_sha256(const struct s3_request *r, struct span *ret,
			       const char **ret_detail)
{
	struct span header = r->headers[S3_HEADER_AMZ_CONTENT_SHA256];
	struct span param = r->params[S3_PARAM_AMZ_CONTENT_SHA256];

	if (!span_is_none(header) && !span_is_none(param) && !span_equal(header, param))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "x-amz-content-sha256 differs between header and query.",
				 ret_detail);
	*ret = span_is_none(header) ? param : header;
	return 0;
}

static int parse_mode(struct s3_request *r, const char **ret_detail)
{
	static const struct {
		const char *text;
		enum s3_payload payload;
	} modes[] = {
		{ "UNSIGNED-PAYLOAD", S3_PAYLOAD_UNSIGNED },
		{ "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", S3_PAYLOAD_STREAMING_SIGNED },
		{ "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
		  S3_PAYLOAD_STREAMING_SIGNED_TRAILER },
		{ "STREAMING-UNSIGNED-PAYLOAD-TRAILER", S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER },
	};
	struct span text;
	int e;

	e = find_content_sha256(r, &text, ret_detail);
	if (e)
		return e;
	if (span_is_none(text)) {
		if (span_starts_with(r->headers[S3_HEADER_AUTHORIZATION], SPAN("AWS4-HMAC-SHA256")))
			return s3_refuse(
				S3_ERROR_INVALID_REQUEST,
				"Missing required header for this request: x-amz-content-sha256",
				ret_detail);
		r->payload = S3_PAYLOAD_UNSIGNED;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (span_equal(text, span_from_string(modes[i].text))) {
			r->payload = modes[i].payload;
			return 0;
		}
	}
	if (span_starts_with(text, SPAN("STREAMING-AWS4-ECDSA-P256-SHA256-")))
		return S3_ERROR_NOT_IMPLEMENTED;
	if (!hex_decode(text, r->payload_sha256, sizeof(r->payload_sha256)))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
				 "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
				 "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
				 "STREAMING-UNSIGNED-PAYLOAD-TRAILER, or a valid sha256 value.",
				 ret_detail);
	r->payload = S3_PAYLOAD_SIGNED;
	return 0;
}

/* True if aws-chunked is one of the codings in the list. */
static bool has_framing(struct span codings)
{
	while (!span_is_none(codings)) {
		struct span coding;

		codings = span_cut(codings, ',', &coding);
		if (span_equal_nocase(span_trim(coding), SPAN("aws-chunked")))
			return true;
	}
	return false;
}

static int check_framing(const struct s3_request *r, const char **ret_detail)
{
	bool framed = s3_payload_is_framed(r->payload);
	enum s3_body body = s3_operations[r->operation].body;

	if (framed && body != S3_BODY_OBJECT)
		return s3_refuse(S3_ERROR_INVALID_REQUEST,
				 "A streaming payload is not accepted for this operation.",
				 ret_detail);
	/* Else the frames would be kept as if they were the object. */
	if (!framed && body == S3_BODY_OBJECT &&
	    has_framing(r->headers[S3_HEADER_CONTENT_ENCODING]))
		return s3_refuse(S3_ERROR_INVALID_REQUEST,
				 "aws-chunked requires a streaming value of x-amz-content-sha256.",
				 ret_detail);
	return 0;
}

/* The length of the body as HTTP has it: S3_LENGTH_UNKNOWN if it comes in chunks. */
static int parse_wire_length(const struct s3_request *r, bool *ret_given, uint64_t *ret,
			     const char **ret_detail)
{
	struct span coding = r->headers[S3_HEADER_TRANSFER_ENCODING];
	struct span length = r->headers[S3_HEADER_CONTENT_LENGTH];

	*ret_given = !span_is_none(coding) || !span_is_none(length);
	*ret = 0;
	if (!span_is_none(coding)) {
		if (!span_equal_nocase(coding, SPAN("chunked")))
			return S3_ERROR_NOT_IMPLEMENTED;
		if (!span_is_none(length))
			return s3_refuse(S3_ERROR_INVALID_REQUEST,
					 "Content-Length and Transfer-Encoding exclude each other.",
					 ret_detail);
		*ret = S3_LENGTH_UNKNOWN;
	} else if (!span_is_none(length) && !span_to_u64(length, ret)) {
		return s3_refuse(S3_ERROR_INVALID_REQUEST, "Content-Length is not a number.",
				 ret_detail);
	} else if (*ret == S3_LENGTH_UNKNOWN) {
		/* The number that stands for an unknown length is none that a client may claim. */
		return S3_ERROR_ENTITY_TOO_LARGE;
	}
	return 0;
}

static int parse_decoded_length(struct s3_request *r, const char **ret_detail)
{
	struct span decoded = r->headers[S3_HEADER_AMZ_DECODED_CONTENT_LENGTH];

	if (span_is_none(decoded))
		return s3_refuse(S3_ERROR_MISSING_CONTENT_LENGTH,
				 "You must provide the x-amz-decoded-content-length HTTP header.",
				 ret_detail);
	if (!span_to_u64(decoded, &r->length))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "x-amz-decoded-content-length is not a number.", ret_detail);
	return r->length > S3_PUT_MAX ? S3_ERROR_ENTITY_TOO_LARGE : 0;
}

static int parse_object_length(struct s3_request *r, bool given, uint64_t wire,
			       const char **ret_detail)
{
	if (s3_payload_is_framed(r->payload))
		return parse_decoded_length(r, ret_detail);
	if (!given)
		return S3_ERROR_MISSING_CONTENT_LENGTH;
	r->length = wire;
	return wire > S3_PUT_MAX && wire != S3_LENGTH_UNKNOWN ? S3_ERROR_ENTITY_TOO_LARGE : 0;
}

static int parse_command_length(struct s3_request *r, uint64_t wire)
{
	r->length = wire;
	if (wire > S3_COMMAND_MAX && wire != S3_LENGTH_UNKNOWN)
		return S3_ERROR_MAX_MESSAGE_LENGTH_EXCEEDED;
	if (wire || r->operation == S3_CREATE_BUCKET)
		return 0;
	/* To complete an upload with no document is to list no parts, and is told the same. */
	return r->operation == S3_COMPLETE_MULTIPART_UPLOAD ? S3_ERROR_MALFORMED_XML
							    : S3_ERROR_MISSING_REQUEST_BODY;
}

static int parse_length(struct s3_request *r, const char **ret_detail)
{
	uint64_t wire;
	bool given;
	int e;

	e = parse_wire_length(r, &given, &wire, ret_detail);
	if (e)
		return e;
	switch (s3_operations[r->operation].body) {
	case S3_BODY_NONE:
		r->length = 0;
		return 0;
	case S3_BODY_COMMAND:
		return parse_command_length(r, wire);
	case S3_BODY_OBJECT:
		return parse_object_length(r, given, wire, ret_detail);
	}
	return S3_ERROR_INTERNAL_ERROR;
}

static int parse_trailer(struct s3_request *r, const char **ret_detail)
{
	struct span announced = r->headers[S3_HEADER_AMZ_TRAILER];

	if (span_is_none(announced))
		return 0;
	if (!s3_payload_has_trailer(r->payload))
		return s3_refuse(
			S3_ERROR_INVALID_REQUEST,
			"x-amz-trailer requires a value of x-amz-content-sha256 with a trailer.",
			ret_detail);
	r->trailer = checksum_by_header(announced);
	if (r->trailer == CHECKSUM_NONE)
		return s3_refuse(S3_ERROR_INVALID_REQUEST,
				 "The value specified in the x-amz-trailer header is not supported",
				 ret_detail);
	return 0;
}

/*
 * CompleteMultipartUpload's checksum is not of its body but of the object to be, and of a composite
 * one may say how many parts: "base64-N". The number is checked against the parts by the store.
 */
static struct span without_parts(struct span value)
{
	struct span head, count = span_cut(value, '-', &head);
	uint64_t n;

	return !span_is_none(count) && span_to_u64(count, &n) ? head : value;
}

static int parse_checksum_header(struct s3_request *r, const char **ret_detail)
{
	static const enum s3_header headers[CHECKSUM_COUNT] = {
#define CHECKSUM(SYMBOL, ...) [CHECKSUM_##SYMBOL] = S3_HEADER_AMZ_CHECKSUM_##SYMBOL,
		S3_CHECKSUMS(CHECKSUM)
#undef CHECKSUM
	};

	for (unsigned int a = CHECKSUM_NONE + 1; a < CHECKSUM_COUNT; a++) {
		struct span value = r->headers[headers[a]];

		if (span_is_none(value))
			continue;
		if (r->checksum.algorithm != CHECKSUM_NONE || r->trailer != CHECKSUM_NONE)
			return s3_refuse(
				S3_ERROR_INVALID_REQUEST,
				"Expecting a single x-amz-checksum- header. Multiple checksum "
				"Types are not allowed.",
				ret_detail);
		if (r->operation == S3_COMPLETE_MULTIPART_UPLOAD)
			value = without_parts(value);
		if (!checksum_parse((enum checksum_algorithm)a, value, &r->checksum))
			return s3_refuse(S3_ERROR_INVALID_REQUEST,
					 "Value for x-amz-checksum- header is invalid.",
					 ret_detail);
	}
	r->checksum_algorithm = r->trailer != CHECKSUM_NONE ? r->trailer : r->checksum.algorithm;
	return 0;
}

/* x-amz-sdk-checksum-algorithm must name what is sent; x-amz-checksum-algorithm asks for one. */
static int parse_algorithms(struct s3_request *r, const char **ret_detail)
{
	struct span sdk = r->headers[S3_HEADER_AMZ_SDK_CHECKSUM_ALGORITHM];
	struct span asked = r->headers[S3_HEADER_AMZ_CHECKSUM_ALGORITHM];
	bool must_be_sent = s3_operations[r->operation].body == S3_BODY_OBJECT ||
			    r->operation == S3_DELETE_OBJECTS;
	enum checksum_algorithm sent = r->checksum_algorithm;

	if (!span_is_none(sdk) && must_be_sent) {
		if (checksum_by_name(sdk) == CHECKSUM_NONE)
			return s3_refuse(
				S3_ERROR_INVALID_REQUEST,
				"Value for x-amz-sdk-checksum-algorithm header is invalid.",
				ret_detail);
		if (checksum_by_name(sdk) != sent)
			return s3_refuse(
				S3_ERROR_INVALID_REQUEST,
				"x-amz-sdk-checksum-algorithm specified, but no corresponding "
				"x-amz-checksum-* or x-amz-trailer headers were found.",
				ret_detail);
	}
	if (span_is_none(asked))
		return 0;
	r->checksum_algorithm = checksum_by_name(asked);
	if (r->checksum_algorithm == CHECKSUM_NONE ||
	    (sent != CHECKSUM_NONE && sent != r->checksum_algorithm))
		return s3_refuse(
			S3_ERROR_INVALID_REQUEST,
			"Checksum algorithm provided is unsupported. Please try again with any "
			"of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
			ret_detail);
	return 0;
}

/* x-amz-checksum-type, against what the algorithm can do. */
static int check_checksum_type(const struct s3_request *r, const char **ret_detail)
{
	struct span text = r->headers[S3_HEADER_AMZ_CHECKSUM_TYPE];
	const struct checksum_row *row = &checksum_rows[r->checksum_algorithm];

	if (span_is_none(text))
		return 0;
	if (!span_equal_nocase(text, SPAN("FULL_OBJECT")) &&
	    !span_equal_nocase(text, SPAN("COMPOSITE")))
		return s3_refuse(S3_ERROR_INVALID_REQUEST,
				 "Value for x-amz-checksum-type header is invalid.", ret_detail);
	if (r->operation != S3_CREATE_MULTIPART_UPLOAD)
		return 0;
	if (r->checksum_algorithm == CHECKSUM_NONE)
		return s3_refuse(S3_ERROR_INVALID_REQUEST,
				 "The x-amz-checksum-type header can only be used with the "
				 "x-amz-checksum-algorithm header.",
				 ret_detail);
	if (span_equal_nocase(text, SPAN("COMPOSITE")) ? !row->composite : !row->full_object)
		return s3_refuse(S3_ERROR_INVALID_REQUEST,
				 "The checksum type cannot be used with this checksum algorithm.",
				 ret_detail);
	return 0;
}

static int check_digest(const struct s3_request *r, const char **ret_detail)
{
	uint8_t md5[16];

	if (has(r, S3_HEADER_CONTENT_MD5) && !s3_request_content_md5(r, md5))
		return s3_refuse(S3_ERROR_INVALID_DIGEST,
				 "The Content-MD5 you specified is not valid.", ret_detail);
	/* A list of what is to be deleted must not arrive with a bit flipped. */
	if (r->operation == S3_DELETE_OBJECTS && !has(r, S3_HEADER_CONTENT_MD5) &&
	    r->checksum.algorithm == CHECKSUM_NONE)
		return s3_refuse(S3_ERROR_INVALID_REQUEST,
				 "Missing required header for this request: Content-MD5 OR "
				 "x-amz-checksum-*",
				 ret_detail);
	return 0;
}

int payload_parse(struct s3_request *r, const char **ret_detail)
{
	static int (*const parsers[])(struct s3_request *, const char **) = {
		parse_length,
		parse_trailer,
		parse_checksum_header,
		parse_algorithms,
	};
	int e;

	e = parse_mode(r, ret_detail);
	if (!e)
		e = check_framing(r, ret_detail);
	for (size_t i = 0; !e && i < ARRAY_SIZE(parsers); i++)
		e = parsers[i](r, ret_detail);
	if (!e)
		e = check_checksum_type(r, ret_detail);
	return e ? e : check_digest(r, ret_detail);
}
