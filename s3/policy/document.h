/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A policy of IAM's language, compiled from its JSON: one that says what an identity may do (authd has
 * those), or one that says who may do what with a bucket (stored has those). To parse it is to check it:
 * what cannot be meant is refused with a sentence.
 *
 * A policy travels and is stored as its JSON, without white space: it is the one form that is bounded by
 * what the user sees, outlives every enum here, and is checked again by whoever reads it. To compile 6 KiB
 * of it takes some 0.15 ms and 20 KB, so whoever is asked often keeps the compiled form.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */

#include "s3/policy/condition.h"

#define POLICY_IDENTITY_SIZE 6144		/* characters, of IAM's managed policies; not counted: white space between parts */
#define POLICY_BUCKET_SIZE (20 * KIB)		/* bytes: of S3's bucket policies */
#define POLICY_TEXT_MAX (64 * KIB)		/* bytes of any policy, white space and all */

#define POLICY_DEPTH_MAX 6			/* the list of a condition's values is the deepest */
#define POLICY_STATEMENTS_MAX 256
#define POLICY_ITEMS_MAX 512			/* in one list: actions, resources, principals, values */
#define POLICY_CONDITIONS_MAX 64		/* in one statement */

enum policy_kind {
	POLICY_IDENTITY,
	POLICY_BUCKET,
};

struct policy_rules {
	enum policy_kind kind;
	struct span bucket;	/* for POLICY_BUCKET: whose it is */
	size_t size_max;	/* for POLICY_IDENTITY: POLICY_IDENTITY_SIZE, or what the operator said */
	bool is_put;		/* by somebody just now: also refused is what was accepted in former times */
};

enum policy_named_kind {
	POLICY_NAMED_ACCOUNT,
	POLICY_NAMED_USER,
	POLICY_NAMED_CANONICAL,	/* an account by its canonical id */
};

struct policy_named {
	enum policy_named_kind kind;
	struct span account;	/* or the canonical id */
	struct span user;
};

struct policy_principals {
	bool negated;			/* NotPrincipal */
	bool anyone;			/* `*` is among them */
	const struct policy_named *named;
	size_t count;
};

/* Of actions: of names without `s3:`. Of resources: of `bucket` and `bucket/key`. */
struct policy_patterns {
	bool negated;			/* NotAction, NotResource */
	const struct policy_pattern *patterns;
	size_t count;
};

struct policy_statement {
	struct span sid;		/* SPAN_NONE where it has none */
	bool allows;			/* or denies */
	struct policy_principals principals;	/* of a bucket policy only */
	struct policy_patterns actions;
	struct policy_patterns resources;
	const struct policy_condition *conditions;
	size_t condition_count;
};

struct policy_document {
	struct arena arena;		/* everything below */
	enum policy_kind kind;
	bool variables;			/* its version has them */
	const struct policy_statement *statements;
	size_t statement_count;
};

#define POLICY_COMPLAINT_MAX 256

/* One sentence for whoever wrote the policy. What it quotes is cut short, and printable. */
struct policy_complaint {
	char text[POLICY_COMPLAINT_MAX];
};

/* 0, S3_ERROR_MALFORMED_POLICY with a complaint, or -ENOMEM. */
must_check int policy_parse(struct span text, const struct policy_rules *rules,
			    struct policy_document **ret, struct policy_complaint *ret_complaint);
struct policy_document *policy_free(struct policy_document *d);
DEFINE_CLEANUP(struct policy_document *, policy_free)

/* Appends the JSON without the white space between its parts: how a policy is stored and travels. */
void policy_compact(struct buffer *b, struct span text);
