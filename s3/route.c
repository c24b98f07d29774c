/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/route.h"

#include "s3/errors.h"

/*
 * Every subresource of the S3 API, of buckets and of objects. Other parameters modify an operation
 * or mean nothing; one of these makes it another operation.
 */
static const char *const subresources[] = {
	"abac",
	"accelerate",
	"acl",
	"analytics",
	"attributes",
	"cors",
	"delete",
	"encryption",
	"intelligent-tiering",
	"inventory",
	"legal-hold",
	"lifecycle",
	"location",
	"logging",
	"metadataConfiguration",
	"metadataInventoryTable",
	"metadataJournalTable",
	"metadataTable",
	"metrics",
	"notification",
	"object-lock",
	"ownershipControls",
	"policy",
	"policyStatus",
	"publicAccessBlock",
	"renameObject",
	"replication",
	"requestPayment",
	"restore",
	"retention",
	"select",
	"session",
	"tagging",
	"torrent",
	"uploadId",
	"uploads",
	"versioning",
	"versions",
	"website",
};

static const char *const method_names[S3_METHOD_COUNT] = {
	[S3_METHOD_GET] = "GET",   [S3_METHOD_HEAD] = "HEAD",	  [S3_METHOD_PUT] = "PUT",
	[S3_METHOD_POST] = "POST", [S3_METHOD_DELETE] = "DELETE",
};

const char *route_subresource(struct span name)
{
	for (size_t i = 0; i < ARRAY_SIZE(subresources); i++)
		if (span_equal(name, span_from_string(subresources[i])))
			return subresources[i];
	return NULL;
}

static enum s3_configuration find_configuration(const char *subresource)
{
	unsigned int i = 0;

	while (i < S3_CONFIGURATION_COUNT && strcmp(s3_configurations[i].subresource, subresource))
		i++;
	return (enum s3_configuration)i;
}

/*
 * Of ACLs too: s3cmd writes back the one that it read, and goes on without only where it is told
 * that this is not implemented.
 */
static bool is_read_only(const char *subresource)
{
	return find_configuration(subresource) != S3_CONFIGURATION_COUNT ||
	       !strcmp(subresource, "acl");
}

/* Whether the row's selector is what the query selects; a second required parameter comes later. */
static bool is_selected(const struct s3_operation_row *row, const struct route *route)
{
	/* Nothing hangs on `/` but the list of buckets; clients probe it with `?location`. */
	if (row->level == S3_LEVEL_SERVICE || !*row->selector)
		return row->level == S3_LEVEL_SERVICE || !route->subresource;
	if (*row->selector == '<')
		return route->subresource &&
		       find_configuration(route->subresource) != S3_CONFIGURATION_COUNT;
	if (*row->value && *row->value != '&') {
		enum s3_param p = s3_param_find(span_from_string(row->selector));

		return !route->subresource &&
		       span_equal(route->params[p], span_from_string(row->value));
	}
	return route->subresource && !strcmp(row->selector, route->subresource);
}

static bool has_second(const struct s3_operation_row *row, const struct route *route)
{
	enum s3_param p;

	if (*row->value != '&')
		return true;
	p = s3_param_find(span_from_string(row->value + 1));
	return !span_is_none(route->params[p]);
}

/* What to say where no row served it; `selected` if one would have with another method. */
static int refuse(const struct route *route, bool selected)
{
	bool is_post = span_equal(route->method, SPAN("POST"));

	/* Only reading is there of these; setting and deleting them is to come. */
	if (route->subresource && (!selected || is_read_only(route->subresource)))
		return S3_ERROR_NOT_IMPLEMENTED;
	/* The upload from a browser's form. */
	if (is_post && route->level == S3_LEVEL_BUCKET && !route->subresource)
		return S3_ERROR_NOT_IMPLEMENTED;
	return S3_ERROR_METHOD_NOT_ALLOWED;
}

int route_find(const struct route *route, enum s3_operation *ret,
	       enum s3_configuration *ret_configuration, const char **ret_detail)
{
	const char *near_miss = NULL;
	bool selected = false;

	for (unsigned int i = 0; i < S3_OPERATION_COUNT; i++) {
		const struct s3_operation_row *row = &s3_operations[i];

		if (row->level != route->level || !is_selected(row, route))
			continue;
		selected = true;
		if (!span_equal(route->method, span_from_string(method_names[row->method])))
			continue;
		if (!has_second(row, route)) {
			near_miss = "This operation requires uploadId and partNumber.";
			continue;
		}
		if (route->copy_source != (row->copy_source == 1)) {
			near_miss = "You can only specify a copy source header for copy requests.";
			continue;
		}
		if (i == S3_GET_BUCKET_CONFIGURATION)
			*ret_configuration = find_configuration(route->subresource);
		*ret = (enum s3_operation)i;
		return 0;
	}
	if (near_miss)
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT, near_miss, ret_detail);
	return refuse(route, selected);
}
