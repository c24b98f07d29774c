/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/target.h"

#include "s3/errors.h"
#include "s3/names.h"
#include "s3/request.h"
#include "s3/uri.h"

int target_split(struct span raw, struct target *ret)
{
	struct target t;

	if (!raw.len || raw.len > S3_TARGET_MAX || span_bytes(raw)[0] != '/')
		return S3_ERROR_INVALID_URI;
	/* Bytes over 0x7f are tolerated: some clients send UTF-8 as it is. */
	for (size_t i = 0; i < raw.len; i++)
		if (span_bytes(raw)[i] <= ' ' || span_bytes(raw)[i] == 0x7f)
			return S3_ERROR_INVALID_URI;
	t.query = span_cut(raw, '?', &t.path);
	*ret = t;
	return 0;
}

bool query_next(struct span *rest, struct span *ret_name, struct span *ret_value)
{
	while (!span_is_none(*rest)) {
		struct span one;

		*rest = span_cut(*rest, '&', &one);
		if (!one.len)
			continue;
		*ret_value = span_cut(one, '=', ret_name);
		return true;
	}
	return false;
}

/* Decodes into the buffer's end; what comes back is borrowed from there. */
static bool decode(struct buffer *decoded, struct span raw, struct span *ret)
{
	size_t start = decoded->len;

	if (!uri_decode(decoded, raw, false))
		return false;
	*ret = decoded->len > start ? span_skip(buffer_span(decoded), start) : SPAN("");
	return true;
}

/* `name:port` without the port, and without the dot that may end a full domain name. */
static struct span host_name(struct span host)
{
	size_t n = host.len;

	while (n && span_bytes(host)[n - 1] >= '0' && span_bytes(host)[n - 1] <= '9')
		n--;
	if (n && span_bytes(host)[n - 1] == ':')
		host.len = n - 1;
	if (host.len && span_bytes(host)[host.len - 1] == '.')
		host.len--;
	return host;
}

/*
 * What stands before a base domain in a host, or SPAN_NONE. A host that is itself a base domain has
 * no bucket in it, even if it also lies under a shorter one; otherwise the longest domain wins.
 */
static struct span host_bucket(struct span host, const char *const *domains)
{
	struct span bucket = SPAN_NONE;

	for (; domains && *domains; domains++) {
		struct span domain = span_from_string(*domains), tail;

		if (span_equal_nocase(host, domain))
			return SPAN_NONE;
		if (host.len <= domain.len)
			continue;
		tail = span_skip(host, host.len - domain.len - 1);
		if (span_bytes(tail)[0] != '.' || !span_equal_nocase(span_skip(tail, 1), domain))
			continue;
		if (span_is_none(bucket) || host.len - tail.len < bucket.len)
			bucket = span_first(host, host.len - tail.len);
	}
	return bucket;
}

/* Names of hosts have no case; buckets have no capitals. */
static struct span lower_case(struct buffer *decoded, struct span s)
{
	uint8_t *to = buffer_reserve(decoded, s.len);

	if (!to)
		return s;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_bytes(s)[i];

		to[i] = ascii_lower(c);
	}
	buffer_commit(decoded, s.len);
	return (struct span){ to, s.len };
}

/* The key behind the bucket: nothing means that the path names the bucket itself. */
static int locate_key(struct span raw, struct buffer *decoded, struct place *place)
{
	place->level = S3_LEVEL_BUCKET;
	if (!raw.len)
		return 0;
	place->level = S3_LEVEL_OBJECT;
	if (!decode(decoded, raw, &place->key))
		return S3_ERROR_INVALID_URI;
	return key_check(place->key);
}

int target_locate(struct span path, struct span host, const char *const *domains,
		  struct buffer *decoded, struct place *ret)
{
	struct place place = { .level = S3_LEVEL_SERVICE };
	struct span rest = span_skip(path, 1), bucket;
	int r;

	bucket = host_bucket(host_name(host), domains);
	if (!span_is_none(bucket)) {
		place.bucket = lower_case(decoded, bucket);
		place.virtual_host = true;
	} else if (rest.len) {
		rest = span_cut(rest, '/', &bucket);
		if (!decode(decoded, bucket, &place.bucket))
			return S3_ERROR_INVALID_URI;
	} else {
		*ret = place;
		return 0;
	}
	if (!bucket_name_is_valid(place.bucket))
		return S3_ERROR_INVALID_BUCKET_NAME;
	r = locate_key(rest, decoded, &place);
	if (r)
		return r;
	*ret = place;
	return 0;
}

/*
 * The version is all that a `?` can start: any other one is part of a key that its client did not
 * encode. The value ends the header, so the first is as good as the last.
 */
static struct span cut_version(struct span *value)
{
	static const char marker[] = "?versionId=";
	const uint8_t *at = memmem(value->data, value->len, marker, sizeof(marker) - 1);
	struct span version;

	if (!at)
		return SPAN_NONE;
	version = span_skip(*value, (size_t)(at - span_bytes(*value)) + sizeof(marker) - 1);
	value->len = (size_t)(at - span_bytes(*value));
	return version;
}

/* Signatures count any number of blanks for one space. A key may not depend on how many there are. */
static bool is_ambiguous(struct span s)
{
	const uint8_t *b = s.data;

	for (size_t i = 0; i < s.len; i++)
		if (b[i] == '\t' || (i && b[i] == ' ' && b[i - 1] == ' '))
			return true;
	return false;
}

int target_locate_source(struct span value, struct buffer *decoded, struct place *ret,
			 struct span *ret_version)
{
	struct place place = { .level = S3_LEVEL_OBJECT };
	struct span version;
	int r;

	if (is_ambiguous(value))
		return S3_ERROR_INVALID_ARGUMENT;
	version = cut_version(&value);
	if (span_starts_with_nocase(value, SPAN("arn:")))
		return S3_ERROR_NOT_IMPLEMENTED;
	/* The whole is encoded once: some clients encode the slash behind the bucket too. */
	if (!decode(decoded, value, &value))
		return S3_ERROR_INVALID_URI;
	if (value.len && span_bytes(value)[0] == '/')
		value = span_skip(value, 1);
	place.key = span_cut(value, '/', &place.bucket);
	if (!place.key.len)
		return S3_ERROR_INVALID_ARGUMENT;
	if (!bucket_name_is_valid(place.bucket))
		return S3_ERROR_INVALID_BUCKET_NAME;
	r = key_check(place.key);
	if (r)
		return r;
	if (!span_is_none(version) && (!version.len || !decode(decoded, version, &version)))
		return S3_ERROR_INVALID_ARGUMENT;
	*ret = place;
	*ret_version = version;
	return 0;
}
