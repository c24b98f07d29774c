/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/condition.h"

#include "s3/date.h"
#include "s3/etag.h"
#include "s3/request.h"

struct condition condition_of_request(const struct s3_request *r)
{
	return (struct condition){
		.if_match = r->headers[S3_HEADER_IF_MATCH],
		.if_none_match = r->headers[S3_HEADER_IF_NONE_MATCH],
		.if_modified_since = r->headers[S3_HEADER_IF_MODIFIED_SINCE],
		.if_unmodified_since = r->headers[S3_HEADER_IF_UNMODIFIED_SINCE],
	};
}

struct condition condition_of_source(const struct s3_request *r)
{
	return (struct condition){
		.if_match = r->headers[S3_HEADER_AMZ_COPY_SOURCE_IF_MATCH],
		.if_none_match = r->headers[S3_HEADER_AMZ_COPY_SOURCE_IF_NONE_MATCH],
		.if_modified_since = r->headers[S3_HEADER_AMZ_COPY_SOURCE_IF_MODIFIED_SINCE],
		.if_unmodified_since = r->headers[S3_HEADER_AMZ_COPY_SOURCE_IF_UNMODIFIED_SINCE],
	};
}

/* If-Match that holds outweighs If-Unmodified-Since that does not (RFC 9110, 13.2.2). */
static bool positive_holds(const struct condition *c, struct span etag, int64_t modified_s)
{
	int64_t date;

	if (!span_is_none(c->if_match))
		return etag_list_has(c->if_match, etag, false);
	return !date_parse_http(c->if_unmodified_since, &date) || modified_s <= date;
}

/* If-None-Match, where it was sent, decides alone as well. */
static bool negative_holds(const struct condition *c, struct span etag, int64_t modified_s)
{
	int64_t date;

	if (!span_is_none(c->if_none_match))
		return !etag_list_has(c->if_none_match, etag, true);
	return !date_parse_http(c->if_modified_since, &date) || modified_s > date;
}

int condition_read(const struct condition *c, struct span etag, int64_t modified_s)
{
	if (!positive_holds(c, etag, modified_s))
		return CONDITION_FAILED;
	return negative_holds(c, etag, modified_s) ? CONDITION_OK : CONDITION_NOT_MODIFIED;
}

int condition_source(const struct condition *c, struct span etag, int64_t modified_s)
{
	return positive_holds(c, etag, modified_s) && negative_holds(c, etag, modified_s)
		       ? CONDITION_OK
		       : CONDITION_FAILED;
}

int condition_write(const struct condition *c, struct span etag)
{
	if (span_is_none(etag))
		return span_is_none(c->if_match) ? CONDITION_OK : CONDITION_MISSING;
	if (!span_is_none(c->if_match) && !etag_list_has(c->if_match, etag, false))
		return CONDITION_FAILED;
	if (!span_is_none(c->if_none_match) && etag_list_has(c->if_none_match, etag, true))
		return CONDITION_FAILED;
	return CONDITION_OK;
}
