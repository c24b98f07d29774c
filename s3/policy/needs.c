/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/needs.h"

#include <assert.h>

struct needs {
	struct policy_need *all;
	size_t count;
};

static void add(struct needs *n, struct span action, struct span bucket, struct span key)
{
	assert(n->count < POLICY_NEEDS_MAX);
	n->all[n->count++] = (struct policy_need){ action, bucket, key };
}

/* What the action on an object is called on a version that is named. */
static struct span action_of(const char *action, bool of_version)
{
	static const struct {
		const char *plain;
		const char *of_version;
	} pairs[] = {
		{ "s3:DeleteObject", "s3:DeleteObjectVersion" },
		{ "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging" },
		{ "s3:GetObject", "s3:GetObjectVersion" },
		{ "s3:GetObjectAcl", "s3:GetObjectVersionAcl" },
		{ "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes" },
		{ "s3:GetObjectTagging", "s3:GetObjectVersionTagging" },
		{ "s3:PutObjectAcl", "s3:PutObjectVersionAcl" },
		{ "s3:PutObjectTagging", "s3:PutObjectVersionTagging" },
	};

	for (size_t i = 0; of_version && i < ARRAY_SIZE(pairs); i++)
		if (!strcmp(action, pairs[i].plain))
			return span_from_string(pairs[i].of_version);
	return span_from_string(action);
}

static void add_own(struct needs *n, const struct s3_request *r)
{
	bool of_version = !span_is_none(r->params[S3_PARAM_VERSION_ID]);
	const char *action = r->operation == S3_GET_BUCKET_CONFIGURATION
				     ? s3_configurations[r->configuration].action
				     : s3_operations[r->operation].action;

	add(n, action_of(action, of_version), r->bucket, r->key);
	/* Attributes are some of what reading tells. */
	if (r->operation == S3_GET_OBJECT_ATTRIBUTES)
		add(n, action_of("s3:GetObject", of_version), r->bucket, r->key);
}

static bool has(const struct s3_request *r, enum s3_header h)
{
	return !span_is_none(r->headers[h]);
}

/* What everything has anyway is not set by saying so. */
static bool sets_acl(const struct s3_request *r)
{
	return (has(r, S3_HEADER_AMZ_ACL) &&
		!span_equal(r->headers[S3_HEADER_AMZ_ACL], SPAN("private"))) ||
	       has(r, S3_HEADER_AMZ_GRANT_FULL_CONTROL) || has(r, S3_HEADER_AMZ_GRANT_READ) ||
	       has(r, S3_HEADER_AMZ_GRANT_READ_ACP) || has(r, S3_HEADER_AMZ_GRANT_WRITE) ||
	       has(r, S3_HEADER_AMZ_GRANT_WRITE_ACP);
}

static void add_of_object(struct needs *n, const struct s3_request *r)
{
	if (strcmp(s3_operations[r->operation].action, "s3:PutObject"))
		return;
	if (sets_acl(r))
		add(n, SPAN("s3:PutObjectAcl"), r->bucket, r->key);
	if (has(r, S3_HEADER_AMZ_TAGGING))
		add(n, SPAN("s3:PutObjectTagging"), r->bucket, r->key);
	if (has(r, S3_HEADER_AMZ_OBJECT_LOCK_MODE) ||
	    has(r, S3_HEADER_AMZ_OBJECT_LOCK_RETAIN_UNTIL_DATE))
		add(n, SPAN("s3:PutObjectRetention"), r->bucket, r->key);
	if (has(r, S3_HEADER_AMZ_OBJECT_LOCK_LEGAL_HOLD))
		add(n, SPAN("s3:PutObjectLegalHold"), r->bucket, r->key);
}

/* An ETag that fits, or does not, tells of an object what reading tells; that there is one does not. */
static void add_of_condition(struct needs *n, const struct s3_request *r)
{
	bool compares = has(r, S3_HEADER_IF_MATCH) &&
			!span_equal(r->headers[S3_HEADER_IF_MATCH], SPAN("*"));

	if (compares && (r->operation == S3_PUT_OBJECT || r->operation == S3_COPY_OBJECT ||
			 r->operation == S3_COMPLETE_MULTIPART_UPLOAD ||
			 r->operation == S3_DELETE_OBJECT))
		add(n, SPAN("s3:GetObject"), r->bucket, r->key);
}

static void add_of_bucket(struct needs *n, const struct s3_request *r)
{
	if (r->operation != S3_CREATE_BUCKET)
		return;
	if (sets_acl(r))
		add(n, SPAN("s3:PutBucketAcl"), r->bucket, SPAN_NONE);
	if (has(r, S3_HEADER_AMZ_OBJECT_OWNERSHIP))
		add(n, SPAN("s3:PutBucketOwnershipControls"), r->bucket, SPAN_NONE);
	if (has(r, S3_HEADER_AMZ_BUCKET_OBJECT_LOCK_ENABLED)) {
		add(n, SPAN("s3:PutBucketObjectLockConfiguration"), r->bucket, SPAN_NONE);
		add(n, SPAN("s3:PutBucketVersioning"), r->bucket, SPAN_NONE);
	}
}

size_t policy_needs_of_request(const struct s3_request *r,
			       struct policy_need ret[static POLICY_NEEDS_MAX])
{
	struct needs n = { .all = ret };

	if (r->operation == S3_DELETE_OBJECTS)
		return 0;
	add_own(&n, r);
	add_of_object(&n, r);
	add_of_condition(&n, r);
	add_of_bucket(&n, r);
	if (s3_operations[r->operation].copy_source)
		add(&n, action_of("s3:GetObject", !span_is_none(r->source_version)),
		    r->source_bucket, r->source_key);
	return n.count;
}

struct policy_need policy_need_of_delete(struct span bucket, struct span key, bool of_version)
{
	return (struct policy_need){ action_of("s3:DeleteObject", of_version), bucket, key };
}
