/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/claim.h"

#include <stdarg.h>
#include <stdio.h>

#include "s3/date.h"
#include "s3/encoding.h"
#include "s3/uri.h"

#define MALFORMED "The authorization header is malformed; "
#define ONE_MECHANISM                                                                              \
	"Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "    \
	"query string parameter or the Authorization header should be specified"
#define ALL_PARAMETERS                                                                             \
	"Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "   \
	"X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters, each "    \
	"once."

static int say(struct claim *m, enum s3_error error, const char *format, ...) printf_like(3, 4);
static int say(struct claim *m, enum s3_error error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(m->detail, sizeof(m->detail), format, args);
	va_end(args);
	return (int)error;
}

/* A mistake in the credentials has one code in the header and another in the query. */
static int malformed(struct claim *m, const char *format, ...) printf_like(2, 3);
static int malformed(struct claim *m, const char *format, ...)
{
	char sentence[192];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (m->presigned)
		return say(m, S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR, "%s", sentence);
	return say(m, S3_ERROR_AUTHORIZATION_HEADER_MALFORMED, MALFORMED "%s", sentence);
}

static bool is_visible(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (span_bytes(s)[i] <= ' ' || span_bytes(s)[i] >= 0x7f)
			return false;
	return s.len > 0;
}

/* <access key>/<day>/<region>/<service>/aws4_request */
static int read_credential(struct claim *m, struct span text)
{
	struct span rest = span_cut(text, '/', &m->access_key), service;
	const char *wanted = sigv4_services[m->service];

	m->scope.text = rest;
	rest = span_cut(rest, '/', &m->day);
	rest = span_cut(rest, '/', &m->region);
	rest = span_cut(rest, '/', &service);
	if (!is_visible(m->access_key) || m->access_key.len > CLAIM_KEY_MAX ||
	    m->day.len != SIGV4_DAY_LEN || !is_visible(m->region) ||
	    !span_equal(rest, SPAN("aws4_request")))
		return malformed(m,
				 "the Credential must be "
				 "\"<access key id>/YYYYMMDD/<region>/%s/aws4_request\".",
				 wanted);
	if (m->region.len > SIGV4_REGION_MAX)
		return malformed(m, "the region is too long.");
	if (!span_equal(service, span_from_string(wanted)))
		return malformed(m, "the service in the Credential must be \"%s\".", wanted);
	return 0;
}

static void set_time(struct claim *m, int64_t s)
{
	char text[DATE_TEXT_MAX];

	m->time_s = s;
	date_format_basic(s, text);
	memcpy(m->time, text, sizeof(m->time));
	m->scope.time = (struct span){ m->time, SIGV4_TIME_LEN };
}

/* --- in the Authorization header ---------------------------------------------------------- */

/* `Credential=..., SignedHeaders=..., Signature=...`: each once, in any order. */
static int read_members(struct claim *m, struct span rest)
{
	struct span credential = SPAN_NONE, signature = SPAN_NONE, member, name, value;

	while (!span_is_none(rest)) {
		struct span *slot;

		rest = span_cut(rest, ',', &member);
		value = span_cut(span_trim(member), '=', &name);
		if (span_equal(name, SPAN("Credential")))
			slot = &credential;
		else if (span_equal(name, SPAN("SignedHeaders")))
			slot = &m->signed_headers;
		else if (span_equal(name, SPAN("Signature")))
			slot = &signature;
		else
			return malformed(m, "it has a member that it should not have.");
		if (!span_is_none(*slot))
			return malformed(m, "a member stands in it twice.");
		*slot = value;
	}
	if (span_is_none(credential) || span_is_none(m->signed_headers) ||
	    !hex_decode(signature, m->signature, sizeof(m->signature)))
		return malformed(m, "it must have Credential, SignedHeaders and a Signature of "
				    "64 hexadecimal digits.");
	return read_credential(m, credential);
}

/* x-amz-date, or in its absence Date; either may have either form. */
static int read_header_time(struct claim *m, const struct canonical *c)
{
	size_t n_amz, n_date;
	struct span amz = canonical_field(c, SPAN("x-amz-date"), &n_amz);
	struct span date = canonical_field(c, SPAN("date"), &n_date);
	struct span text = n_amz ? amz : date;
	int64_t s;

	if (!date_parse_basic(text, &s) && !date_parse_http(text, &s))
		return say(m, S3_ERROR_ACCESS_DENIED,
			   "AWS authentication requires a valid Date or x-amz-date header");
	set_time(m, s);
	return 0;
}

/* Signature versions 2 and 4A are S3's own, and their clients can be told what to use instead. */
static int name_mechanism(struct claim *m, struct span algorithm)
{
	if (span_equal(algorithm, SPAN("AWS")) ||
	    span_equal(algorithm, SPAN("AWS4-ECDSA-P256-SHA256")))
		return S3_ERROR_UNSUPPORTED_SIGNATURE;
	return say(m, S3_ERROR_INVALID_ARGUMENT, "%s",
		   "Unsupported Authorization Type. Please use " SIGV4_ALGORITHM ".");
}

static int read_header(struct claim *m, const struct canonical *c, struct span text)
{
	struct span algorithm, rest = span_cut(text, ' ', &algorithm);
	size_t count;
	int e;

	if (!span_equal(algorithm, SPAN(SIGV4_ALGORITHM)))
		return name_mechanism(m, algorithm);
	e = read_members(m, rest);
	if (e)
		return e;
	m->payload = canonical_field(c, SPAN("x-amz-content-sha256"), &count);
	if (count != 1)
		return say(m, S3_ERROR_INVALID_REQUEST,
			   "Missing required header for this request: x-amz-content-sha256");
	return read_header_time(m, c);
}

/* --- in the query ------------------------------------------------------------------------- */

static bool read_param(const struct canonical *c, struct buffer *decoded, struct span name,
		       struct span *ret)
{
	size_t count, start = decoded->len;
	struct span encoded = canonical_param(c, name, &count);

	if (count != 1 || !encoded.len || !uri_decode(decoded, encoded, false))
		return false;
	*ret = span_skip(buffer_span(decoded), start);
	return true;
}

static int read_expiry(struct claim *m, struct span text)
{
	if (!span_to_u64(text, &m->expires_s) || m->expires_s == 0)
		return malformed(m, "X-Amz-Expires should be a positive number");
	if (m->expires_s > CLAIM_EXPIRES_MAX_S)
		return malformed(m, "X-Amz-Expires must be less than a week (in seconds); that is, "
				    "the given X-Amz-Expires must be less than 604800 seconds");
	return 0;
}

/* The payload of a presigned request is unsigned unless the one who signed it said otherwise. */
static void read_presigned_payload(struct claim *m, const struct canonical *c,
				   struct buffer *decoded)
{
	size_t count;

	m->payload = canonical_field(c, SPAN("x-amz-content-sha256"), &count);
	if (!count && !read_param(c, decoded, SPAN("X-Amz-Content-Sha256"), &m->payload))
		m->payload = SPAN("UNSIGNED-PAYLOAD");
}

static int read_query(struct claim *m, const struct canonical *c, struct buffer *decoded)
{
	struct span algorithm, credential, date, expires, signature;
	int64_t s;
	int e;

	m->presigned = true;
	/* What is decoded is never longer; borrowed spans must not move. */
	if (!buffer_reserve(decoded, c->encoded.len))
		return -ENOMEM;
	if (!read_param(c, decoded, SPAN("X-Amz-Algorithm"), &algorithm) ||
	    !read_param(c, decoded, SPAN("X-Amz-Credential"), &credential) ||
	    !read_param(c, decoded, SPAN("X-Amz-Date"), &date) ||
	    !read_param(c, decoded, SPAN("X-Amz-Expires"), &expires) ||
	    !read_param(c, decoded, SPAN("X-Amz-SignedHeaders"), &m->signed_headers) ||
	    !read_param(c, decoded, SPAN("X-Amz-Signature"), &signature))
		return malformed(m, ALL_PARAMETERS);
	if (!span_equal(algorithm, SPAN(SIGV4_ALGORITHM)))
		return malformed(m, "X-Amz-Algorithm only supports \"" SIGV4_ALGORITHM "\"");
	e = read_credential(m, credential);
	if (!e)
		e = read_expiry(m, expires);
	if (e)
		return e;
	if (!date_parse_basic(date, &s))
		return malformed(m, "X-Amz-Date must be in the ISO8601 Long Format "
				    "\"yyyyMMdd'T'HHmmss'Z'\"");
	if (!hex_decode(signature, m->signature, sizeof(m->signature)))
		return malformed(m, "X-Amz-Signature must be 64 hexadecimal digits.");
	set_time(m, s);
	read_presigned_payload(m, c, decoded);
	return 0;
}

/* --- which of them ------------------------------------------------------------------------ */

static bool has_param(const struct canonical *c, struct span name)
{
	size_t count;

	canonical_param(c, name, &count);
	return count > 0;
}

int claim_read(const struct canonical *c, enum sigv4_service service, struct buffer *decoded,
	       struct claim *ret)
{
	struct claim *m = ret;
	size_t n_headers;
	struct span header = canonical_field(c, SPAN("authorization"), &n_headers);
	bool v4 = has_param(c, SPAN("X-Amz-Algorithm")) || has_param(c, SPAN("X-Amz-Credential")) ||
		  has_param(c, SPAN("X-Amz-Signature"));
	bool v2 = has_param(c, SPAN("AWSAccessKeyId")) || has_param(c, SPAN("Signature"));

	*m = (struct claim){ .service = service };
	buffer_reset(decoded);
	/* An empty field is what some clients send who have no credentials. */
	if (n_headers == 1 && !header.len)
		n_headers = 0;
	if (n_headers + v4 + v2 > 1)
		return say(m, S3_ERROR_INVALID_ARGUMENT, "%s", ONE_MECHANISM);
	if (n_headers)
		return read_header(m, c, header);
	if (v4)
		return read_query(m, c, decoded);
	m->absent = !v2;
	return v2 ? S3_ERROR_UNSUPPORTED_SIGNATURE : S3_ERROR_ACCESS_DENIED;
}

/* --- clock and region --------------------------------------------------------------------- */

static int check_time(struct claim *m, int64_t now_s)
{
	if (!m->presigned) {
		if (m->time_s < now_s - CLAIM_SKEW_S || m->time_s > now_s + CLAIM_SKEW_S)
			return S3_ERROR_REQUEST_TIME_TOO_SKEWED;
		return 0;
	}
	if (m->time_s > now_s + CLAIM_SKEW_S)
		return say(m, S3_ERROR_ACCESS_DENIED, "Request is not valid yet");
	if (now_s > m->time_s + (int64_t)m->expires_s)
		return S3_ERROR_REQUEST_EXPIRED;
	return 0;
}

static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_bytes(s)[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

int claim_check(struct claim *m, int64_t now_s, const char *region)
{
	if (!span_equal(m->day, span_first(m->scope.time, SIGV4_DAY_LEN)))
		return malformed(m, "the day in the Credential is not that of the date.");
	if (region && !span_equal(m->region, span_from_string(region))) {
		struct span shown = is_plain(m->region) ? m->region : SPAN("?");

		return say(m,
			   m->presigned ? S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR
					: S3_ERROR_AUTHORIZATION_HEADER_MALFORMED,
			   "%sthe region '%.*s' is wrong; expecting '%s'",
			   m->presigned ? "Error parsing the X-Amz-Credential parameter; "
					: MALFORMED,
			   (int)shown.len, (const char *)shown.data, region);
	}
	return check_time(m, now_s);
}
